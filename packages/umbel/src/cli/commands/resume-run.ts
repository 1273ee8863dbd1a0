/** `flow resume` and `flow fork`: a run goes on, and its result is printed. */
import type { CanvasEngine } from "@umbel/canvas";
import { type AnyTask, OptionError, parseSeconds, type ResumeReply, type RunInfo } from "@umbel/core";
import { importModule } from "../../load/import-module.ts";
import { tasksOf } from "../../load/module-tasks.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit-codes.ts";
import { FlowRun } from "../flow-run.ts";
import { keepProcess } from "../keep-process.ts";
import { chooseView, type ViewOptions } from "../live/choose-view.ts";
import { Progress } from "../live/progress.ts";
import { type BrokerOptions, findApp, withEngine } from "../open-runs.ts";
import { showEnd } from "../run-end.ts";
import type { Terminal } from "../terminal.ts";
import { UsageError } from "../usage-error.ts";

/** The options of `flow resume`, as commander gives them. */
export interface ResumeOptions extends BrokerOptions, ViewOptions {
  readonly concurrency?: number;
  readonly timeout?: string;
  readonly report?: string;
  readonly raw?: boolean;
}

/** The options of `flow fork`, as commander gives them. */
export interface ForkRunOptions extends ResumeOptions {
  readonly from: string;
  readonly args?: string;
  readonly name?: string;
}

/** How many nodes are told of one by one, with the reason. */
const MOST_TOLD = 10;

/** Resumes a run and waits for it. @throws UnknownRunError, RunNotEndedError, RunExpiredError, ModuleError, OperationalError */
export async function resumeRun(context: CommandContext, run: string, options: ResumeOptions): Promise<ExitCode> {
  return await goOn(context, run, { ...options, verb: "resume" }, (engine, info) => engine.runs.resume(info.id));
}

/** Forks a run and waits for the new one. @throws what `resumeRun` throws; UsageError for what is no list */
export async function forkRun(context: CommandContext, run: string, options: ForkRunOptions): Promise<ExitCode> {
  const args = options.args === undefined ? {} : { args: readList(options.args) };
  const name = options.name === undefined ? {} : { name: options.name };
  return await goOn(context, run, { ...options, verb: "fork" }, async (engine, info) => {
    const from = await findNode(engine, info, options.from);
    return await engine.runs.fork(info.id, { from, ...args, ...name });
  });
}

async function goOn(
  context: CommandContext,
  run: string,
  options: ResumeOptions & { readonly verb: "resume" | "fork" },
  begin: (engine: CanvasEngine, info: RunInfo) => Promise<ResumeReply>,
): Promise<ExitCode> {
  const { terminal, directory } = context;
  const timeoutMs = options.timeout === undefined ? undefined : parseSeconds(options.timeout, "--timeout") * 1000;
  const { view, events } = await chooseView(options, terminal);
  const info = await withEngine(context, options, (engine) => engine.runs.find(run));
  const app = await findApp(options, directory);
  const tasks = new Map<string, AnyTask>(options.app === undefined ? [] : app.tasks);
  for (const task of await loadTasks(info.modules)) if (!tasks.has(task.name)) tasks.set(task.name, task);
  const { ownQueue } = info;
  if (ownQueue !== undefined && tasks.size === 0) {
    throw new UsageError(`${info.readableId} does not say where its tasks are defined; name their module: -A FILE.ts`);
  }
  const title = info.name ?? info.flow ?? "";
  const goingOn = new FlowRun({
    app,
    tasks,
    modules: info.modules,
    name: `flow ${options.verb} ${info.readableId}`,
    context,
    // What others' workers serve, they serve again.
    ownWorker: ownQueue === undefined ? undefined : { concurrency: options.concurrency, queue: ownQueue },
    onNoServer: undefined,
    timeoutMs,
    progress: view === undefined ? undefined : new Progress(view, title, { goesOn: true }),
    isKept: () => true,
    cancelOnInterrupt: false,
  });
  return await keepProcess(() =>
    goingOn.toEnd(
      async (engine) => {
        const reply = await begin(engine, info);
        if (options.quiet !== true && options.events !== true) tellReply(reply, terminal);
        return reply.run.resultId;
      },
      async (end, engine) => {
        const exitCode = showEnd(end, context, { ...options, hasWorker: ownQueue !== undefined, isKept: true, events });
        if (options.report !== undefined) {
          await (await import("../report/write-report.ts")).writeReport(context, engine, end.id, options.report);
        }
        return exitCode;
      },
    ),
  );
}

function tellReply({ run, reused, again, nodes }: ResumeReply, terminal: Terminal): void {
  if (again === 0) {
    terminal.note(`${run.readableId}: all has succeeded, so nothing runs again`);
    return;
  }
  terminal.note(`${run.readableId}: ${reused} reused, ${again} run again`);
  let told = 0;
  for (const { action, index, task = "group", why } of nodes()) {
    if (action !== "again") continue;
    told += 1;
    if (told > MOST_TOLD) break;
    terminal.note(`  ${task} [${index}]: ${why}`);
  }
  if (again > MOST_TOLD) terminal.note(`  … and ${again - MOST_TOLD} more`);
}

async function loadTasks(modules: readonly string[]): Promise<readonly AnyTask[]> {
  const tasks: AnyTask[] = [];
  for (const file of modules) tasks.push(...tasksOf(await importModule(file)));
  return tasks;
}

/** Gives the node that is meant: by its index, its id, or the name of a task that is called once. */
async function findNode(engine: CanvasEngine, info: RunInfo, text: string): Promise<string | number> {
  if (/^\d+$/.test(text)) return Number(text);
  if (/^[0-9a-f]{8}-/.test(text)) return text;
  const found: number[] = [];
  for await (const { task, index } of (await engine.runs.inspect(info.id)).nodes()) {
    if (task === text) found.push(index);
    if (found.length > MOST_TOLD) break;
  }
  const [only, ...others] = found;
  if (only === undefined)
    throw new OptionError(
      `--from ${text}: ${info.readableId} has no such task; see them by: flow show ${info.readableId} --nodes`,
    );
  if (others.length === 0) return only;
  throw new OptionError(
    `--from ${text}: ${info.readableId} calls it several times; name one by its index, such as ${only} or ${others[0]}`,
  );
}

function readList(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value;
  } catch {
    // Told below, as for any other value.
  }
  throw new UsageError(`--args ${text}: must be a list in JSON, such as '[3, "a"]'`);
}
