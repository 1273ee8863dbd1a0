/**
 * What a child of a worker runs, a thread or a process. One rule: it ends when its worker says so or is gone, and with it
 * whatever its tasks left open.
 */
import { isMainThread, parentPort } from "node:worker_threads";
import { type FromChild, PoolServer, type ToChild } from "@umbel/canvas";
import { type App, Content, currentTask, watchApps } from "@umbel/core";
import { contentSettings } from "../engine.ts";
import { importModule } from "../load/import-module.ts";
import { findMade, type LoadOrder } from "./load-order.ts";
import { becomeChild, WorkerIsElsewhere } from "./role.ts";

becomeChild();
const apps: App[] = [];
watchApps((app) => apps.push(app));
let server: PoolServer | undefined;

if (isMainThread) {
  process.on("message", (message: ToChild) => receive(message));
  // Its worker was killed.
  process.on("disconnect", () => process.exit(1));
  // Ctrl-C goes to all of a terminal; when a child ends is its worker's matter.
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => undefined);
} else {
  parentPort?.on("message", (message: ToChild) => receive(message));
}
// A promise of one task that nobody awaits is no reason to end this child.
process.on("unhandledRejection", (reason) => {
  if (reason instanceof WorkerIsElsewhere) return;
  const task = currentTask();
  const where = task === undefined ? "" : ` in task "${task.name}" (${task.request.id})`;
  const what = reason instanceof Error ? `${reason.name}: ${reason.message}` : String(reason);
  send({ kind: "report", message: `a promise was rejected${where} and nobody handles that: ${what}` });
});

function send(message: FromChild): void {
  if (parentPort !== null) parentPort.postMessage(message);
  else process.send?.(message);
}

function receive(message: ToChild): void {
  if (message.kind === "load") void load(message.order as LoadOrder);
  else if (message.kind === "close") void close();
  else server?.receive(message);
}

async function load({ modules, madeAt }: LoadOrder): Promise<void> {
  try {
    for (const file of modules) await importUpToWorker(file);
    const app = findMade(apps, madeAt);
    if (app === undefined) throw new Error(`no App is made at ${madeAt} when its modules are imported again`);
    const settings = contentSettings(app);
    server = new PoolServer({
      registry: app,
      content: new Content(settings),
      maxResultBytes: app.conf.maxResultBytes,
      send,
    });
    send({ kind: "ready" });
  } catch (error) {
    send({ kind: "unusable", reason: error instanceof Error ? error.message : String(error) });
  }
}

/** Imports a module, as far as it goes before it starts the worker that this is a child of. */
async function importUpToWorker(file: string): Promise<void> {
  try {
    await importModule(file);
  } catch (error) {
    if (error instanceof Error && error.cause instanceof WorkerIsElsewhere) return;
    throw error;
  }
}

async function close(): Promise<void> {
  try {
    for (const app of apps) await app.close();
  } finally {
    process.exit(0);
  }
}
