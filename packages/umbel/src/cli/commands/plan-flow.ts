/** `flow plan`: what a flow would run, in numbers; it runs nothing. */
import { CanvasEngine, type Plan, type PlannedTask, planOf, type WorkerInfo } from "@umbel/canvas";
import { type App, isBuiltIn } from "@umbel/core";
import { App as UmbelApp } from "../../app.ts";
import { engineOptions } from "../../engine.ts";
import { useBroker } from "../broker-choice.ts";
import { compileChosen, type FlowOptions } from "../compiled-flow.ts";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { keepProcess } from "../keep-process.ts";
import { showDuration } from "../live/duration.ts";
import { table } from "../table.ts";

/** The options of `flow plan`, as commander gives them. */
export interface PlanOptions extends FlowOptions {
  readonly broker?: string;
  readonly estimate?: boolean;
  readonly json?: boolean;
}

/** How long things took in runs of before. */
interface Estimate {
  /** Mean time of each task, milliseconds. */
  readonly taskMs: ReadonlyMap<string, number>;
  /** The longest way, milliseconds; `undefined` where a task of it has not run before. */
  readonly totalMs: number | undefined;
  readonly runs: number;
  /** Tasks of the plan that no worker that is alive takes from their queues. */
  readonly unserved: readonly string[];
}

const MOST_RUNS = 5;
const MOST_NODES = 2000;
const MOST_NAMED = 5;

/**
 * Prints the plan of a flow.
 * @throws UsageError, ModuleError, FlowFileError; OperationalError with `--estimate` where the broker cannot be reached
 */
export async function planFlow(context: CommandContext, options: PlanOptions): Promise<ExitCode> {
  useBroker(options.broker);
  const flow = await compileChosen(context, "plan", options);
  if (typeof flow === "number") return flow;
  const app: App = flow.tasks.app ?? new UmbelApp();
  // Opens nothing; it knows what a call would be sent with.
  const { environment } = new CanvasEngine({ tasks: flow.tasks.tasks }, engineOptions(app));
  const plan = planOf(flow.signature, environment);
  const estimate = options.estimate === true ? await estimateOf(plan, app) : undefined;
  const { taskDefaultQueue } = app.conf;
  const show = options.json === true ? toJson : describe;
  context.terminal.result(show(plan, estimate, taskDefaultQueue));
  return EXIT.done;
}

function unservedOf({ tasks }: Plan, workers: readonly WorkerInfo[], defaultQueue: string): readonly string[] {
  const isServed = ({ task, queue = defaultQueue }: PlannedTask): boolean =>
    workers.some((worker) => worker.queues.includes(queue) && worker.tasks.includes(task));
  const unserved = tasks.filter((planned) => !isBuiltIn(planned.task) && !isServed(planned));
  return [...new Set(unserved.map(({ task }) => task))];
}

function toJson(plan: Plan, estimate: Estimate | undefined, defaultQueue: string): string {
  const { criticalPath, tasks, ...rest } = plan;
  return JSON.stringify(
    {
      ...rest,
      tasks: tasks.map(({ queue = defaultQueue, ...task }) => ({ ...task, queue })),
      depth: criticalPath.length,
      criticalPath,
      ...(estimate === undefined
        ? {}
        : {
            estimate: {
              totalMs: estimate.totalMs ?? null,
              taskMs: Object.fromEntries(estimate.taskMs),
              runs: estimate.runs,
              unserved: estimate.unserved,
            },
          }),
    },
    undefined,
    2,
  );
}

