/**
 * Tells a task's class of an attempt: its handlers, and a request of its own. One rule: only tasks whose class asks for it
 * have one, and what a handler throws once the task has ended is reported and changes nothing.
 *
 * For each attempt: 1. make the request; 2. `beforeStart`; 3. the body; 4. `onSuccess`, `onFailure` or `onRetry`, of the
 * request and then of the task; 5. `afterReturn`, if it has ended.
 */
import {
  type AnyTask,
  type AttemptRequests,
  ImproperlyConfigured,
  type Request,
  type RequestClass,
  SoftTimeLimitExceeded,
  type TaskBase,
  type TaskRequest,
} from "@umbel/core";
import type { StoredOutcome } from "../store/graph-store.ts";
import type { LimitedTime, TimeLimits } from "./time-limits.ts";

/** The watch over one attempt. */
export class TaskWatch {
  readonly #task: AnyTask;
  readonly #observer: TaskBase;
  readonly #report: (error: Error) => void;
  #info: TaskRequest | undefined;
  #request: Request | undefined;
  #value: unknown;
  #error: unknown;

  constructor(task: AnyTask, observer: TaskBase, report: (error: Error) => void) {
    this.#task = task;
    this.#observer = observer;
    this.#report = report;
  }

  /** Runs the body, with what comes before it. @throws what `beforeStart` or the body throws */
  async around(info: TaskRequest, body: () => unknown): Promise<unknown> {
    this.#info = info;
    try {
      this.#request = new (await requestClassOf(this.#task, this.#observer))(this.#task, info);
      await this.#observer.beforeStart(info.id, info.args, info.kwargs);
      this.#value = await body();
      return this.#value;
    } catch (error) {
      this.#error = error;
      throw error;
    }
  }

  /** Tells how the attempt ends. @param requests what it asked for */
  async ended(outcome: StoredOutcome, requests: AttemptRequests): Promise<void> {
    const info = this.#info;
    if (info === undefined) return;
    switch (outcome.kind) {
      case "succeeded":
        // `Ignore` after a state SUCCESS ends so without a value of the body's; Celery calls nothing then.
        if (this.#error !== undefined) return;
        await this.#tell(() => this.#request?.onSuccess(this.#value));
        await this.#tell(() => this.#observer.onSuccess(this.#value, info.id, info.args, info.kwargs));
        await this.#tell(() => this.#after("SUCCESS", this.#value, info, undefined));
        return;
      case "failed": {
        const error = asError(this.#error);
        await this.#tell(() => this.#request?.onFailure(error));
        await this.#tell(() => this.#observer.onFailure(error, info.id, info.args, info.kwargs, error.stack));
        await this.#tell(() => this.#after("FAILURE", error, info, error.stack));
        return;
      }
      case "retried": {
        const error = requests.retryInMs === undefined ? asError(this.#error) : requests.retryCause;
        await this.#tell(() => this.#request?.onRetry(error));
        await this.#tell(() => this.#observer.onRetry(error, info.id, info.args, info.kwargs, error?.stack));
        return;
      }
      default:
        return;
    }
  }

  /** Tells the request of limits that pass. */
  watchTime(time: LimitedTime, { softMs, hardMs }: TimeLimits): void {
    if (softMs !== undefined) {
      const onAbort = (): void => {
        if (time.signal.reason instanceof SoftTimeLimitExceeded) this.#timeout(true, softMs);
      };
      time.signal.addEventListener("abort", onAbort, { once: true });
    }
    if (hardMs !== undefined) void time.exceeded.then(() => this.#timeout(false, hardMs));
  }

  /** Tells a request of an attempt that was ended at its limit where no handler of it can run. */
  async overran(info: TaskRequest, hardMs: number): Promise<void> {
    this.#info = info;
    await this.#tell(async () => {
      const request = new (await requestClassOf(this.#task, this.#observer))(this.#task, info);
      request.onTimeout(false, hardMs / 1000);
    });
  }

  #timeout(soft: boolean, ms: number): void {
    void this.#tell(() => this.#request?.onTimeout(soft, ms / 1000));
  }

  #after(state: "SUCCESS" | "FAILURE", value: unknown, info: TaskRequest, traceback: string | undefined): unknown {
    return this.#observer.afterReturn(state, value, info.id, info.args, info.kwargs, traceback);
  }

  async #tell(handler: () => unknown): Promise<void> {
    try {
      await handler();
    } catch (cause) {
      const { message } = asError(cause);
      this.#report(
        new Error(`a handler of task "${this.#task.name}" (${this.#info?.id}) threw: ${message}`, { cause }),
      );
    }
  }
}

/** Classes that were named, by task: they are imported once. */
const named = new WeakMap<object, Promise<RequestClass>>();

function requestClassOf(task: AnyTask, { Request: given }: TaskBase): RequestClass | Promise<RequestClass> {
  if (typeof given !== "string") return given;
  const known = named.get(task) ?? importRequestClass(task, given);
  named.set(task, known);
  return known;
}

async function importRequestClass(task: AnyTask, path: string): Promise<RequestClass> {
  const { exports } = await task.app.importNamed(path, task.definedAt?.replace(/:\d+:\d+$/, ""));
  if (typeof exports === "function") return exports as RequestClass;
  throw new ImproperlyConfigured(
    `\`Request\` of task "${task.name}" must be a class or name one, as "./requests.ts:MyRequest"; "${path}" names none`,
  );
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
