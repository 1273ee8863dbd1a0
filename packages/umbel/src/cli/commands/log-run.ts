/** `flow logs`: what happened in a run, by the times that are stored. */
import type { RunNode } from "@umbel/core";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { type BrokerOptions, withEngine } from "../open-runs.ts";

/** The options of `flow logs`, as commander gives them. */
export interface LogOptions extends BrokerOptions {
  readonly json?: boolean;
}

/** One thing that happened. */
interface Entry {
  readonly at: string;
  readonly node: number;
  readonly task: string;
  readonly what: "started" | "ended";
  readonly worker?: string;
  readonly state?: string;
  readonly error?: string;
}

/** Prints what happened. @throws UnknownRunError, RunExpiredError, OperationalError */
export async function logRun(context: CommandContext, run: string, options: LogOptions): Promise<ExitCode> {
  const { terminal } = context;
  return await withEngine(context, options, async (engine) => {
    const entries: Entry[] = [];
    let untimed = 0;
    const { readableId, nodes } = await engine.runs.inspect(run);
    for await (const node of nodes()) {
      const own = entriesOf(node);
      if (own.length === 0 && node.attempts > 0) untimed += 1;
      entries.push(...own);
    }
    entries.sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : one.node - other.node));
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

function describe({ at, node, task, what, worker, state, error }: Entry): string {
  const where = worker === undefined || what === "ended" ? "" : ` on ${worker}`;
  return `${at}  ${task} [${node}] ${what === "started" ? "started" : (state ?? "")}${where}${error === undefined ? "" : `: ${error}`}`;
}
