/** The public names of `@umbel/canvas`. What is not listed here is private. */
export type { Broker, ConnectionPurpose } from "./engine/broker.ts";
export { CanvasEngine, type CanvasEngineOptions } from "./engine/engine.ts";
export type { WorkerInfo } from "./engine/life-signs.ts";
export type { Faults } from "./engine/memory/faults.ts";
export { MemoryBroker, type MemoryBrokerOptions } from "./engine/memory/memory-broker.ts";
export { VirtualClock } from "./engine/memory/virtual-clock.ts";
export { type NodePhase, type PhaseChange, RunFollower, type RunLook } from "./engine/run-follower.ts";
export type { Runtime } from "./engine/runtime.ts";
export type { SliceSize } from "./engine/slicing.ts";
export {
  type ExportGraphOptions,
  exportGraph,
  type GraphFormat,
  graphFormats,
  type RunGraphFormat,
} from "./graph/export/export-graph.ts";
export type { JsonEdge, JsonGraph, JsonNode } from "./graph/export/json.ts";
export { argumentsOf } from "./graph/export/label.ts";
export { type StepRow, stepRows } from "./graph/export/step-rows.ts";
export { type Plan, type PlannedLimit, type PlannedTask, planOf } from "./graph/plan.ts";
export { expireKeys, type QueueSurvey, type Survey, surveyRedis } from "./ops/survey.ts";
export { chain } from "./primitives/chain.ts";
export { chord } from "./primitives/chord.ts";
export { type EachOptions, each } from "./primitives/each.ts";
export { group } from "./primitives/group.ts";
export type { StreamedGroup } from "./primitives/streamed-group.ts";
export { EagerEngine, type EagerEngineOptions } from "./worker/eager-engine.ts";
export { serveByItself } from "./worker/own-workers.ts";
export { ChildPool, type ChildPoolOptions } from "./worker/pool/child-pool.ts";
export type { FromChild, ToChild } from "./worker/pool/messages.ts";
export type { ChildChannel } from "./worker/pool/pool-child.ts";
export { PoolServer, type PoolServerParts } from "./worker/pool/serve-pool.ts";
export type { TaskPool } from "./worker/pool/task-pool.ts";
export type { TaskFailure } from "./worker/run-node.ts";
export { startWorker } from "./worker/start-worker.ts";
export type { CanvasWorker, CanvasWorkerOptions } from "./worker/worker.ts";
