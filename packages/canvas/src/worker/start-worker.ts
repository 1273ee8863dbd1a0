/** Starting a worker without loading what only workers need where none is started. */
import type { TaskRegistry } from "@umbel/core";
import type { CanvasEngine } from "../engine/engine.ts";
import type { CanvasWorker, CanvasWorkerOptions } from "./worker.ts";

/**
 * Starts a worker for the tasks of an App (or of whatever else knows tasks) on the broker of its engine. It keeps the process alive until it is closed.
 * @throws OperationalError when the broker cannot be reached
 */
export async function startWorker(
  registry: TaskRegistry,
  engine: CanvasEngine,
  options: CanvasWorkerOptions,
): Promise<CanvasWorker> {
  const { CanvasWorker: Worker } = await import("./worker.ts");
  const worker = new Worker(registry, await engine.runtime(), engine, options);
  try {
    await engine.hold(worker.start());
    return worker;
  } catch (error) {
    // What it has opened would hold the process.
    await worker.close({ force: true }).catch(() => undefined);
    throw error;
  }
}
