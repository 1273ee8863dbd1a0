/** A task as the language sees it. One rule: flows in files and flows in templates are checked by the same. */
import type { AnyTask } from "@umbel/core";
import type { TaskDeclaration, TaskTypes } from "@umbel/dsl";
import { typesFromSchemas } from "./schema-types.ts";

/** What schemas tell does not change. */
const fromSchemas = new WeakMap<AnyTask, TaskDeclaration>();

/** Gives a task with its types, those that were read from TypeScript or else those of its schemas, and its schema. */
export function declarationOf(task: AnyTask, types?: TaskTypes): TaskDeclaration {
  if (types !== undefined) return declare(task, types);
  if (task.options.schema === undefined && task.options.result === undefined) return task;
  const known = fromSchemas.get(task) ?? declare(task, typesFromSchemas(task));
  fromSchemas.set(task, known);
  return known;
}

function declare(task: AnyTask, types: TaskTypes | undefined): TaskDeclaration {
  const { name, parameters, definedAt, options } = task;
  return {
    name,
    parameters,
    definedAt,
    types,
    ...(options.schema !== undefined && {
      checkValues: (args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>) =>
        task.checkCall(args, kwargs),
    }),
  };
}
