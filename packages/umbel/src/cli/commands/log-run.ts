/** `flow logs`: what happened in a run, by the times that are stored, and what its tasks have logged. */
import { parseNodeId, type RunLogLine, type RunNode } from "@umbel/core";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { type BrokerOptions, findMeant, withEngine } from "../open-runs.ts";

/** The options of `flow logs`, as commander gives them. */
export interface LogOptions extends BrokerOptions {
  readonly json?: boolean;
}

/** One thing that happened. */
interface Entry {
  readonly at: string;
  /** Absent for a line of a task with an id of its own. */
  readonly node?: number;
  readonly task: string;
  readonly what: "started" | "ended" | "logged";
  readonly worker?: string;
  readonly state?: string;
  readonly error?: string;
  readonly level?: string;
  readonly logger?: string;
  readonly message?: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** Prints what happened. @throws UnknownRunError, RunExpiredError, OperationalError */
export async function logRun(context: CommandContext, run: string | undefined, options: LogOptions): Promise<ExitCode> {
  const { terminal } = context;
  return await withEngine(context, options, async (engine) => {
    const entries: Entry[] = [];
    let untimed = 0;
    const { id } = await findMeant(engine, run, terminal);
    const { readableId, nodes } = await engine.runs.inspect(id);
    for await (const node of nodes()) {
      const own = entriesOf(node);
      if (own.length === 0 && node.attempts > 0) untimed += 1;
      entries.push(...own);
    }
    entries.push(...(await engine.runs.log(id)).map(entryOf));
    entries.sort(inOrder);
    for (const entry of entries) terminal.result(options.json === true ? JSON.stringify(entry) : describe(entry));
    if (entries.length === 0 && untimed === 0) terminal.note(`nothing of ${readableId} has begun`);
    if (untimed > 0) terminal.note(`of ${untimed} more that ran no times are stored`);
    return EXIT.done;
  });
}

function entriesOf({ index, task = "group", startedAt, endedAt, worker, state, error }: RunNode): readonly Entry[] {
  const place = { node: index, task, ...(worker === undefined ? {} : { worker }) };
  return [
    ...(startedAt === undefined ? [] : [{ ...place, at: startedAt.toISOString(), what: "started" as const }]),
    ...(endedAt === undefined
      ? []
      : [
          {
            ...place,
            at: endedAt.toISOString(),
            what: "ended" as const,
            state,
            ...(error === undefined ? {} : { error: `${error.name}: ${error.message}` }),
          },
        ]),
  ];
}

/** At the same moment a task starts, logs, and ends. */
const PLACES = { started: 0, logged: 1, ended: 2 } as const;

function inOrder(one: Entry, other: Entry): number {
  if (one.at !== other.at) return one.at < other.at ? -1 : 1;
  if (one.node !== other.node) return (one.node ?? 0) - (other.node ?? 0);
  return PLACES[one.what] - PLACES[other.what];
}

function entryOf({ at, level, logger, task, taskId, message, fields }: RunLogLine): Entry {
  const node = taskId === undefined ? undefined : parseNodeId(taskId)?.index;
  return {
    at: at?.toISOString() ?? "",
    ...(node === undefined ? {} : { node }),
    task: task ?? "",
    what: "logged",
    level,
    logger,
    message,
    ...(Object.keys(fields).length === 0 ? {} : { fields }),
  };
}

function describe(entry: Entry): string {
  return entry.what === "logged" ? describeLine(entry) : describeStep(entry);
}

function describeLine({ at, node, task, level = "", message, fields }: Entry): string {
  const place = node === undefined ? "" : ` [${node}]`;
  const rest = fields === undefined ? "" : `  ${JSON.stringify(fields)}`;
  return `${at}  ${task}${place} ${level.toUpperCase()} ${message}${rest}`;
}

function describeStep({ at, node, task, what, worker, state, error }: Entry): string {
  const where = worker === undefined || what === "ended" ? "" : ` on ${worker}`;
  return `${at}  ${task} [${node}] ${what === "started" ? "started" : (state ?? "")}${where}${error === undefined ? "" : `: ${error}`}`;
}
