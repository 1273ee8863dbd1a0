/**
 * One attempt of one task: arguments in, outcome out. One rule: whatever goes wrong with the task ends as its outcome;
 * only what goes wrong with the broker is thrown.
 */
import {
  type AnyTask,
  AttemptEnded,
  type AttemptRequests,
  type AttemptServices,
  autoretryInMs,
  type BoundTask,
  type Content,
  encodeError,
  Ignore,
  isOneOf,
  MaxRetriesExceededError,
  NotRegistered,
  nodeId,
  Reject,
  type RequestMaker,
  type RunKey,
  runAsTask,
  type SignatureData,
  TaskAttempt,
  type TaskOptions,
  type TaskRegistry,
  UmbelError,
} from "@umbel/core";
import type { PageCache } from "../engine/page-cache.ts";
import type { Results } from "../engine/results.ts";
import type { RunMeta } from "../graph/codec.ts";
import { eachGroup, eachItems } from "../graph/each-group.ts";
import { type EachPlan, ownIdOf, type TaskNode } from "../graph/graph.ts";
import { ownNode } from "../graph/own-arguments.ts";
import type { StoredOutcome } from "../store/graph-store.ts";
import { type Endings, failed } from "./attempt-endings.ts";
import { encodeLimited, outcomeOfState } from "./attempt-values.ts";
import { callInPool } from "./pool/call-in-pool.ts";
import type { TaskPool } from "./pool/task-pool.ts";
import { TaskWatch } from "./task-watch.ts";
import { type LimitedTime, type TimeLimits, timeLimitsOf, withoutAbort } from "./time-limits.ts";
import { WorkerCall } from "./worker-call.ts";

/** The attempt that is to be made. */
export interface Attempt {
  readonly runKey: RunKey;
  readonly index: number;
  /** Its arguments are the attempt's own: a task may change what it is given. */
  readonly node: TaskNode;
  /** How often it was retried. */
  readonly retries: number;
  /** How many workers were lost with it. */
  readonly deliveries: number;
  /** The node whose error an errback gets. */
  readonly cause: number | undefined;
  /** The value that comes in front of the arguments, as JSON text, if it is here already. */
  readonly input: string | undefined;
  /** Stores a state that the task gives itself, and what it tells with it, JSON or "". */
  showState(state: string, payload: string): Promise<void>;
  /** Gives the signal that is aborted when the attempt is ended from outside. */
  openSignal(): AbortSignal;
  /** Begins to count the attempt's time. */
  limit(limits: TimeLimits): LimitedTime;
  /** Says that the attempt has ended, but its function goes on. */
  outlive(running: Promise<unknown>): void;
}

/** A value that is there, or will be. Most tasks of short calls wait for nothing, and a promise costs more than they do. */
export type Eventually<Value> = Value | Promise<Value>;

/** What a TaskRunner is made of. */
export interface TaskRunnerParts {
  readonly registry: TaskRegistry;
  readonly pages: Pick<PageCache, "peek" | "peekMeta" | "meta" | "node">;
  readonly results: Pick<Results, "valueText" | "errorOf">;
  readonly content: Content;
  readonly endings: Endings;
  readonly hostname: string;
  readonly isEager: boolean;
  readonly maxResultBytes: number;
  /** Told of what is no task's outcome, such as a handler that throws. */
  readonly report: (error: Error) => void;
  /** Runs the functions of tasks, where that is not done here. */
  readonly pool?: TaskPool | undefined;
  /** Keeps a line that a task logged with its run. */
  readonly keepLine: (runKey: RunKey, line: string) => void;
  /** Told how long a call held the event loop before it first waited, milliseconds. */
  readonly onLoad?: (node: TaskNode, ms: number) => void;
}

/** Seconds before the first of a call's own `retries`; each further one waits twice as long, but no longer than Celery does. */
const FIRST_RETRY_DELAY = 1;
const LONGEST_RETRY_DELAY = 600;

/** Makes attempts for one worker. */
export class TaskRunner {
  readonly #parts: TaskRunnerParts;

  constructor(parts: TaskRunnerParts) {
    this.#parts = parts;
  }

