/**
 * Tasks of libraries, which belong to no App. One rule: each App takes them when it is finalized, or at once if it is, and
 * has a task of its own of each; the shared one is that of the current App.
 */
import type { App } from "./app.ts";
import { type CallSite, callSite } from "./call-site.ts";
import { currentApp } from "./current-app.ts";
import type { AnyFunction } from "./parameters.ts";
import type { AnyTask, Task } from "./task.ts";
import { type ReadDefinition, readDefinition } from "./task-definition.ts";
import type { TaskOptions } from "./task-options.ts";

/** A definition that every App takes. */
export interface SharedDefinition extends ReadDefinition {
  readonly site: CallSite;
}

const definitions: SharedDefinition[] = [];
const listeners = new Set<WeakRef<SharedTaskTaker>>();

/** What takes shared tasks; an App that is finalized does. */
export interface SharedTaskTaker {
  takeShared(definition: SharedDefinition): AnyTask;
}

/** Gives an App the shared tasks that there are, and those to come. */
export function takeSharedTasks(taker: SharedTaskTaker): void {
  for (const definition of definitions) taker.takeShared(definition);
  listeners.add(new WeakRef(taker));
}

const tasksOf = new WeakMap<App, Map<SharedDefinition, AnyTask>>();

/** Notes the task that an App has made of a shared definition. */
export function noteShared(app: App, definition: SharedDefinition, task: AnyTask): void {
  const known = tasksOf.get(app) ?? new Map<SharedDefinition, AnyTask>();
  tasksOf.set(app, known.set(definition, task));
}

/**
 * Defines a task for every App of the process, as a library does that has none: `sharedTask("add", (x, y) => x + y)`. What it
 * gives is the current App's task of it, whichever that is when it is used.
 * @throws AlreadyRegistered when an App that is finalized has another task of this name
 */
export function sharedTask<P extends readonly unknown[], R>(
  nameOrOptions: string | (TaskOptions & { bind?: false }),
  fn: (...args: P) => R,
): Task<P, R>;
export function sharedTask<P extends readonly unknown[], R>(fn: (...args: P) => R): Task<P, R>;
export function sharedTask(first: string | TaskOptions | AnyFunction, second?: AnyFunction): AnyTask {
  const definition = { ...readDefinition(first, second, "sharedTask"), site: callSite(sharedTask) };
  definitions.push(definition);
  for (const reference of listeners) {
    const taker = reference.deref();
    if (taker === undefined) listeners.delete(reference);
    else taker.takeShared(definition);
  }
  const own = (): AnyTask => {
    const app = currentApp();
    app.finalize();
    const task = tasksOf.get(app)?.get(definition);
    // An App that is finalized has taken it; a copy of umbel of its own would not.
    if (task === undefined) throw new Error(`the current App has not taken the shared task "${definition.ownName}"`);
    return task;
  };
  const target: AnyFunction = () => undefined;
  // The traps see the task of the current App, so it is one for `isTask` and for everything else.
  const shared: unknown = new Proxy(target, {
    apply: (_, self, args: unknown[]): unknown => Reflect.apply(own(), self, args),
    get: (_, name): unknown => {
      const task = own();
      const value: unknown = Reflect.get(task, name, task);
      return typeof value === "function" ? (value.bind(task) as unknown) : value;
    },
    has: (_, name) => Reflect.has(own(), name),
    getPrototypeOf: () => Object.getPrototypeOf(own()) as object,
  });
  // eslint-disable-next-line @typescript-eslint/no-unsafe-return -- the overloads say what this task takes and gives
  return shared as AnyTask;
}
