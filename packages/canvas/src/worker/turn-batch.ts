/** Sends together what is asked in one turn of the event loop. One rule: each asker gets its own answer, or the error of all. */
import type { RunKey } from "@umbel/core";
import { MOST_NODES } from "../store/graph-store.ts";

/** How much one call takes. */
export interface BatchSize<Item> {
  /** How many items, unless more were added together. */
  readonly most: number;
  /** How many nodes an item touches: one call takes no more than a script may touch. */
  readonly nodesOf: (item: Item) => number;
}

interface Pending<Item, Answer> {
  readonly items: readonly Item[];
  /** How many they touch in all. */
  readonly nodes: number;
  readonly resolve: (answers: readonly Answer[]) => void;
  readonly reject: (reason: unknown) => void;
}

/** Collects items run by run and sends each run's in one call. */
export class TurnBatch<Item, Answer> {
  readonly #size: BatchSize<Item>;
  readonly #send: (runKey: RunKey, items: readonly Item[]) => Promise<readonly Answer[]>;
  readonly #pending = new Map<RunKey, Pending<Item, Answer>[]>();
  #isFlushing = false;
  /** Calls that were not answered yet. */
  #sent = 0;

  /** @param send gives the answers in the order of the items */
  constructor(size: BatchSize<Item>, send: (runKey: RunKey, items: readonly Item[]) => Promise<readonly Answer[]>) {
    this.#size = size;
    this.#send = send;
  }

  /** Whether nothing is on its way and nothing waits. */
  get isIdle(): boolean {
    return this.#sent === 0 && !this.#isFlushing;
  }

  /** Adds an item; resolves with its answer. */
  async add(runKey: RunKey, item: Item): Promise<Answer> {
    const [answer] = await this.#add(runKey, [item], this.#size.nodesOf(item));
    if (answer === undefined) throw new Error("the store gave no answer to a question");
    return answer;
  }

  /** Adds items that stay together as far as one call may take them; resolves with their answers, in order. */
  async addAll(runKey: RunKey, items: readonly Item[]): Promise<readonly Answer[]> {
    const parts: Promise<readonly Answer[]>[] = [];
    let from = 0;
    let nodes = 0;
    let position = 0;
    for (const item of items) {
      const more = this.#size.nodesOf(item);
      if (nodes + more > MOST_NODES && position > from) {
        parts.push(this.#add(runKey, items.slice(from, position), nodes));
        from = position;
        nodes = 0;
      }
      nodes += more;
      position += 1;
    }
    if (from === 0) return await this.#add(runKey, items, nodes);
    parts.push(this.#add(runKey, items.slice(from), nodes));
    return (await Promise.all(parts)).flat();
  }

  #add(runKey: RunKey, items: readonly Item[], nodes: number): Promise<readonly Answer[]> {
    return new Promise((resolve, reject) => {
      const entry = { items, nodes, resolve, reject };
      const list = this.#pending.get(runKey);
      if (list === undefined) this.#pending.set(runKey, [entry]);
      else list.push(entry);
      this.#flush();
    });
  }

  /** What comes alone goes at once; while others are on their way, it waits for what else comes in this turn. */
  #flush(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    if (this.#sent === 0) void Promise.resolve().then(() => this.#sendAll());
    else setImmediate(() => this.#sendAll());
  }

  #sendAll(): void {
    this.#isFlushing = false;
    const runs = [...this.#pending];
    this.#pending.clear();
    for (const [runKey, entries] of runs) {
      for (let from = 0; from < entries.length; ) {
        let to = from + 1;
        let count = entries[from]?.items.length ?? 0;
        let nodes = entries[from]?.nodes ?? 0;
        for (; to < entries.length; to += 1) {
          count += entries[to]?.items.length ?? 0;
          nodes += entries[to]?.nodes ?? 0;
          if (count > this.#size.most || nodes > MOST_NODES) break;
        }
        void this.#sendTogether(runKey, entries.slice(from, to));
        from = to;
      }
    }
  }

  async #sendTogether(runKey: RunKey, entries: readonly Pending<Item, Answer>[]): Promise<void> {
    this.#sent += 1;
    const [only] = entries;
    const items = only !== undefined && entries.length === 1 ? only.items : entries.flatMap((entry) => entry.items);
    try {
      const answers = await this.#send(runKey, items);
      if (answers.length !== items.length)
        throw new Error(`the store gave ${answers.length} answers to ${items.length} questions`);
      let at = 0;
      for (const entry of entries) {
        entry.resolve(entries.length === 1 ? answers : answers.slice(at, at + entry.items.length));
        at += entry.items.length;
      }
    } catch (error) {
      for (const entry of entries) entry.reject(error);
    } finally {
      this.#sent -= 1;
    }
  }
}