  /** Runs the task. @throws what the broker throws, at once or later, never what the task does */
  run(attempt: Attempt): Eventually<StoredOutcome> {
    const { node, runKey, input } = attempt;
    if (input !== undefined) return this.#withInput(attempt, input);
    if (node.input === undefined) return this.#withArgs(attempt, node.args);
    return this.#parts.results.valueText(runKey, node.input).then((text) => this.#withInput(attempt, text));
  }

  #withInput(attempt: Attempt, text: string): Eventually<StoredOutcome> {
    let value: unknown;
    try {
      value = this.#parts.content.readResult(text);
    } catch (error) {
      // It would be no other at the next try.
      return failed(error);
    }
    return this.#withArgs(attempt, [value, ...attempt.node.args]);
  }

  #withArgs(attempt: Attempt, args: readonly unknown[]): Eventually<StoredOutcome> {
    const { node, runKey, cause } = attempt;
    const { registry, pages } = this.#parts;
    if (node.each !== undefined) return this.#each(attempt, args, node.each);
    const task = registry.tasks.get(node.task);
    // The message is the name alone, as Celery stores it; what to do is said where the error is shown.
    if (task === undefined) return failed(new NotRegistered(node.task));
    const meta = pages.peekMeta(runKey);
    const takesError = cause !== undefined && node.takesError;
    if (meta === undefined || takesError || task.options.trackStarted || this.#lacksJoin(task, attempt)) {
      return this.#prepared(task, attempt, args, takesError ? cause : undefined);
    }
    return this.#call(task, attempt, args, meta);
  }

  /** Whether a task that may look at its request would not see the chord that it is a header member of. */
  #lacksJoin({ options, observer }: AnyTask, { runKey, node: { group } }: Attempt): boolean {
    if (group === undefined || (options.bind !== true && observer === undefined)) return false;
    return this.#parts.pages.peek(runKey, group) === undefined;
  }

  /** Reads what the call must know, and shows that it begins. */
  async #prepared(
    task: AnyTask,
    attempt: Attempt,
    plainArgs: readonly unknown[],
    cause: number | undefined,
  ): Promise<StoredOutcome> {
    const { pages } = this.#parts;
    const meta = await pages.meta(attempt.runKey);
    if (this.#lacksJoin(task, attempt)) await pages.node(attempt.runKey, attempt.node.group ?? 0);
    const args = cause === undefined ? plainArgs : await this.#errbackArgs(task, attempt, cause, meta);
    if (task.options.trackStarted) {
      await attempt.showState("STARTED", JSON.stringify({ pid: process.pid, hostname: this.#parts.hostname }));
    }
    return await this.#call(task, attempt, args, meta);
  }

  #call(task: AnyTask, attempt: Attempt, args: readonly unknown[], meta: RunMeta): Eventually<StoredOutcome> {
    const call = new WorkerCall(this.#parts, task, attempt, args, meta);
    const { pool, endings, report } = this.#parts;
    if (pool === undefined) return this.callHere(task, attempt, args, call);
    return callInPool(pool, { task, attempt, args, call, endings, report });
  }

  /** Calls the function of an attempt in this thread, when all is read that it needs. */
  callHere(
    task: AnyTask,
    attempt: Attempt,
    args: readonly unknown[],
    call: RequestMaker & AttemptServices,
  ): Eventually<StoredOutcome> {
    const limits = timeLimitsOf(attempt.node, task.options);
    const { observer } = task;
    const watch = observer === undefined ? undefined : new TaskWatch(task, observer, this.#parts.report);
    if (limits === undefined) return this.#callNow(task, attempt, args, call, watch);
    const time = attempt.limit(limits);
    watch?.watchTime(time, limits);
    const ending = this.#callNow(task, attempt, args, call, watch);
    if (!(ending instanceof Promise)) return time.overrun === undefined ? ending : failed(time.overrun);
    const exceeded = time.exceeded.then((error) => {
      attempt.outlive(ending);
      return failed(error);
    });
    return Promise.race([ending, exceeded]);
  }

  #callNow(
    task: AnyTask,
    attempt: Attempt,
    args: readonly unknown[],
    call: RequestMaker & AttemptServices,
    watch: TaskWatch | undefined,
  ): Eventually<StoredOutcome> {
    const self = new TaskAttempt(task.app, call, call);
    if (watch !== undefined) return runAsTask(self, () => this.#watched(task, attempt, self, args, watch));
    let called: unknown;
    try {
      const started = performance.now();
      called = runAsTask(self, () => callTask(task, self, attempt.node, args));
      this.#parts.onLoad?.(attempt.node, performance.now() - started);
      if (!isThenable(called)) return this.#succeeded(attempt, called, self.additions);
    } catch (error) {
      return this.#ended(attempt, self.requests, error);
    }
    return this.#awaited(attempt, self, called);
  }

  /** Runs a task whose class is told of its attempts. */
  async #watched(
    task: AnyTask,
    attempt: Attempt,
    self: TaskAttempt,
    args: readonly unknown[],
    watch: TaskWatch,
  ): Promise<StoredOutcome> {
    const called = watch.around(self.request, () => callTask(task, self, attempt.node, args));
    const outcome = await this.#awaited(attempt, self, called);
    await watch.ended(outcome, self.requests);
    return outcome;
  }

  #awaited(attempt: Attempt, self: TaskAttempt, called: PromiseLike<unknown>): Promise<StoredOutcome> {
    return Promise.resolve(called).then(
      (value) => {
        try {
          return this.#succeeded(attempt, value, self.additions);
        } catch (error) {
          return this.#ended(attempt, self.requests, error);
        }
      },
      (error: unknown) => this.#ended(attempt, self.requests, error),
    );
  }

  /** @throws SerializationError, ResultTooLargeError at once */
  #succeeded(
    attempt: Attempt,
    value: unknown,
    additions: readonly SignatureData[] | undefined,
  ): Eventually<StoredOutcome> {
    if (isIgnored(attempt.node, this.#parts.registry)) return { kind: "succeeded", payload: "" };
    const payload = encodeLimited(
      this.#parts.content,
      value,
      `the result of task "${attempt.node.task}"`,
      this.#parts.maxResultBytes,
    );
    if (additions === undefined || additions.length === 0) return { kind: "succeeded", payload };
    return this.#parts.endings.added(attempt, payload, additions);
  }

  /** The outcome of an attempt that threw: what it asked for, or its error. */
  #ended(attempt: Attempt, requests: AttemptRequests, thrown: unknown): Eventually<StoredOutcome> {
    const error = withoutAbort(thrown);
    if (error instanceof AttemptEnded) {
      if (requests.retryInMs !== undefined) return { kind: "retried", delayMs: requests.retryInMs };
      if (requests.replacement !== undefined) return this.#parts.endings.replaced(attempt, requests.replacement);
    }
    if (error instanceof Ignore) return this.#ignored(attempt, requests);
    if (error instanceof Reject) return this.#rejected(attempt, error);
    const options = this.#parts.registry.tasks.get(attempt.node.task)?.options;
    const delayMs = isFinal(error) ? undefined : retryInMs(attempt, options, error);
    if (delayMs !== undefined) return { kind: "retried", delayMs };
    return isOneOf(error, options?.throws) ? { ...failed(error), isExpected: true } : failed(error);
  }

  /** Without `acksLate` there is nothing to reject: the call counts as taken since it has begun. */
  #rejected(attempt: Attempt, error: Reject): Eventually<StoredOutcome> {
    if (this.#parts.registry.tasks.get(attempt.node.task)?.options.acksLate === false) return failed(error);
    return error.requeue ? { kind: "putOff", delayMs: 0 } : this.#parts.endings.rejected(attempt, encodeError(error));
  }

  /** How an attempt ends that wants no end of its own: as the state says that the task gave itself last, if any. */
  #ignored(attempt: Attempt, { finalState, additions }: AttemptRequests): Eventually<StoredOutcome> {
    if (finalState === undefined) return { kind: "ignored" };
    if (finalState.state !== "SUCCESS") return outcomeOfState(finalState, attempt.node.task);
    try {
      return this.#succeeded(attempt, finalState.meta, additions);
    } catch (error) {
      if (error instanceof UmbelError) return failed(error);
      throw error;
    }
  }

  #each(attempt: Attempt, args: readonly unknown[], plan: EachPlan): Eventually<StoredOutcome> {
    let group: SignatureData;
    try {
      group = eachGroup(plan, eachItems(args, attempt.node.kwargs));
    } catch (error) {
      return failed(error);
    }
    return this.#parts.endings.replaced(attempt, group);
  }

  /** An errback of one positional parameter gets the failed task's id, others its request, error and traceback. */
  async #errbackArgs(task: AnyTask, attempt: Attempt, cause: number, meta: RunMeta): Promise<readonly unknown[]> {
    const stored = await this.#parts.pages.node(attempt.runKey, cause);
    const failedNode = stored.kind === "task" ? asFarAsRead(stored, this.#parts.content) : stored;
    const id = ownIdOf(failedNode) ?? nodeId(attempt.runKey, cause);
    const positional = task.parameters.parameters.filter(({ kind }) => kind === "positional");
    const takesMany = positional.length > 1 || task.parameters.parameters.some(({ kind }) => kind === "args");
    if (!takesMany || task.options.bind === true) return [id, ...attempt.node.args];
    const error = await this.#parts.results.errorOf(attempt.runKey, cause);
    const request = {
      id,
      task: failedNode.kind === "task" ? failedNode.task : "",
      args: failedNode.kind === "task" ? failedNode.args : [],
      kwargs: failedNode.kind === "task" ? failedNode.kwargs : {},
      rootId: meta.rootId ?? nodeId(attempt.runKey, meta.root),
    };
    return [request, { name: error.name, message: error.message }, error.stack ?? null, ...attempt.node.args];
  }
}

