/**
 * One attempt of one task: arguments in, outcome out. One rule: whatever goes wrong with the task ends as its outcome;
 * only what goes wrong with the broker is thrown.
 */
import {
  type AnyTask,
  type BoundTask,
  encodeError,
  encodeJson,
  NotRegistered,
  nodeId,
  ResultTooLargeError,
  type RunKey,
  runAsTask,
  type TaskRegistry,
  type TaskRequest,
} from "@umbel/core";
import type { PageCache } from "../engine/page-cache.ts";
import type { Results } from "../engine/results.ts";
import type { RunMeta } from "../graph/codec.ts";
import type { GraphNode, TaskNode } from "../graph/graph.ts";
import type { Settlement } from "../store/graph-store.ts";

/** The attempt that is to be made. */
export interface Attempt {
  readonly runKey: RunKey;
  readonly index: number;
  readonly node: TaskNode;
  /** The node whose error an errback gets. */
  readonly cause: number | undefined;
  /** The value that comes in front of the arguments, as JSON text, if it is here already. */
  readonly input: string | undefined;
}

export type Outcome = Settlement["outcome"];

/** Makes attempts for one worker. */
export class TaskRunner {
  readonly #registry: TaskRegistry;
  readonly #pages: PageCache;
  readonly #results: Results;
  readonly #hostname: string;
  readonly #maxResultBytes: number;

  constructor(parts: {
    registry: TaskRegistry;
    pages: PageCache;
    results: Results;
    hostname: string;
    maxResultBytes: number;
  }) {
    this.#registry = parts.registry;
    this.#pages = parts.pages;
    this.#results = parts.results;
    this.#hostname = parts.hostname;
    this.#maxResultBytes = parts.maxResultBytes;
  }

  /** Runs the task. @throws what the broker throws, never what the task does */
  async run(attempt: Attempt): Promise<Outcome> {
    const { node, runKey } = attempt;
    const task = this.#registry.tasks.get(node.task);
    // The message is the name alone, as Celery stores it; what to do is said where the error is shown.
    if (task === undefined) return failed(new NotRegistered(node.task));
    const input =
      attempt.input ?? (node.input === undefined ? undefined : await this.#results.valueText(runKey, node.input));
    const args = input === undefined ? node.args : [JSON.parse(input), ...node.args];
    const meta = await this.#pages.meta(runKey);
    const errbackArgs =
      attempt.cause === undefined || !node.takesError
        ? undefined
        : await this.#errbackArgs(task, attempt, attempt.cause, meta);
    const self = this.#boundTask(task, attempt, errbackArgs ?? args, meta);
    try {
      const value = await runAsTask(self, () => call(task, self, node, errbackArgs ?? args));
      return this.#succeeded(task, value);
    } catch (error) {
      return failed(error);
    }
  }

  #succeeded(task: AnyTask, value: unknown): Outcome {
    const payload = encodeJson(value, `the result of task "${task.name}"`);
    const bytes = Buffer.byteLength(payload);
    if (bytes <= this.#maxResultBytes) return { kind: "succeeded", payload };
    return failed(
      new ResultTooLargeError(
        `the result of task "${task.name}" has ${bytes} bytes, more than \`maxResultBytes\` (${this.#maxResultBytes}); store it elsewhere and return where it is`,
      ),
    );
  }

  #boundTask(task: AnyTask, { runKey, index, node }: Attempt, args: readonly unknown[], meta: RunMeta): BoundTask {
    const request: TaskRequest = {
      id: node.ownId ?? nodeId(runKey, index),
      task: node.task,
      args,
      kwargs: node.kwargs,
      group: node.group === undefined ? null : this.#idOf(runKey, node.group),
      rootId: meta.rootId ?? nodeId(runKey, meta.root),
      parentId: node.parent === undefined ? null : this.#idOf(runKey, node.parent),
      retries: 0,
      hostname: this.#hostname,
      calledDirectly: false,
    };
    return { name: task.name, app: task.app, request };
  }

  #idOf(runKey: RunKey, index: number): string {
    const node = this.#pages.peek(runKey, index);
    return ownIdOf(node) ?? nodeId(runKey, index);
  }

  /** An errback of one positional parameter gets the failed task's id, others its request, error and traceback. */
  async #errbackArgs(task: AnyTask, attempt: Attempt, cause: number, meta: RunMeta): Promise<readonly unknown[]> {
    const failedNode = await this.#pages.node(attempt.runKey, cause);
    const id = ownIdOf(failedNode) ?? nodeId(attempt.runKey, cause);
    const positional = task.parameters.parameters.filter(({ kind }) => kind === "positional");
    const takesMany = positional.length > 1 || task.parameters.parameters.some(({ kind }) => kind === "args");
    if (!takesMany || task.options.bind === true) return [id, ...attempt.node.args];
    const error = await this.#results.errorOf(attempt.runKey, cause);
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

function failed(error: unknown): Outcome {
  return { kind: "failed", payload: JSON.stringify(encodeError(error)) };
}

function ownIdOf(node: GraphNode | undefined): string | undefined {
  return node === undefined || node.kind === "spread" ? undefined : node.ownId;
}
