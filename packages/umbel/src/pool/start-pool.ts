/** The pools of workers: threads or processes of their own for tasks. One rule: who starts a pool closes it. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { type ChildChannel, ChildPool, type FromChild } from "@umbel/canvas";
import { type App, ImproperlyConfigured } from "@umbel/core";
import { loadOrderOf } from "./load-order.ts";

/** Where a worker's tasks run: among its own work, one at a time there, or elsewhere. */
export type PoolKind = "inline" | "solo" | "threads" | "processes";

/** How a pool is started. */
export interface PoolOptions {
  readonly kind: "threads" | "processes";
  readonly size: number;
  /** The module of the App, if that is known. */
  readonly file: string | undefined;
  readonly report: (error: Error) => void;
}

/**
 * Starts a pool of children that have an App's tasks.
 * @throws ImproperlyConfigured when it is not known where the App is made, or its modules cannot be imported again
 */
export async function startPool(app: App, { kind, size, file, report }: PoolOptions): Promise<ChildPool> {
  const { madeAt } = app;
  if (madeAt === undefined) {
    throw new ImproperlyConfigured(
      `the pool "${kind}" needs an App that is made in a module, which its ${kind} import`,
    );
  }
  const open = kind === "threads" ? openThread : openProcess;
  const pool = new ChildPool({ size, open, order: loadOrderOf(app, madeAt, file), report });
  try {
    await pool.start();
    return pool;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ImproperlyConfigured(`the pool "${kind}" cannot be started: ${reason}`, { cause });
  }
}

/** Sources are run by loaders that children do not have; what was built of them needs none. */
const RUNS_SOURCES = import.meta.url.endsWith(".ts");
const CHILD = fileURLToPath(new URL(RUNS_SOURCES ? "../../dist/pool/child.js" : "./child.js", import.meta.url));
const NODE_OPTIONS = RUNS_SOURCES ? { execArgv: [] } : {};

function openThread(): ChildChannel {
  const thread = new Worker(CHILD, { env: process.env, ...NODE_OPTIONS });
  let problem: string | undefined;
  thread.on("error", (error) => {
    problem = `${error.name}: ${error.message}`;
  });
  return {
    send: (message) => thread.postMessage(message),
    kill: () => void thread.terminate(),
    onMessage: (listener) => thread.on("message", (message: FromChild) => listener(message)),
    onExit: (listener) => thread.once("exit", (code) => listener(problem ?? `exit code ${code}`)),
  };
}

function openProcess(): ChildChannel {
  const child = fork(CHILD, [], { serialization: "advanced", env: process.env, ...NODE_OPTIONS });
  // One that cannot be started, or reached any more, is gone.
  child.on("error", () => child.kill("SIGKILL"));
  return {
    send: (message) => {
      if (child.connected) child.send(message);
    },
    kill: () => void child.kill("SIGKILL"),
    onMessage: (listener) => child.on("message", (message) => listener(message as FromChild)),
    onExit: (listener) => child.once("exit", (code, signal) => listener(signal ?? `exit code ${code}`)),
  };
}