/** A call that may have failed because its arguments cannot be read here: without them then. */
function asFarAsRead(node: TaskNode, content: Content): TaskNode {
  try {
    return ownNode(node, content);
  } catch (error) {
    if (error instanceof UmbelError) return { ...node, args: [], kwargs: {} };
    throw error;
  }
}

/** Whether nobody needs what a call gives, and nobody wants it. */
function isIgnored({ task, options, next, join }: TaskNode, registry: TaskRegistry): boolean {
  if (next.length > 0 || join !== -1) return false;
  return options.ignoreResult ?? registry.tasks.get(task)?.options.ignoreResult ?? false;
}

/** Whether an error says itself that no other try is wanted: those that there were to be are spent. */
function isFinal(error: unknown): boolean {
  return error instanceof MaxRetriesExceededError;
}

/** Milliseconds until the try that the call or its task asks for after an error, if they do. */
function retryInMs(attempt: Attempt, options: TaskOptions | undefined, error: unknown): number | undefined {
  const { retries = options?.retries ?? 0, retryDelay = FIRST_RETRY_DELAY } = attempt.node.options;
  if (attempt.retries < retries) {
    return Math.round(Math.min(retryDelay * 2 ** attempt.retries, LONGEST_RETRY_DELAY) * 1000);
  }
  return options === undefined ? undefined : autoretryInMs(options, error, attempt.retries);
}

