/** The tasks that a module brings into a flow: those of every App, but for built-in ones, and every Task that it exports. */
import { type AnyTask, isApp, isBuiltIn, isTask } from "@umbel/core";
import { showFile, type UserModule } from "./import-module.ts";
import { ModuleError } from "./module-error.ts";

/**
 * Gives the tasks of every App and every Task that a module exports, each once, in the order of the exports.
 * @throws ModuleError when there are none
 */
export function tasksOf(module: UserModule): readonly AnyTask[] {
  const tasks = new Set<AnyTask>();
  for (const value of module.exports.values()) {
    if (isTask(value)) tasks.add(value);
    else if (isApp(value)) for (const task of value.tasks.values()) if (!isBuiltIn(task.name)) tasks.add(task);
  }
  if (tasks.size > 0) return [...tasks];
  const hasApp = [...module.exports.values()].some(isApp);
  throw new ModuleError(
    hasApp
      ? `${showFile(module.file)} exports an App without tasks; define one: \`export const add = app.task("add", (x, y) => x + y)\``
      : `${showFile(module.file)} exports no App and no task; write \`export\` in front of its App`,
  );
}
