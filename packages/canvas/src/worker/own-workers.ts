/** Workers of a memory broker, which has no others. One rule: each is a process of its own to the broker. */
import { randomUUID } from "node:crypto";
import type { TaskRegistry } from "@umbel/core";
import type { MemoryBroker } from "../engine/memory/memory-broker.ts";
import type { CompileEnvironment } from "../graph/compile.ts";
import type { CanvasWorkerOptions } from "./worker.ts";

/** How a broker's own workers are set up. */
export type OwnWorkerOptions = Omit<CanvasWorkerOptions, "queues">;

/** Lets a memory broker start workers for the tasks of a registry when a queue has slices that nobody takes. */
export function serveByItself(
  broker: MemoryBroker,
  registry: TaskRegistry,
  engine: () => { readonly environment: CompileEnvironment },
  options: OwnWorkerOptions = {},
): void {
  broker.workBy(async (runtime, queue) => {
    const { CanvasWorker } = await import("./worker.ts");
    const { environment } = engine();
    const identity = { environment, incarnation: randomUUID() };
    const worker = new CanvasWorker(registry, runtime, identity, { ...options, queues: [queue] });
    await worker.start();
    return worker;
  });
}
