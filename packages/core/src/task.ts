/**
 * A task: a named function that can be called here and now, or sent as a signature. One rule: it holds what its author
 * said and opens nothing; sending is the engine's matter.
 */
import type { App } from "./app.ts";
import { effectiveOptions } from "./effective-options.ts";
import type { ApplyOptions } from "./engine.ts";
import { normalizeOptions, type SignatureOptions } from "./options.ts";
import {
  type AnyFunction,
  bindArguments,
  describeProblem,
  type ParameterList,
  parametersFromFunction,
  parametersFromNames,
} from "./parameters.ts";
import type { AsyncResult } from "./result.ts";
import type { SignatureData, TaskData } from "./signature/data.ts";
import { SignatureObject } from "./signature/signature.ts";
import type { ChunksSignature, Given, Missing, Signature } from "./signature/types.ts";
import type { Submission } from "./submission.ts";
import { type BoundTask, directCall } from "./task-context.ts";
import { readTaskOptions, type TaskOptions } from "./task-options.ts";

/** A list whose length is that of `Items`, as a mutable tuple. */
type Tuple<Items extends readonly unknown[]> = [...Items];

/** The argument of a task that takes one; of others, a type that says what to do. */
type OnlyArgument<P extends readonly unknown[]> = P extends readonly [unknown, unknown, ...unknown[]]
  ? { "this task needs more than one argument": "use starmap" }
  : P[0];

/** What is known of a task without its types. */
export interface TaskInfo {
  readonly name: string;
  readonly app: App;
  readonly options: TaskOptions;
  /** What it takes; read from `params` or from the function's source when first asked for. */
  readonly parameters: ParameterList;
  /** Where it was defined, as `file:line:column`, if that is known. */
  readonly definedAt: string | undefined;
  /** Checks a call against the parameters and gives the function's arguments. @throws TypeError worded for the caller */
  bindArguments(args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>): readonly unknown[];
  /** Runs the function for a worker, with arguments as `bindArguments` gave them. */
  run(self: BoundTask, args: readonly unknown[]): unknown;
  toString(): string;
}

/** Whatever knows tasks by name; an App does. */
export interface TaskRegistry {
  readonly tasks: ReadonlyMap<string, AnyTask>;
}

/** What `app.task` gives: callable, and the source of signatures. `P` are its parameters, `R` what its function returns. */
export interface Task<P extends readonly unknown[], R> extends TaskInfo {
  /** Calls the function here and now. */
  (...args: P): R;
  /** A signature; the arguments fill the last parameters, so that those of a call come in front. */
  s<const G extends Given<P>>(...given: G): Signature<Missing<P, Tuple<G>>, Awaited<R>>;
  /** A signature with all its arguments, which takes nothing from before. */
  si(...all: P): Signature<readonly unknown[], Awaited<R>>;
  /** A signature from a list of arguments, with arguments by name and options. */
  signature(args?: readonly unknown[], options?: ApplyOptions): Signature<readonly unknown[], Awaited<R>>;
  /** Sends a call. */
  delay(...args: P): Submission<AsyncResult<Awaited<R>>>;
  applyAsync(args?: readonly unknown[], options?: ApplyOptions): Submission<AsyncResult<Awaited<R>>>;
  /**
   * Runs a call in this process, without a broker; gives its result when all of it has ended. For libraries that call
   * functions so, it is the `apply` of every function, too: with a `this` as first or a list as second argument.
   */
  apply(args?: readonly unknown[], options?: ApplyOptions): Promise<AsyncResult<Awaited<R>>>;
  /** Calls the task for each item, in one job. */
  map(items: Iterable<OnlyArgument<P>>): Signature<readonly unknown[], Awaited<R>[]>;
  /** Calls the task with each item spread over its parameters, in one job. */
  starmap(items: Iterable<P>): Signature<readonly unknown[], Awaited<R>[]>;
  /** A group of starmaps over `size` items each. */
  chunks(items: Iterable<P>, size: number): ChunksSignature<Awaited<R>[][]>;
}

// biome-ignore lint/suspicious/noExplicitAny: a registry holds tasks of every type, and each of them must fit in
export type AnyTask = Task<any, any>;

/** What `app.task` was given. */
export interface TaskDefinition {
  readonly name: string;
  readonly fn: AnyFunction;
  readonly options: TaskOptions;
  /** Where it was defined, as `file:line:column`, if that is known. */
  readonly definedAt: () => string | undefined;
}

/** The class behind tasks. Instances are functions whose prototype is this class's. */
class TaskObject implements TaskInfo {
  declare readonly name: string;
  declare readonly app: App;
  declare readonly fn: AnyFunction;
  declare readonly definition: TaskDefinition;
  declare resolved: { readonly revision: number; readonly options: TaskOptions };

  /** Its options, with what the settings say of them. */
  get options(): TaskOptions {
    const { confRevision: revision, conf } = this.app;
    if (this.resolved.revision !== revision) {
      this.resolved = { revision, options: effectiveOptions(this.name, this.definition.options, conf) };
    }
    return this.resolved.options;
  }

