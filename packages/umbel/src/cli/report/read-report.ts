/** What a report shows of a run. One rule: a run may have a million nodes; totals count all, what is shown one by one is bounded. */
import type { CanvasEngine } from "@umbel/canvas";
import type { RunInfo, RunNode } from "@umbel/core";

/** All nodes of one task, or all groups, in numbers. */
export interface TaskTotals {
  readonly task: string;
  readonly count: number;
  /** By state. */
  readonly states: ReadonlyMap<string, number>;
  readonly retries: number;
  /** How many of them have times, and the sums of these, milliseconds. */
  readonly timed: number;
  readonly waitedMs: number;
  readonly ranMs: number;
  readonly longestMs: number;
}

/** A run as the report shows it. */
export interface RunReport {
  readonly info: RunInfo;
  readonly svg: string;
  readonly totals: readonly TaskTotals[];
  readonly nodes: readonly RunNode[];
  readonly nodeCount: number;
}

/** How many nodes are shown one by one; what failed is always among them, up to as many again. */
const MOST_NODES = 1000;

/** Reads a run. @throws UnknownRunError, RunExpiredError */
export async function readReport(engine: CanvasEngine, run: string): Promise<RunReport> {
  const details = await engine.runs.inspect(run);
  const totals = new Map<
    string,
    { -readonly [Field in keyof TaskTotals]: TaskTotals[Field] } & { states: Map<string, number> }
  >();
  const nodes: RunNode[] = [];
  let nodeCount = 0;
  let failures = 0;
  for await (const node of details.nodes({ values: true })) {
    nodeCount += 1;
    const isBad = node.state === "FAILURE" && node.attempts > 0;
    if (nodes.length - failures < MOST_NODES || (isBad && failures < MOST_NODES)) {
      if (nodes.length - failures >= MOST_NODES) failures += 1;
      nodes.push(node);
    }
    const task = node.task ?? "group";
    const sum = totals.get(task) ?? {
      task,
      count: 0,
      states: new Map<string, number>(),
      retries: 0,
      timed: 0,
      waitedMs: 0,
      ranMs: 0,
      longestMs: 0,
    };
    totals.set(task, sum);
    sum.count += 1;
    sum.states.set(node.state, (sum.states.get(node.state) ?? 0) + 1);
    sum.retries += Math.max(0, node.attempts - 1);
    const { readyAt, startedAt, endedAt } = node;
    if (startedAt === undefined || endedAt === undefined || node.kind === "group") continue;
    const ran = endedAt.getTime() - startedAt.getTime();
    sum.timed += 1;
    sum.ranMs += ran;
    sum.waitedMs += readyAt === undefined ? 0 : Math.max(0, startedAt.getTime() - readyAt.getTime());
    sum.longestMs = Math.max(sum.longestMs, ran);
  }
  const { nodes: _, ...info } = details;
  return {
    info,
    svg: await engine.exportGraph(details.id, { format: "svg" }),
    totals: [...totals.values()],
    nodes,
    nodeCount,
  };
}
