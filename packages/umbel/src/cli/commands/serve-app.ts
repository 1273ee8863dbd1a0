/**
 * Serving an App: what `flow worker` and `app.workerMain` both do. One rule: it ends when it is told to, and leaves neither a
 * connection nor a listener behind.
 */
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { CanvasEngine, type CanvasWorker, type ChildPool, startWorker } from "@umbel/canvas";
import {
  type App,
  currentTask,
  formatParameters,
  isBuiltIn,
  queueNames,
  routeOf,
  shardsOf,
  UmbelError,
} from "@umbel/core";
import { codeOf, describeSystemError } from "../../broker/system-error.ts";
import { engineOptions } from "../../engine.ts";
import { showFile } from "../../load/import-module.ts";
import type { PoolKind } from "../../pool/start-pool.ts";
import { requireShared } from "../broker-choice.ts";
import { cleanUp } from "../clean-up.ts";
import type { CommandContext } from "../context.ts";
import { errorScreen } from "../error-screen.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { keepProcess } from "../keep-process.ts";
import type { Notes } from "../terminal.ts";
import { readVersion } from "../version.ts";

/** What is said of a worker when it is started. */
export interface ServeOptions {
  readonly queues?: readonly string[];
  readonly concurrency?: number;
  readonly name?: string;
  readonly pool?: PoolKind;
}

/** An App that is served. */
export interface ServedApp {
  readonly app: App;
  /** The module that made it, if that is known. */
  readonly file: string | undefined;
  /** For messages: `flow worker`. */
  readonly user: string;
}

/** Where a worker says what happens, and what tells it to stop. */
export interface ServeContext extends Pick<CommandContext, "signal" | "debug" | "takeTime"> {
  readonly terminal: Notes;
}

/**
 * Serves until the signal is aborted; then it ends what runs, or leaves it to others when it is told a second time. Closes
 * the App, too.
 * @throws OperationalError when the broker cannot be reached at the start, or is `memory:`
 */
export async function serveApp(context: ServeContext, served: ServedApp, options: ServeOptions): Promise<ExitCode> {
  const { terminal, signal, debug } = context;
  const { app, file, user } = served;
  requireShared(app, `\`${user}\``);
  const problems = new WorkerProblems(terminal, debug);
  const opening = { user, signal, onProblem: (error: Error) => problems.tell(error) };
  const engine = new CanvasEngine(app, engineOptions(app, opening));
  const queues = options.queues ?? queuesOf(app);
  const poolKind = options.pool ?? app.conf.workerPool;
  const concurrency = concurrencyOf(app, poolKind, options.concurrency);
  // A promise of one task that nobody awaits is no reason to end all the others.
  const onRejection = (reason: unknown): void => problems.tellRejection(reason);
  process.on("unhandledRejection", onRejection);
  let pool: ChildPool | undefined;
  const openPool = async (kind: PoolKind, size: number): Promise<ChildPool | undefined> => {
    if (kind !== "threads" && kind !== "processes") return undefined;
    const { startPool } = await import("../../pool/start-pool.ts");
    return await startPool(app, { kind, size, file, report: (error) => problems.tell(error) });
  };
  const serve = async (): Promise<ExitCode> => {
    const runtime = await engine.runtime();
    signal.throwIfAborted();
    problems.address = runtime.broker.address;
    pool = await openPool(poolKind, concurrency);
    const worker = await startWorker(app, engine, {
      queues,
      concurrency,
      version: readVersion(),
      ...(pool === undefined ? {} : { pool }),
      maxResultBytes: app.conf.maxResultBytes,
      logLinesKept: app.conf.logLinesKept,
      ...(options.name === undefined ? {} : { name: options.name }),
      onFailure: ({ task, id, error, isExpected }) =>
        terminal.note(`${isExpected ? "expected" : "failed "} ${task} ${id}: ${error.name}: ${error.message}`),
      onError: (error) => problems.tell(error),
    });
    terminal.note(
      banner({ app, file, broker: runtime.broker.address, queues, concurrency, poolKind, name: worker.name }),
    );
    runtime.onConnected(() => problems.tellConnected());
    return (await untilStopped(worker, context)) === "warm" ? EXIT.done : EXIT.interrupted;
  };
  const close = async (): Promise<void> => {
    await cleanUp(terminal, [async () => pool?.close(), () => engine.close(), () => app.close()]);
    process.off("unhandledRejection", onRejection);
  };
  return await keepProcess(() => serve().finally(close));
}

