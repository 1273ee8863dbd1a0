/** The public names of `@umbel/canvas`. What is not listed here is private. */
export type { Broker, ConnectionPurpose } from "./engine/broker.ts";
export { CanvasEngine, type CanvasEngineOptions } from "./engine/engine.ts";
export { chain } from "./primitives/chain.ts";
export { chord } from "./primitives/chord.ts";
export { group } from "./primitives/group.ts";
export { startWorker } from "./worker/start-worker.ts";
export type { CanvasWorker, CanvasWorkerOptions } from "./worker/worker.ts";
