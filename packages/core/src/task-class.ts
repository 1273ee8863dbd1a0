/**
 * What classes of tasks may say: the body, handlers, a request of their own, options as fields. One rule: a class is made
 * once for each task and process, so what it keeps in fields is shared by all calls there.
 */
import type { AnyTask } from "./task.ts";
import type { BoundTask, TaskRequest } from "./task-context.ts";
import type { TaskOptions } from "./task-options.ts";

/** Arguments of a call by their names. */
export type NamedArguments = Readonly<Record<string, unknown>>;

/** What a handler may give back; the worker waits for a promise. */
export type Handled = void | Promise<void>;

/**
 * A task as its class sees it: the bound task of the attempt that runs, with what a class may override. Options of the task
 * may be fields: `override queue = "hipri"`.
 */
export interface TaskBase extends BoundTask, Omit<TaskOptions, "name" | "bind" | "base"> {
  /** The body. A task that is made of a function runs that. */
  // biome-ignore lint/suspicious/noExplicitAny: a body takes and gives whatever its author says
  run(...args: any[]): any;
  /** Celery's `__call__`: what runs the body, in a worker and in a direct call. */
  // biome-ignore lint/suspicious/noExplicitAny: the same
  invoke(...args: any[]): any;
  /** Runs before the body; what it throws the task has thrown. */
  beforeStart(id: string, args: readonly unknown[], kwargs: NamedArguments): Handled;
  onSuccess(value: unknown, id: string, args: readonly unknown[], kwargs: NamedArguments): Handled;
  onFailure(
    error: Error,
    id: string,
    args: readonly unknown[],
    kwargs: NamedArguments,
    traceback: string | undefined,
  ): Handled;
  /** Runs when it is to be tried again. @param error for which it is */
  onRetry(
    error: Error | undefined,
    id: string,
    args: readonly unknown[],
    kwargs: NamedArguments,
    traceback: string | undefined,
  ): Handled;
  /** Runs when it has ended, behind the other handlers; not for what is tried again, replaced or ignored. */
  afterReturn(
    state: "SUCCESS" | "FAILURE",
    valueOrError: unknown,
    id: string,
    args: readonly unknown[],
    kwargs: NamedArguments,
    traceback: string | undefined,
  ): Handled;
  /** What a worker makes for each attempt, or where it is: `"./requests.ts:MyRequest"`, from the module of the task. */
  Request: RequestClass | string;
  toString(): string;
}

/** A class of tasks: `Task`, or one that extends it. */
export type TaskClass<Base extends TaskBase = TaskBase> = new () => Base;

/** A class of requests. */
export type RequestClass = new (task: AnyTask, request: TaskRequest) => Request;

/** What a worker makes for each attempt of a task whose class names a `Request`; does nothing unless it is extended. */
export class Request {
  readonly task: AnyTask;
  /** What the task sees as `self.request`. */
  readonly info: TaskRequest;

  constructor(task: AnyTask, info: TaskRequest) {
    this.task = task;
    this.info = info;
  }

  /** A time limit has passed. @param timeout the limit, seconds */
  onTimeout(_soft: boolean, _timeout: number): void {}

  onSuccess(_value: unknown): Handled {}

  onFailure(_error: Error): Handled {}

  onRetry(_error: Error | undefined): Handled {}
}

/** Methods that workers call only where a class has them. */
const HANDLERS = ["beforeStart", "afterReturn", "onFailure", "onRetry", "onSuccess"] as const;

/** Whether a task wants to be told of its attempts. */
export function isObserved(task: TaskBase, plain: object): boolean {
  return task.Request !== Request || HANDLERS.some((name) => task[name] !== Reflect.get(plain, name));
}
