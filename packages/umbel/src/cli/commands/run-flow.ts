/** `flow run`: compiles a flow, runs it, and prints its result. */
import { type App, parseSeconds } from "@umbel/core";
import { compile } from "@umbel/dsl";
import { App as UmbelApp } from "../../app.ts";
import { loadFlowTasks } from "../../load/flow-tasks.ts";
import { fallBackToMemory, requireShared, useBroker } from "../broker-choice.ts";
import { readChosenFlow } from "../chosen-flow.ts";
import type { CommandContext } from "../context.ts";
import { exitCodeOfErrors, showDiagnostics } from "../diagnostics-screen.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { failureScreen } from "../failure-screen.ts";
import { FlowRun, type RunEnd } from "../flow-run.ts";
import { keepProcess } from "../keep-process.ts";
import { readParams } from "../params.ts";

/** The options of `flow run`, as commander gives them. */
export interface RunOptions {
  readonly file: string | undefined;
  readonly expression?: string;
  readonly param?: readonly string[];
  readonly app?: string;
  readonly allowOutside?: boolean;
  readonly broker?: string;
  readonly worker: boolean;
  readonly concurrency?: number;
  readonly timeout?: string;
  readonly raw?: boolean;
}

/**
 * Runs a flow to its end.
 * @throws UsageError, OptionError, ModuleError, FlowFileError before anything runs; OperationalError without a broker
 */
export async function runFlow(context: CommandContext, options: RunOptions): Promise<ExitCode> {
  const { terminal, directory } = context;
  const params = readParams(options.param ?? []);
  const timeoutMs = options.timeout === undefined ? undefined : readTimeout(options.timeout);
  useBroker(options.broker);
  // From here on code of the user's runs.
  terminal.captureOutput();
  const source = await readChosenFlow("run", options, directory);
  const tasks = await loadFlowTasks(source, options.app, directory, options);
  const { signature, diagnostics } = compile(source.text, { file: source.name, resolver: tasks.resolver, params });
  showDiagnostics(terminal, diagnostics, source, tasks);
  if (signature === undefined) return exitCodeOfErrors(diagnostics);
  context.signal.throwIfAborted();
  const app: App = tasks.app ?? new UmbelApp();
  if (!options.worker) requireShared(app.conf.brokerUrl, "`--no-worker`");
  const run = new FlowRun({
    app,
    tasks: tasks.tasks,
    name: `flow run ${source.name}`,
    context,
    ownWorker: options.worker ? { concurrency: options.concurrency } : undefined,
    onNoServer: options.worker ? fallBackToMemory(app.conf.brokerUrl, terminal) : undefined,
    timeoutMs,
  });
  return await keepProcess(() => run.toEnd(signature, (end) => show(end, context, options)));
}

function readTimeout(text: string): number {
  return parseSeconds(/^\d+(\.\d+)?$/.test(text) ? Number(text) : text, "--timeout") * 1000;
}

/** Prints how the workflow ended and gives the exit code for that. */
function show(end: RunEnd, { terminal, debug }: CommandContext, { raw, worker, timeout }: RunOptions): ExitCode {
  switch (end.kind) {
    case "succeeded":
      terminal.result(raw === true && typeof end.value === "string" ? end.value : JSON.stringify(end.value));
      return EXIT.done;
    case "failed":
      terminal.error(failureScreen(end.task, end.error, { debug }));
      return EXIT.failed;
    case "revoked":
      terminal.error(`the workflow was cancelled: its task ${end.id} was revoked`);
      return EXIT.cancelled;
    case "late":
      terminal.error(
        worker
          ? `the workflow was not done after ${timeout} (--timeout), and is given up`
          : `the workflow was not done after ${timeout} (--timeout); it goes on, its id is ${end.id}`,
      );
      return EXIT.timeout;
  }
}
