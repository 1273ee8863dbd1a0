/** `flow worker`: serves an App's tasks until it is told to stop. */
import { once } from "node:events";
import { CanvasEngine, type CanvasWorker, startWorker } from "@umbel/canvas";
import { type App, currentTask, formatParameters, routeOf } from "@umbel/core";
import { codeOf, describeSystemError } from "../../broker/system-error.ts";
import { engineOptions } from "../../engine.ts";
import { findDefaultModule } from "../../load/default-module.ts";
import { type DiscoveredApp, discoverApp } from "../../load/discover-app.ts";
import { showFile } from "../../load/import-module.ts";
import { importIncluded } from "../../load/include.ts";
import { ModuleError } from "../../load/module-error.ts";
import { requireShared, useBroker } from "../broker-choice.ts";
import { cleanUp } from "../clean-up.ts";
import type { CommandContext } from "../context.ts";
import { errorScreen } from "../error-screen.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { keepProcess } from "../keep-process.ts";
import type { Terminal } from "../terminal.ts";
import { readVersion } from "../version.ts";

/** The options of `flow worker`, as commander gives them. */
export interface WorkerOptions {
  readonly app?: string;
  readonly queues?: readonly string[];
  readonly concurrency?: number;
  readonly name?: string;
  readonly broker?: string;
}

/**
 * Serves until SIGINT or SIGTERM; then it ends what runs, or leaves it to others at the second signal.
 * @throws ModuleError when the App cannot be used; OperationalError when the broker cannot be reached at the start
 */
export async function runWorker(context: CommandContext, options: WorkerOptions): Promise<ExitCode> {
  const { terminal, signal, debug } = context;
  useBroker(options.broker);
  const { app, file } = await loadApp(options.app, context.directory);
  requireShared(app, "`flow worker`");
  const problems = new WorkerProblems(terminal, debug);
  const opening = { user: "flow worker", signal, onProblem: (error: Error) => problems.tell(error) };
  const engine = new CanvasEngine(app, engineOptions(app, opening));
  const queues = options.queues ?? queuesOf(app);
  const concurrency = options.concurrency ?? app.conf.workerConcurrency;
  // A promise of one task that nobody awaits is no reason to end all the others.
  process.on("unhandledRejection", (reason) => problems.tellRejection(reason));
  const serve = async (): Promise<ExitCode> => {
    const runtime = await engine.runtime();
    signal.throwIfAborted();
    problems.address = runtime.broker.address;
    const worker = await startWorker(app, engine, {
      queues,
      concurrency,
      maxResultBytes: app.conf.maxResultBytes,
      ...(options.name === undefined ? {} : { name: options.name }),
      onFailure: ({ task, id, error, isExpected }) =>
        terminal.note(`${isExpected ? "expected" : "failed "} ${task} ${id}: ${error.name}: ${error.message}`),
      onError: (error) => problems.tell(error),
    });
    terminal.note(banner({ app, file, broker: runtime.broker.address, queues, concurrency, name: worker.name }));
    runtime.onConnected(() => problems.tellConnected());
    return (await untilStopped(worker, context)) === "warm" ? EXIT.done : EXIT.interrupted;
  };
  return await keepProcess(() => serve().finally(() => cleanUp(terminal, [() => engine.close(), () => app.close()])));
}

async function loadApp(spec: string | undefined, directory: string): Promise<{ app: App; file: string }> {
  const { app, module } = await discover(spec, directory);
  await importIncluded(app, module.file);
  if (app.tasks.size > 0) return { app, file: module.file };
  throw new ModuleError(
    `the App of ${showFile(module.file)} has no tasks; define one, or name the modules that do in its \`include\``,
  );
}

async function discover(spec: string | undefined, directory: string): Promise<DiscoveredApp> {
  if (spec !== undefined) return await discoverApp(spec, directory);
  const found = await findDefaultModule(directory);
  if (found.kind === "found") return await discoverApp(found.spec, found.directory);
  throw new ModuleError(`there is no App here: tried ${found.tried}; name its module: -A FILE.ts`);
}

/** Every queue that there is by `taskQueues`, or that the App's tasks are sent to, unless a call says another. */
function queuesOf(app: App): readonly string[] {
  const { taskDefaultQueue, taskQueues = [], taskRoutes = {} } = app.conf;
  const named = [...app.tasks.values()].flatMap((task) => {
    const queue = task.options.queue ?? routeOf(taskRoutes, task.name, task)?.queue;
    return queue === undefined ? [] : [queue];
  });
  return [...new Set([taskDefaultQueue, ...taskQueues, ...named])];
}

/** Serves until it is told to stop, and ends the worker: warm, with all that runs, or cold. */
async function untilStopped(
  worker: CanvasWorker,
  { terminal, signal, takeTime }: CommandContext,
): Promise<"warm" | "cold"> {
  const cold = new Promise<"cold">((resolve, reject) => {
    takeTime(() => {
      terminal.note("leaving what runs to other workers");
      worker.close({ force: true }).then(() => resolve("cold"), reject);
    });
  });
  terminal.note("ready");
  if (!signal.aborted) await once(signal, "abort");
  terminal.note("stopping when what runs is done; Ctrl-C again leaves it to other workers");
  return await Promise.race([worker.close().then((): "warm" => "warm"), cold]);
}

/** What is told at the start. */
interface Banner {
  readonly app: App;
  readonly file: string;
  readonly broker: string;
  readonly queues: readonly string[];
  readonly concurrency: number;
  readonly name: string;
}

function banner({ app, file, broker, queues, concurrency, name }: Banner): string {
  const tasks = [...app.tasks.values()].map((task) => `${task.name}${formatParameters(task.parameters)}`);
  const rows = [
    ["app", app.main === undefined ? showFile(file) : `${app.main} (${showFile(file)})`],
    ["broker", broker],
    ["queues", queues.join(", ")],
    ["concurrency", String(concurrency)],
    ...tasks.map((task, index) => [index === 0 ? "tasks" : "", task]),
  ];
  return [
    `umbel ${readVersion()}, worker ${name}`,
    "",
    ...rows.map(([title = "", text]) => `  ${title.padEnd(12)} ${text}`),
    "",
  ].join("\n");
}

/** Tells what is no task's outcome. One rule: the same trouble is told once, until it is over. */
class WorkerProblems {
  readonly #terminal: Terminal;
  readonly #debug: boolean;
  readonly #told = new Set<string>();
  /** Of the broker, for messages. */
  address = "the broker";

  constructor(terminal: Terminal, debug: boolean) {
    this.#terminal = terminal;
    this.#debug = debug;
  }

  tell(error: Error): void {
    // Of a server that is away every connection tells, again and again.
    if (this.#told.has(error.message)) return;
    this.#told.add(error.message);
    const message =
      codeOf(error) === undefined
        ? errorScreen(error, { debug: this.#debug })
        : `lost Redis at ${this.address}: ${describeSystemError(error)}; trying again until it is back`;
    this.#terminal.error(message);
  }

  tellRejection(reason: unknown): void {
    // The handler runs in the asynchronous context of the promise.
    const task = currentTask();
    const where = task === undefined ? "" : ` in task "${task.name}" (${task.request.id})`;
    this.#terminal.error(
      `a promise was rejected${where} and nobody handles that: ${errorScreen(reason, { debug: this.#debug })}`,
    );
  }

  tellConnected(): void {
    if (this.#told.size > 0) this.#terminal.note(`connected again to ${this.address}`);
    this.#told.clear();
  }
}
