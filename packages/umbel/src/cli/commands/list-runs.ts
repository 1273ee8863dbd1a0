/** `flow runs`: the runs that are stored. */
import type { ListRunsOptions, RunInfo, RunState } from "@umbel/core";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { showDuration } from "../live/duration.ts";
import { type BrokerOptions, withEngine } from "../open-runs.ts";
import { table } from "../table.ts";

/** The options of `flow runs`, as commander gives them. */
export interface ListOptions extends BrokerOptions {
  readonly state?: RunState;
  readonly name?: string;
  readonly task?: string;
  readonly younger?: string;
  readonly older?: string;
  readonly limit?: number;
  readonly json?: boolean;
}

const DEFAULT_LIMIT = 20;

/** Prints runs, the youngest first. @throws OptionError, OperationalError */
export async function listRuns(context: CommandContext, options: ListOptions): Promise<ExitCode> {
  const { state, name, task, younger, older, limit = DEFAULT_LIMIT, json } = options;
  const wanted: ListRunsOptions = {
    limit,
    ...(state === undefined ? {} : { state }),
    ...(name === undefined ? {} : { name }),
    ...(task === undefined ? {} : { task }),
    ...(younger === undefined ? {} : { youngerThan: younger }),
    ...(older === undefined ? {} : { olderThan: older }),
  };
  return await withEngine(context, options, async (_, app) => {
    const runs: RunInfo[] = [];
    for await (const run of app.runs.all(wanted)) if (runs.push(run) >= limit) break;
    if (json === true) context.terminal.result(JSON.stringify(runs, undefined, 2));
    else if (runs.length === 0) context.terminal.note("no such runs are stored");
    else context.terminal.result(describe(runs));
    return EXIT.done;
  });
}

function describe(runs: readonly RunInfo[]): string {
  const now = Date.now();
  const rows = runs.map(({ readableId, state, name, flow, task, createdAt, endedAt, nodeCount }) => [
    readableId,
    state,
    `${showDuration(now - createdAt.getTime())} ago`,
    endedAt === undefined ? "–" : showDuration(endedAt.getTime() - createdAt.getTime()),
    String(nodeCount),
    name ?? flow ?? `(${task})`,
  ]);
  return table([["run", "state", "sent", "took", "nodes", "name"], ...rows]);
}
