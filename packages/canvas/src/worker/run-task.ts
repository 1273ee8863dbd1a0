/**
 * One attempt of one task: arguments in, outcome out. One rule: whatever goes wrong with the task ends as its outcome;
 * only what goes wrong with the broker is thrown.
 */
import {
  type AnyTask,
  AttemptEnded,
  type AttemptRequests,
  type BoundTask,
  encodeError,
  Ignore,
  NotRegistered,
  nodeId,
  parseSignature,
  type RunKey,
  retryDefaults,
  runAsTask,
  type SignatureData,
  TaskAttempt,
  type TaskRegistry,
  type TaskRequest,
  UmbelError,
} from "@umbel/core";
import type { PageCache } from "../engine/page-cache.ts";
import type { Results } from "../engine/results.ts";
import type { RunMeta } from "../graph/codec.ts";
import type { GraphNode, TaskNode } from "../graph/graph.ts";
import { ownNode } from "../graph/own-arguments.ts";
import type { StoredOutcome } from "../store/graph-store.ts";
import { encodeLimited, outcomeOfState } from "./attempt-values.ts";
import type { GraphAdditions } from "./graph-additions.ts";

/** The attempt that is to be made. */
export interface Attempt {
  readonly runKey: RunKey;
  readonly index: number;
  readonly node: TaskNode;
  /** How often it was retried. */
  readonly retries: number;
  /** The node whose error an errback gets. */
  readonly cause: number | undefined;
  /** The value that comes in front of the arguments, as JSON text, if it is here already. */
  readonly input: string | undefined;
  /** Stores a state that the task gives itself, and what it tells with it, JSON or "". */
  readonly showState: (state: string, payload: string) => Promise<void>;
  /** Gives the signal that is aborted when the attempt is ended from outside. */
  readonly openSignal: () => AbortSignal;
}

/** What a TaskRunner is made of. */
export interface TaskRunnerParts {
  readonly registry: TaskRegistry;
  readonly pages: PageCache;
  readonly results: Results;
  readonly additions: GraphAdditions;
  readonly hostname: string;
  readonly isEager: boolean;
  readonly maxResultBytes: number;
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

  /** Runs the task. @throws what the broker throws, never what the task does */
  async run(shared: Attempt): Promise<StoredOutcome> {
    // The node is kept for other attempts; a task may change what it is given.
    const attempt = { ...shared, node: ownNode(shared.node) };
    const { node, runKey } = attempt;
    const { registry, results } = this.#parts;
    const input = attempt.input ?? (node.input === undefined ? undefined : await results.valueText(runKey, node.input));
    const args: readonly unknown[] = input === undefined ? node.args : [JSON.parse(input), ...node.args];
    if (node.mode === "each") return await this.#each(attempt, args);
    const task = registry.tasks.get(node.task);
    // The message is the name alone, as Celery stores it; what to do is said where the error is shown.
    if (task === undefined) return failed(new NotRegistered(node.task));
    return await this.#call(task, attempt, args);
  }

  async #call(task: AnyTask, attempt: Attempt, plainArgs: readonly unknown[]): Promise<StoredOutcome> {
    const { pages, onLoad } = this.#parts;
    const meta = pages.peekMeta(attempt.runKey) ?? (await pages.meta(attempt.runKey));
    const args =
      attempt.cause === undefined || !attempt.node.takesError
        ? plainArgs
        : await this.#errbackArgs(task, attempt, attempt.cause, meta);
    const self = this.#attemptOf(task, attempt, args, meta);
    if (task.options.trackStarted) {
      await attempt.showState("STARTED", JSON.stringify({ pid: process.pid, hostname: this.#parts.hostname }));
    }
    try {
      const started = performance.now();
      const called = runAsTask(self, () => call(task, self, attempt.node, args));
      onLoad?.(attempt.node, performance.now() - started);
      const value = await called;
      return await this.#succeeded(attempt, value, self.requests.additions);
    } catch (error) {
      return await this.#ended(attempt, self.requests, error);
    }
  }

  async #succeeded(attempt: Attempt, value: unknown, additions: readonly SignatureData[]): Promise<StoredOutcome> {
    const payload = encodeLimited(value, `the result of task "${attempt.node.task}"`, this.#parts.maxResultBytes);
    if (additions.length === 0) return { kind: "succeeded", payload };
    return { kind: "succeeded", payload, additions: await this.#parts.additions.addToJoin(attempt, additions) };
  }

  /** The outcome of an attempt that threw: what it asked for, or its error. */
  async #ended(attempt: Attempt, requests: AttemptRequests, error: unknown): Promise<StoredOutcome> {
    if (error instanceof AttemptEnded) {
      if (requests.retryInMs !== undefined) return { kind: "retried", delayMs: requests.retryInMs };
      if (requests.replacement !== undefined) return await this.#replaced(attempt, requests.replacement);
    }
    if (error instanceof Ignore) return await this.#ignored(attempt, requests);
    const { retries = 0, retryDelay = FIRST_RETRY_DELAY } = attempt.node.options;
    if (attempt.retries < retries) {
      const seconds = Math.min(retryDelay * 2 ** attempt.retries, LONGEST_RETRY_DELAY);
      return { kind: "retried", delayMs: Math.round(seconds * 1000) };
    }
    return failed(error);
  }

  /** How an attempt ends that wants no end of its own: as the state says that the task gave itself last, if any. */
  async #ignored(attempt: Attempt, { finalState, additions }: AttemptRequests): Promise<StoredOutcome> {
    if (finalState === undefined) return { kind: "ignored" };
    if (finalState.state !== "SUCCESS") return outcomeOfState(finalState, attempt.node.task);
    try {
      return await this.#succeeded(attempt, finalState.meta, additions);
    } catch (error) {
      // What cannot be stored is the task's fault; a broker that is gone is not.
      if (error instanceof UmbelError) return failed(error);
      throw error;
    }
  }

  async #replaced(attempt: Attempt, replacement: SignatureData, limit?: number): Promise<StoredOutcome> {
    try {
      return await this.#parts.additions.replace(attempt, replacement, limit);
    } catch (error) {
      // A canvas that cannot be compiled is the task's fault; a broker that is gone is not.
      if (error instanceof UmbelError) return failed(error);
      throw error;
    }
  }