  /** What it takes; read from `params` or from the function's source when first asked for. */
  get parameters(): ParameterList {
    const { params, bind } = this.options;
    const list =
      params === undefined
        ? parametersFromFunction(this.fn, bind === true ? 1 : 0)
        : parametersFromNames(params, bind === true ? withoutFirst(this.fn) : this.fn);
    Object.defineProperty(this, "parameters", { value: list });
    return list;
  }

  /** Where it was defined, as `file:line:column`, if that is known. */
  get definedAt(): string | undefined {
    return this.definition.definedAt();
  }

  s(...args: readonly unknown[]): SignatureObject {
    return bind(this, taskData(this.name, args, {}, {}));
  }

  si(...args: readonly unknown[]): SignatureObject {
    return bind(this, { ...taskData(this.name, args, {}, {}), immutable: true });
  }

  signature(args: readonly unknown[] = [], options: ApplyOptions = {}): SignatureObject {
    const { kwargs = {}, ...rest } = options;
    return bind(this, taskData(this.name, args, kwargs, normalizeOptions(rest)));
  }

  delay(...args: readonly unknown[]): Submission<AsyncResult> {
    return this.applyAsync(args);
  }

  applyAsync(args: readonly unknown[] = [], options: ApplyOptions = {}): Submission<AsyncResult> {
    return bind(this, taskData(this.name, [], {}, {})).applyAsync(args, options);
  }

  apply(first?: unknown, second: ApplyOptions | ArrayLike<unknown> = {}): unknown {
    const isThis = first !== undefined && !Array.isArray(first);
    if (isThis || "length" in second) return Reflect.apply(Function.prototype.apply, this, [first, second]);
    return bind(this, taskData(this.name, [], {}, {})).apply(first, second);
  }

  map(items: Iterable<unknown>): SignatureObject {
    return bind(this, { kind: "map", task: this.name, items: [...items] });
  }

  starmap(items: Iterable<unknown>): SignatureObject {
    return bind(this, { kind: "starmap", task: this.name, items: [...items] });
  }

  chunks(items: Iterable<unknown>, size: number): SignatureObject {
    if (!Number.isInteger(size) || size < 1)
      throw new TypeError(`chunks of "${this.name}": \`size\` must be 1 or more; got ${size}`);
    return bind(this, { kind: "chunks", task: this.name, items: [...items], size });
  }

  /**
   * Checks a call against the parameters.
   * @throws TypeError worded for the author of the call
   */
  bindArguments(args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>): readonly unknown[] {
    const binding = bindArguments(this.parameters, args, kwargs);
    if (binding.kind === "bound") return binding.args;
    throw new TypeError(describeProblem(this.name, this.parameters, binding.problem));
  }

  /** Runs the function for a worker, `args` as `bindArguments` gave them. */
  run(self: BoundTask, args: readonly unknown[]): unknown {
    // Not called as a method of ours: `this` would be, and its name would stand in the user's stacks.
    const { fn } = this;
    return this.options.bind === true ? fn.call(self, self, ...args) : fn(...args);
  }

  toString(): string {
    return `<Task ${this.name}>`;
  }
}

// A task is a function: `call` and `bind` are its own too.
Object.setPrototypeOf(TaskObject.prototype, Function.prototype);

// Not a private method: a task is a function whose prototype was set, so no constructor of the class ever ran on it.
function bind(task: TaskObject, data: SignatureData): SignatureObject {
  return new SignatureObject(data, task.app);
}

/** Makes the task of a definition. */
export function createTask(app: App, definition: TaskDefinition): AnyTask {
  const options = readTaskOptions(definition.name, definition.options);
  const callable = (...args: unknown[]): unknown => {
    if (options.bind !== true) return definition.fn(...args);
    const self = directCall(app, definition.name, args);
    return definition.fn.call(self, self, ...args);
  };
  Object.setPrototypeOf(callable, TaskObject.prototype);
  Object.defineProperties(callable, {
    name: { value: definition.name },
    app: { value: app },
    fn: { value: definition.fn },
    resolved: { value: { revision: -1, options }, writable: true },
    definition: { value: definition },
  });
  // A function whose prototype is the class's is a TaskObject; TypeScript cannot follow `setPrototypeOf`.
  return callable as unknown as AnyTask;
}

/** Whether a value is a task. */
export function isTask(value: unknown): value is AnyTask {
  return typeof value === "function" && value instanceof TaskObject;
}

function withoutFirst(fn: AnyFunction): AnyFunction {
  const counted: AnyFunction = () => undefined;
  return Object.defineProperty(counted, "length", { value: Math.max(0, fn.length - 1) });
}

/** The data of a task's signature; what says nothing is left out. */
export function taskData(
  task: string,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
  options: SignatureOptions,
): TaskData {
  const data: { -readonly [Field in keyof TaskData]: TaskData[Field] } = { kind: "task", task };
  if (args.length > 0) data.args = [...args];
  if (Object.keys(kwargs).length > 0) data.kwargs = { ...kwargs };
  if (Object.keys(options).length > 0) data.options = options;
  return data;
}
