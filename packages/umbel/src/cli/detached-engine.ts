/** The engine of a command that only sends, or only asks: it has no worker. */
import { CanvasEngine } from "@umbel/canvas";
import type { App } from "@umbel/core";
import { engineOptions } from "../engine.ts";
import type { FlowTasks } from "../load/flow-tasks.ts";

/** Makes the engine for tasks of a flow, on an App's broker. */
export function createDetachedEngine(app: App, { tasks, modules }: Pick<FlowTasks, "tasks" | "modules">): CanvasEngine {
  return new CanvasEngine({ tasks }, { ...engineOptions(app), modules });
}
