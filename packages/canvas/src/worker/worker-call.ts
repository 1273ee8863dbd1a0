/** What a running task may ask of its worker. One rule: most tasks ask for nothing, so nothing is made before it is asked for. */
import {
  type AnyTask,
  type AttemptServices,
  nodeId,
  type RequestMaker,
  type RetryDefaults,
  type RunKey,
  retryDefaults,
  type StateUpdate,
  type TaskRequest,
} from "@umbel/core";
import type { RunMeta } from "../graph/codec.ts";
import { ownIdOf } from "../graph/graph.ts";
import { encodeLimited } from "./attempt-values.ts";
import type { Attempt, TaskRunnerParts } from "./run-task.ts";

/** One call of a task by a worker. */
export class WorkerCall implements RequestMaker, AttemptServices {
  readonly task: string;
  readonly #parts: TaskRunnerParts;
  readonly #task: AnyTask;
  readonly #attempt: Attempt;
  readonly #args: readonly unknown[];
  readonly #meta: RunMeta;

  constructor(parts: TaskRunnerParts, task: AnyTask, attempt: Attempt, args: readonly unknown[], meta: RunMeta) {
    this.task = attempt.node.task;
    this.#parts = parts;
    this.#task = task;
    this.#attempt = attempt;
    this.#args = args;
    this.#meta = meta;
  }

  makeRequest(): TaskRequest {
    const { runKey, index, node, retries } = this.#attempt;
    return {
      id: node.ownId ?? nodeId(runKey, index),
      task: node.task,
      args: this.#args,
      kwargs: node.kwargs,
      group: node.group === undefined ? null : this.#idOf(runKey, node.group),
      rootId: this.#meta.rootId ?? nodeId(runKey, this.#meta.root),
      parentId: node.parent === undefined ? null : this.#idOf(runKey, node.parent),
      retries,
      hostname: this.#parts.hostname,
      calledDirectly: false,
      isEager: this.#parts.isEager,
    };
  }

  get retry(): RetryDefaults {
    const { maxRetries, defaultRetryDelay } = this.#task.options;
    return {
      maxRetries: maxRetries === undefined ? retryDefaults.maxRetries : maxRetries,
      retryDelay: defaultRetryDelay ?? retryDefaults.retryDelay,
    };
  }

  get mapped(): AttemptServices["mapped"] {
    const { mode } = this.#attempt.node;
    return mode === "each" ? undefined : mode;
  }

  openSignal(): AbortSignal {
    return this.#attempt.openSignal();
  }

  showState({ state, meta }: StateUpdate): Promise<void> {
    const what = `what task "${this.task}" tells with the state "${state}"`;
    const payload = meta === undefined ? "" : encodeLimited(meta, what, this.#parts.maxResultBytes);
    const shown = this.#attempt.showState(state, payload);
    // A task need not wait for it, and is not to blame when its worker is ended; what went wrong is reported.
    shown.catch(() => undefined);
    return shown;
  }

  #idOf(runKey: RunKey, index: number): string {
    return ownIdOf(this.#parts.pages.peek(runKey, index)) ?? nodeId(runKey, index);
  }
}