function describe(plan: Plan, estimate: Estimate | undefined, defaultQueue: string): string {
  const { tasks, calls, perhaps, width, criticalPath, limits, open } = plan;
  const rows = tasks.map(({ task, queue = defaultQueue, calls: count }) => {
    const ms = estimate?.taskMs.get(task);
    return [task, queue, String(count), ...(estimate === undefined ? [] : [ms === undefined ? "–" : showDuration(ms)])];
  });
  const facts: [string, string][] = [
    ["calls", `${calls}${perhaps > 0 ? `, ${perhaps} of them only if something fails` : ""}`],
    ["at once", `${width} at most`],
    ["depth", `${criticalPath.length}: ${showPath(criticalPath)}`],
    ...limits.map(({ what, limit }): [string, string] => ["limit", `${what}: ${limit} at once`]),
    ...(open > 0
      ? [["open", `${open} \`each\`: how many members depends on a list that is not there yet`] as [string, string]]
      : []),
  ];
  if (estimate !== undefined) {
    facts.push([
      "time",
      estimate.totalMs === undefined
        ? `unknown: ${estimate.runs === 0 ? "no run that succeeded is stored" : "not each task of the longest way has run before"}`
        : `about ${showDuration(estimate.totalMs)}, by ${estimate.runs} ${estimate.runs === 1 ? "run" : "runs"} of before`,
    ]);
  }
  if (estimate !== undefined && estimate.unserved.length > 0) {
    const names = estimate.unserved.slice(0, MOST_NAMED).join(", ");
    const more = estimate.unserved.length > MOST_NAMED ? ` and ${estimate.unserved.length - MOST_NAMED} more` : "";
    facts.push(["workers", `none that is alive serves ${names}${more}; \`flow run\` brings its own`]);
  }
  const title = ["task", "queue", "calls", ...(estimate === undefined ? [] : ["mean"])];
  return [table([title, ...rows]), "", ...facts.map(([name, text]) => `${name.padEnd(8)} ${text}`)].join("\n");
}

/** A path with what comes several times in a row told once. */
function showPath(path: readonly string[]): string {
  const parts: string[] = [];
  for (let at = 0; at < path.length; ) {
    let end = at + 1;
    while (path[end] === path[at]) end += 1;
    parts.push(end - at > 1 ? `${path[at]} (${end - at} times)` : (path[at] ?? ""));
    at = end;
  }
  return parts.length > 8 ? `${parts.slice(0, 4).join(" → ")} → … → ${parts.slice(-3).join(" → ")}` : parts.join(" → ");
}

/** Reads how long the tasks took in the last runs that succeeded. */
async function estimateOf(plan: Plan, app: App): Promise<Estimate> {
  const engine = new CanvasEngine({ tasks: new Map() }, engineOptions(app));
  return await keepProcess(async () => {
    try {
      const { runs } = await engine.runs.list({ state: "SUCCESS", limit: MOST_RUNS * 4 });
      const times = new Map<string, { sum: number; count: number }>();
      const wanted = new Set(plan.tasks.map(({ task }) => task));
      let used = 0;
      for (const { id } of runs) {
        if (used === MOST_RUNS) break;
        let nodes = 0;
        let hasTimes = false;
        for await (const { task, startedAt, endedAt } of (await engine.runs.inspect(id)).nodes()) {
          nodes += 1;
          if (nodes > MOST_NODES) break;
          if (task === undefined || !wanted.has(task) || startedAt === undefined || endedAt === undefined) continue;
          hasTimes = true;
          const known = times.get(task) ?? { sum: 0, count: 0 };
          times.set(task, { sum: known.sum + endedAt.getTime() - startedAt.getTime(), count: known.count + 1 });
        }
        if (hasTimes) used += 1;
      }
      const taskMs = new Map([...times].map(([task, { sum, count }]) => [task, sum / count]));
      const isKnown = plan.criticalPath.every((task) => taskMs.has(task));
      const totalMs = plan.criticalPath.reduce((sum, task) => sum + (taskMs.get(task) ?? 0), 0);
      const { lifeSigns } = await engine.runtime();
      const unserved = unservedOf(plan, await lifeSigns.alive(), app.conf.taskDefaultQueue);
      return { taskMs, totalMs: isKnown ? totalMs : undefined, runs: used, unserved };
    } finally {
      await engine.close();
      await app.close();
    }
  });
}