/** Every queue that there is by `taskQueues`, or that the App's tasks are sent to, unless a call says another. */
function queuesOf(app: App): readonly string[] {
  const { taskDefaultQueue, taskQueues = [], taskRoutes = {} } = app.conf;
  const named = [...app.tasks.values()].flatMap((task) => {
    if (isBuiltIn(task.name)) return [];
    const queue = task.options.queue ?? routeOf(taskRoutes, task.name, task)?.queue;
    return queue === undefined ? [] : [queue];
  });
  return [...new Set([taskDefaultQueue, ...queueNames(taskQueues), ...named])];
}

/** Serves until it is told to stop, and ends the worker: warm, with all that runs, or cold. */
async function untilStopped(
  worker: CanvasWorker,
  { terminal, signal, takeTime }: ServeContext,
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

/** How many tasks run at once: one of `solo`, and where each has a child one for each core, unless something else is said. */
function concurrencyOf(app: App, pool: PoolKind, said: number | undefined): number {
  if (pool === "solo") return 1;
  if (said !== undefined) return said;
  const isElsewhere = pool === "threads" || pool === "processes";
  return isElsewhere && app.conf.origin("workerConcurrency") === "default"
    ? availableParallelism()
    : app.conf.workerConcurrency;
}

const POOL_WORDS: Readonly<Record<PoolKind, string>> = {
  inline: "",
  solo: " (solo)",
  threads: " (threads)",
  processes: " (processes)",
};

/** What is told at the start. */
interface Banner {
  readonly app: App;
  readonly file: string | undefined;
  readonly broker: string;
  readonly queues: readonly string[];
  readonly concurrency: number;
  readonly poolKind: PoolKind;
  readonly name: string;
}

function banner({ app, file, broker, queues, concurrency, poolKind, name }: Banner): string {
  const own = [...app.tasks.values()].filter(({ name: task }) => !isBuiltIn(task));
  const tasks = own.map((task) => `${task.name}${formatParameters(task.parameters)}`);
  const place = file === undefined ? "an unknown module" : showFile(file);
  const rows = [
    ["app", app.main === undefined ? place : `${app.main} (${place})`],
    ["broker", broker],
    ["queues", queues.map((queue) => showQueue(queue, app)).join(", ")],
    ["concurrency", `${concurrency}${POOL_WORDS[poolKind]}`],
    ...tasks.map((task, index) => [index === 0 ? "tasks" : "", task]),
  ];
  return [
    `umbel ${readVersion()}, worker ${name}`,
    "",
    ...rows.map(([title = "", text]) => `  ${title.padEnd(12)} ${text}`),
    "",
  ].join("\n");
}

function showQueue(queue: string, { conf }: App): string {
  const shards = shardsOf(conf.taskQueues ?? [], queue);
  return shards === 1 ? queue : `${queue} (${shards} shards)`;
}

/** Tells what is no task's outcome. One rule: the same trouble is told once, until it is over. */
class WorkerProblems {
  readonly #terminal: Notes;
  readonly #debug: boolean;
  readonly #told = new Set<string>();
  /** Of the broker, for messages. */
  address = "the broker";

  constructor(terminal: Notes, debug: boolean) {
    this.#terminal = terminal;
    this.#debug = debug;
  }

  tell(error: Error): void {
    // Of a server that is away every connection tells, again and again.
    if (this.#told.has(error.message)) return;
    this.#told.add(error.message);
    const message =
      error instanceof UmbelError || codeOf(error) === undefined
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
