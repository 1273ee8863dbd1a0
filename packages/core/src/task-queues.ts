/**
 * The queues of an App: the setting `taskQueues`. One rule: a queue that says nothing but its name is one queue of BullMQ;
 * one with `shards` is as many, and still one to whoever calls or works.
 */

/** A queue that says more than its name. */
export interface QueueDeclaration {
  readonly name: string;
  /** Over how many slots of a cluster its calls are spread; 1 unless said. */
  readonly shards?: number;
}

/** What `taskQueues` takes. */
export type TaskQueues = readonly (string | QueueDeclaration)[];

/** More would cost each worker more connections than they could gain. */
const MOST_SHARDS = 64;

const WANTED = `a list of queues, each once, such as ["feeds", { name: "mail", shards: 6 }] with 1 to ${MOST_SHARDS} shards`;

const WORDS: readonly string[] = ["name", "shards"];

/** Says what is wanted instead of something that is no value of `taskQueues`. */
export function checkTaskQueues(value: unknown): string | undefined {
  if (!Array.isArray(value) || !value.every(isQueue)) return WANTED;
  const names = queueNames(value);
  return new Set(names).size === names.length ? undefined : WANTED;
}

/** Reads names with commas between them, or JSON; other text is given back, and refused. */
export function parseTaskQueues(text: string): unknown {
  if (text.startsWith("[")) {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }
  return text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

/** Gives the names of queues. */
export function queueNames(queues: TaskQueues): readonly string[] {
  return queues.map((queue) => (typeof queue === "string" ? queue : queue.name));
}

/** Gives over how many slots the calls of a queue are spread. */
export function shardsOf(queues: TaskQueues, name: string): number {
  for (const queue of queues) if (typeof queue !== "string" && queue.name === name) return queue.shards ?? 1;
  return 1;
}

function isQueue(value: unknown): value is string | QueueDeclaration {
  if (typeof value === "string") return value !== "";
  if (typeof value !== "object" || value === null) return false;
  const { name, shards = 1 } = value as Readonly<Record<string, unknown>>;
  const isCount = Number.isInteger(shards) && Number(shards) >= 1 && Number(shards) <= MOST_SHARDS;
  return typeof name === "string" && name !== "" && isCount && Object.keys(value).every((word) => WORDS.includes(word));
}
