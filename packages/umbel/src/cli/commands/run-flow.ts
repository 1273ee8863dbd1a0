/** `flow run`: compiles a flow, runs it, and prints its result. */
import { type App, OptionError, parseNodeId, parseSeconds, readableId } from "@umbel/core";
import { App as UmbelApp } from "../../app.ts";
import { findBroker, placesOf } from "../../broker/lookup.ts";
import { fallBackToMemory, requireShared, useBroker } from "../broker-choice.ts";
import { type CompiledFlow, compileChosen, type FlowOptions } from "../compiled-flow.ts";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { FlowRun } from "../flow-run.ts";
import { keepProcess } from "../keep-process.ts";
import { chooseView, type ViewOptions } from "../live/choose-view.ts";
import { Progress } from "../live/progress.ts";
import { showEnd } from "../run-end.ts";
import { UsageError } from "../usage-error.ts";

/** The options of `flow run`, as commander gives them. */
export interface RunOptions extends FlowOptions, ViewOptions {
  readonly broker?: string;
  readonly worker: boolean;
  readonly concurrency?: number;
  readonly timeout?: string;
  readonly raw?: boolean;
  readonly name?: string;
  readonly detach?: boolean;
  /** `cancel` or `detach`. */
  readonly onInterrupt?: string;
  readonly dryRun?: boolean;
  readonly report?: string;
}

/**
 * Runs a flow to its end.
 * @throws UsageError, OptionError, ModuleError, FlowFileError before anything runs; OperationalError without a broker
 */
export async function runFlow(context: CommandContext, options: RunOptions): Promise<ExitCode> {
  if (options.dryRun === true) return await (await import("./plan-flow.ts")).planFlow(context, options);
  const { terminal } = context;
  const timeoutMs = readTimeout(options.timeout);
  const hasWorker = options.worker && options.detach !== true;
  checkCombination(options, hasWorker);
  const { view, events } = await chooseView(options, terminal);
  useBroker(options.broker);
  const flow = await compileChosen(context, "run", options);
  if (typeof flow === "number") return flow;
  const app: App = flow.tasks.app ?? new UmbelApp();
  if (!hasWorker) requireShared(app, options.detach === true ? "`--detach`" : "`--no-worker`");
  if (options.detach === true) return await detach(context, app, flow, options);
  const isKept = () => findBroker({ environment: process.env, ...placesOf(app) }).broker.kind !== "memory";
  const run = new FlowRun({
    app,
    tasks: flow.tasks.tasks,
    modules: flow.tasks.modules,
    ...(options.file === undefined ? {} : { flow: flow.name }),
    name: `flow run ${flow.name}`,
    context,
    ownWorker: hasWorker ? { concurrency: options.concurrency } : undefined,
    onNoServer: hasWorker ? fallBackToMemory(app, terminal) : undefined,
    timeoutMs,
    progress: view === undefined ? undefined : new Progress(view, options.name ?? flow.name),
    isKept,
    cancelOnInterrupt: options.onInterrupt === "cancel",
  });
  const { signature } = flow;
  return await keepProcess(() =>
    run.toEnd(
      async (engine) => {
        const sent = engine.submit({ signature, args: [], kwargs: {}, options: {}, ...runName(options.name) });
        await sent.stored;
        return sent.resultId;
      },
      async (end, engine) => {
        const exitCode = showEnd(end, context, { ...options, hasWorker, events, isKept: isKept() });
        if (options.report !== undefined) {
          await (await import("../report/write-report.ts")).writeReport(context, engine, end.id, options.report);
        }
        return exitCode;
      },
    ),
  );
}

/** Sends the workflow to others' workers and does not wait. */
async function detach(
  { terminal }: CommandContext,
  app: App,
  { signature, tasks, name: flow }: CompiledFlow,
  { name, file }: RunOptions,
): Promise<ExitCode> {
  const { createDetachedEngine } = await import("../detached-engine.ts");
  const engine = createDetachedEngine(app, tasks, file === undefined ? undefined : flow);
  return await keepProcess(async () => {
    try {
      const sent = engine.submit({ signature, args: [], kwargs: {}, options: {}, ...runName(name) });
      await sent.stored;
      const place = parseNodeId(sent.resultId);
      const id = place === undefined ? sent.resultId : readableId(place.runKey);
      terminal.result(id);
      terminal.note(`it runs where workers serve its tasks; see it by: flow watch ${id}`);
      return EXIT.done;
    } finally {
      await engine.close();
      await app.close();
    }
  });
}

function checkCombination(
  { detach: isDetached, worker, timeout, concurrency, onInterrupt, report, events }: RunOptions,
  hasWorker: boolean,
): void {
  const together = (one: string, other: string, why: string) =>
    new UsageError(`\`${one}\` and \`${other}\` cannot be given together: ${why}`);
  if (onInterrupt === "detach" && hasWorker) {
    throw new UsageError(
      "`--on-interrupt detach` needs `--no-worker`: else this process alone runs the tasks, and nothing would go on without it",
    );
  }
  if (concurrency !== undefined && !hasWorker)
    throw together("--concurrency", worker ? "--detach" : "--no-worker", "no task runs here");
  if (isDetached !== true) return;
  if (timeout !== undefined) throw together("--detach", "--timeout", "nothing is waited for");
  if (events === true) throw together("--detach", "--events", "nothing is waited for");
  if (report !== undefined) throw together("--detach", "--report", "write it later by `flow report RUN`");
}

function readTimeout(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return parseSeconds(/^\d+(\.\d+)?$/.test(text) ? Number(text) : text, "--timeout") * 1000;
}

/** Gives the name of a run as a request holds it. @throws OptionError */
function runName(name: string | undefined): { readonly runName?: string } {
  if (name === undefined) return {};
  if (name === "" || name.length > 200 || /\p{Cc}/u.test(name))
    throw new OptionError("--name must be text of 1 to 200 characters without control characters");
  return { runName: name };
}
