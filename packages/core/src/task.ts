/**
 * A task: a named function that can be called here and now, or sent as a signature. One rule: it holds what its author
 * said and opens nothing; sending is the engine's matter.
 */
import type { App } from "./app.ts";
import { effectiveOptions } from "./effective-options.ts";
import type { ApplyOptions } from "./engine.ts";
import { ImproperlyConfigured } from "./errors.ts";
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
import { checkArguments, checkResult, convertArguments, then } from "./schema.ts";
import type { SignatureData, TaskData } from "./signature/data.ts";
import { SignatureObject } from "./signature/signature.ts";
import type { AnySignature, ChunksSignature, Given, Missing, Signature } from "./signature/types.ts";
import type { Submission } from "./submission.ts";
import { isObserved, Request, type TaskBase, type TaskClass } from "./task-class.ts";
import {
  type BoundTask,
  currentTask,
  directCall,
  type RetryOptions,
  runAsTask,
  type StateUpdate,
  type TaskRequest,
} from "./task-context.ts";
import { classOptionNames, inSeconds, readTaskOptions, type TaskOptions } from "./task-options.ts";

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
  /** Checks a call as its sender must: as `bindArguments`, and by its schema. @throws TypeError worded for the caller */
  checkCall(args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>): void;
  /** Runs the task for a worker, with arguments as `bindArguments` gave them. */
  execute(self: BoundTask, args: readonly unknown[]): unknown;
  /** The call that runs here; outside of one, that of a direct call. */
  readonly request: TaskRequest;
  /** Its handlers and its class, where workers must tell it of its attempts. */
  readonly observer: TaskBase | undefined;
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
  /** Gives what its class has made, which becomes a task of the App. */
  readonly makeObject: () => TaskBase;
  /** Where it was defined, as `file:line:column`, if that is known. */
  readonly definedAt: () => string | undefined;
}

/** The class behind tasks. Instances are functions whose prototype is this class's, or that of one which extends it. */
class TaskObject implements TaskInfo {
  declare readonly name: string;
  declare readonly app: App;
  declare readonly fn: AnyFunction;
  declare readonly definition: TaskDefinition;
  declare resolved: { readonly revision: number; readonly options: TaskOptions };
  declare readonly observer: TaskBase | undefined;
  /** Whether it has a class of its own; then the task itself is `self`. */
  declare readonly hasClass: boolean;

  constructor() {
    const callable = (...args: unknown[]): unknown => callDirectly(task, args);
    Object.setPrototypeOf(callable, new.target.prototype);
    // A class may say it as a field; a function's own name cannot be written.
    Object.defineProperty(callable, "name", { value: "", writable: true, configurable: true });
    // A function whose prototype is the class's is a TaskObject; TypeScript cannot follow `setPrototypeOf`.
    const task = callable as unknown as TaskObject;
    // biome-ignore lint/correctness/noConstructorReturn: a task is a function, and fields of the class are set on it
    return task;
  }

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

  checkCall(args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>): void {
    const bound = this.bindArguments(args, kwargs);
    const { schema } = this.options;
    if (schema !== undefined) checkArguments(this.name, schema, this.parameters, bound);
  }

  execute(self: BoundTask, args: readonly unknown[]): unknown {
    return checked(this, args, (given) => executeNow(this, self, given));
  }

  get request(): TaskRequest {
    return attemptOf(this).request;
  }

  get signal(): AbortSignal {
    return attemptOf(this).signal;
  }

  retry(options?: RetryOptions): never {
    return attemptOf(this).retry(options);
  }

  replace(signature: AnySignature): never {
    return attemptOf(this).replace(signature);
  }

  addToChord(signature: AnySignature): void {
    attemptOf(this).addToChord(signature);
  }

  updateState(...update: [state: string, meta?: unknown] | [update: StateUpdate]): Promise<void> {
    const attempt = attemptOf(this);
    return typeof update[0] === "string" ? attempt.updateState(update[0], update[1]) : attempt.updateState(update[0]);
  }

  run(...args: unknown[]): unknown {
    const { fn, options } = this;
    return options.bind === true ? fn.call(this, this, ...args) : fn.apply(this, args);
  }

  invoke(...args: unknown[]): unknown {
    return this.run(...args);
  }