/** Calls the task's function; a mapped task once for each item. */
function callTask(task: AnyTask, self: BoundTask, node: TaskNode, args: readonly unknown[]): unknown {
  if (node.mode !== undefined) return callMapped(task, self, node.mode, args);
  return task.execute(self, task.bindArguments(args, node.kwargs));
}

/** How long calls of one mapped task may hold the event loop one after another, milliseconds. */
const LONGEST_HOLD_MS = 10;

async function callMapped(
  task: AnyTask,
  self: BoundTask,
  mode: NonNullable<TaskNode["mode"]>,
  [items]: readonly unknown[],
): Promise<unknown[]> {
  const results: unknown[] = [];
  let since = performance.now();
  for (const item of Array.isArray(items) ? (items as readonly unknown[]) : []) {
    const itemArgs: readonly unknown[] = mode === "starmap" && Array.isArray(item) ? item : [item];
    const called = task.execute(self, task.bindArguments(itemArgs, {}));
    results.push(isThenable(called) ? await called : called);
    if (performance.now() - since < LONGEST_HOLD_MS) continue;
    // Signs of life and other tasks have their turn.
    await new Promise((resolve) => setImmediate(resolve));
    since = performance.now();
  }
  return results;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    ((typeof value === "object" && value !== null) || typeof value === "function") &&
    "then" in value &&
    typeof value.then === "function"
  );
}
