/** The engine of a command that only sends, or only asks: it has no worker. */
import { CanvasEngine } from "@umbel/canvas";
import type { App } from "@umbel/core";
import { engineOptions } from "../engine.ts";
import type { FlowTasks } from "../load/flow-tasks.ts";

/**
 * Makes the engine for tasks of a flow, on an App's broker.
 * @param flow the file of the flow, if it has one
 */
export function createDetachedEngine(
  app: App,
  { tasks, modules }: Pick<FlowTasks, "tasks" | "modules">,
  flow?: string,
): CanvasEngine {
  return new CanvasEngine({ tasks }, { ...engineOptions(app), modules, ...(flow === undefined ? {} : { flow }) });
}
