/**
 * What a running task knows of its call. One rule: it belongs to one attempt, and is found from anywhere in that
 * attempt's asynchronous calls through `currentTask`.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { App } from "./app.ts";

/** The call that a task is running for; Celery's `self.request`. */
export interface TaskRequest {
  readonly id: string;
  /** The task's name. */
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** The id of the group it is a member of, or null. */
  readonly group: string | null;
  /** The id of the first task of the canvas. */
  readonly rootId: string;
  /** The id of the task that led to this one, or null. */
  readonly parentId: string | null;
  /** How many times it was retried. */
  readonly retries: number;
  /** The name of the worker, or undefined in a direct call. */
  readonly hostname: string | undefined;
  /** Whether the function was called as a function, without a worker. */
  readonly calledDirectly: boolean;
}

/** The first argument of a task with `bind: true`. */
export interface BoundTask {
  readonly name: string;
  readonly app: App;
  readonly request: TaskRequest;
}

const storage = new AsyncLocalStorage<BoundTask>();

/** Gives the task that runs here, or `undefined` outside of one. */
export function currentTask(): BoundTask | undefined {
  return storage.getStore();
}

/** Runs a function as part of a task's attempt. */
export function runAsTask<Result>(task: BoundTask, fn: () => Result): Result {
  return storage.run(task, fn);
}

/** The bound task of a direct call. */
export function directCall(app: App, name: string, args: readonly unknown[]): BoundTask {
  return {
    name,
    app,
    request: {
      id: "",
      task: name,
      args,
      kwargs: {},
      group: null,
      rootId: "",
      parentId: null,
      retries: 0,
      hostname: undefined,
      calledDirectly: true,
    },
  };
}