  async #each(attempt: Attempt, args: readonly unknown[]): Promise<StoredOutcome> {
    const [items, member, limit, failFast] = args;
    if (!Array.isArray(items)) {
      return failed(new TypeError(`\`each\` takes a list; it got ${items === null ? "null" : typeof items}`));
    }
    const plain = eachGroup(items, parseSignature(member));
    const group = failFast === true ? { ...plain, options: { failFast } } : plain;
    return await this.#replaced(attempt, group, typeof limit === "number" ? limit : undefined);
  }

  #attemptOf(task: AnyTask, attempt: Attempt, args: readonly unknown[], meta: RunMeta): TaskAttempt {
    const { runKey, index, node, retries } = attempt;
    const request: TaskRequest = {
      id: node.ownId ?? nodeId(runKey, index),
      task: node.task,
      args,
      kwargs: node.kwargs,
      group: node.group === undefined ? null : this.#idOf(runKey, node.group),
      rootId: meta.rootId ?? nodeId(runKey, meta.root),
      parentId: node.parent === undefined ? null : this.#idOf(runKey, node.parent),
      retries,
      hostname: this.#parts.hostname,
      calledDirectly: false,
      isEager: this.#parts.isEager,
    };
    const { maxRetries, defaultRetryDelay } = task.options;
    const retry = {
      maxRetries: maxRetries === undefined ? retryDefaults.maxRetries : maxRetries,
      retryDelay: defaultRetryDelay ?? retryDefaults.retryDelay,
    };
    return new TaskAttempt(task.app, request, retry, {
      openSignal: attempt.openSignal,
      showState: ({ state, meta: told }) => {
        const what = `what task "${node.task}" tells with the state "${state}"`;
        const payload = told === undefined ? "" : encodeLimited(told, what, this.#parts.maxResultBytes);
        const shown = attempt.showState(state, payload);
        // A task need not wait for it, and is not to blame when its worker is ended; what went wrong is reported.
        shown.catch(() => undefined);
        return shown;
      },
    });
  }

  #idOf(runKey: RunKey, index: number): string {
    const node = this.#parts.pages.peek(runKey, index);
    return ownIdOf(node) ?? nodeId(runKey, index);
  }

  /** An errback of one positional parameter gets the failed task's id, others its request, error and traceback. */
  async #errbackArgs(task: AnyTask, attempt: Attempt, cause: number, meta: RunMeta): Promise<readonly unknown[]> {
    const failedNode = await this.#parts.pages.node(attempt.runKey, cause);
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

/** The group that an `each` stands for: its member once for each item, which goes where a result would. */
function eachGroup(items: readonly unknown[], member: SignatureData): SignatureData {
  if (member.immutable) return { kind: "group", members: items.map(() => member) };
  return { kind: "group", members: items.map((item) => ({ ...member, args: [item, ...(member.args ?? [])] })) };
}

/** Calls the task's function; a mapped task once for each item. */
async function call(task: AnyTask, self: BoundTask, node: TaskNode, args: readonly unknown[]): Promise<unknown> {
  if (node.mode === undefined) return await task.run(self, task.bindArguments(args, node.kwargs));
  const [items] = args;
  const results: unknown[] = [];
  for (const item of Array.isArray(items) ? items : []) {
    const itemArgs = node.mode === "starmap" && Array.isArray(item) ? item : [item];
    results.push(await task.run(self, task.bindArguments(itemArgs, {})));
  }
  return results;
}

function failed(error: unknown): StoredOutcome {
  return { kind: "failed", payload: JSON.stringify(encodeError(error)) };
}

function ownIdOf(node: GraphNode | undefined): string | undefined {
  return node === undefined || node.kind === "spread" ? undefined : node.ownId;
}