  // Handlers of tasks that have none; workers do not call them.
  beforeStart(): void {}
  onSuccess(): void {}
  onFailure(): void {}
  onRetry(): void {}
  afterReturn(): void {}

  get Request(): TaskBase["Request"] {
    return Request;
  }

  toString(): string {
    return `<Task ${this.name}>`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

// A task is a function: `call` and `bind` are its own too.
Object.setPrototypeOf(TaskObject.prototype, Function.prototype);
// A class may say it as a field.
Object.defineProperty(TaskObject.prototype, "Request", { value: Request, writable: true });

/**
 * The class that all tasks are of, to be extended: with a body (`run`), handlers such as `onFailure`, options as fields,
 * and whatever the calls of a process share.
 *
 * ```ts
 * class DatabaseTask extends Task {
 *   #db: Database | undefined;
 *   get db() {
 *     this.#db ??= Database.connect();
 *     return this.#db;
 *   }
 * }
 * ```
 */
export const Task = TaskObject as unknown as TaskClass;

// Not private methods: a task is a function whose prototype was set.
function bind(task: TaskObject, data: SignatureData): SignatureObject {
  return new SignatureObject(data, task.app);
}

function executeNow(task: TaskObject, self: BoundTask, args: readonly unknown[]): unknown {
  if (task.hasClass) return task.invoke(...args);
  // Not called as a method of ours: `this` would be, and its name would stand in the user's stacks.
  const { fn } = task;
  return task.options.bind === true ? fn.call(self, self, ...args) : fn(...args);
}

/** Runs a task between the schemas of its arguments and its result; at once, where they and the task are not asynchronous. */
function checked(task: TaskObject, args: readonly unknown[], run: (args: readonly unknown[]) => unknown): unknown {
  const { schema, result } = task.options;
  if (schema === undefined && result === undefined) return run(args);
  const given = schema === undefined ? args : convertArguments(task.name, schema, task.parameters, args);
  const value = then(given, run);
  return result === undefined ? value : then(value, (settled) => checkResult(task.name, result, settled));
}

/** Here and now, as the plain function would run; one of a class as its class says. */
function callDirectly(task: TaskObject, args: readonly unknown[]): unknown {
  const { app, name, fn } = task;
  if (app === undefined) {
    throw new ImproperlyConfigured("this task belongs to no App; give its class to `app.registerTask`");
  }
  const { options } = task;
  return checked(task, args, (given) => {
    if (task.hasClass) return runAsTask(directCall(app, name, given), () => task.invoke(...given));
    if (options.bind !== true) return fn(...given);
    const self = directCall(app, name, given);
    return fn.call(self, self, ...given);
  });
}

/** The attempt of this task that runs here, or what a direct call would have. */
function attemptOf(task: TaskObject): BoundTask {
  const current = currentTask();
  if (current !== undefined && current.name === task.name && current.app === task.app) return current;
  return directCall(task.app, task.name, []);
}

/** Makes the task of a definition. @throws OptionError for a wrong option, also of its class */
export function createTask(app: App, definition: TaskDefinition): AnyTask {
  // First what was written here: `base` may be no class.
  const own = readTaskOptions(definition.name, definition.options);
  const task = definition.makeObject() as unknown as TaskObject;
  const hasClass = Object.getPrototypeOf(task) !== TaskObject.prototype;
  const options = hasClass ? readTaskOptions(definition.name, { ...fieldsOf(definition.name, task), ...own }) : own;
  const observer = task as unknown as TaskBase;
  const isWatched = hasClass && isObserved(observer, TaskObject.prototype);
  Object.defineProperty(task, "resolved", { value: { revision: -1, options }, writable: true });
  const fields = {
    app,
    definition: { ...definition, options },
    hasClass,
    fn: definition.fn,
    observer: isWatched ? observer : undefined,
  };
  for (const [field, value] of Object.entries(fields)) Object.defineProperty(task, field, { value });
  Object.defineProperty(task, "name", { value: definition.name, writable: false });
  return task as unknown as AnyTask;
}

/** Options that a class says as fields. What is written where the task is defined comes first, so it has no twins left. */
function fieldsOf(name: string, task: object): TaskOptions {
  const said = classOptionNames.map((option) => [option, Reflect.get(task, option)] as const);
  return inSeconds(name, Object.fromEntries(said.filter(([, value]) => value !== undefined)));
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
