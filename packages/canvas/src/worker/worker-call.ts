/** What a running task may ask of its worker. One rule: most tasks ask for nothing, so nothing is made before it is asked for. */
import {
  type AnyTask,
  type AttemptServices,
  nodeId,
  parseSeconds,
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
import { timeLimitsOf } from "./time-limits.ts";

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
    const limits = timeLimitsOf(node, this.#task.options);
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
      chord: this.#chord(),
      correlationId: node.ownId ?? nodeId(runKey, index),
      eta: node.options.eta ?? null,
      expires: node.options.expires ?? null,
      deliveryInfo: {
        routingKey: node.options.queue ?? this.#task.app.conf.taskDefaultQueue,
        priority: node.options.priority ?? null,
        redelivered: this.#attempt.deliveries > 0,
      },
      replyTo: null,
      timelimit: [secondsOf(limits?.softMs), secondsOf(limits?.hardMs)],
      callbacks: this.#idsOf(node.next),
      errbacks: this.#idsOf(node.onError),
      chain: this.#steps(),
      utc: this.#task.app.conf.enableUtc,
      headers: node.options.headers ?? null,
      stamps: node.options.stamps ?? null,
      stampedHeaders: node.options.stamps === undefined ? null : Object.keys(node.options.stamps),
      origin: this.#meta.labels?.origin ?? null,
    };
  }

  get retry(): RetryDefaults {
    const { maxRetries, defaultRetryDelay } = this.#task.options;
    return {
      maxRetries: maxRetries === undefined ? retryDefaults.maxRetries : maxRetries,
      retryDelay: parseSeconds(defaultRetryDelay ?? retryDefaults.retryDelay, "`defaultRetryDelay`"),
    };
  }

  get mapped(): AttemptServices["mapped"] {
    const { mode } = this.#attempt.node;
    return mode === "each" ? undefined : mode;
  }

  openSignal(): AbortSignal {
    return this.#attempt.openSignal();
  }

  keepLine(line: string): void {
    this.#parts.keepLine(this.#attempt.runKey, line);
  }

  showState({ state, meta }: StateUpdate): Promise<void> {
    const what = `what task "${this.task}" tells with the state "${state}"`;
    const payload =
      meta === undefined ? "" : encodeLimited(this.#parts.content, meta, what, this.#parts.maxResultBytes);
    const shown = this.#attempt.showState(state, payload);
    // A task need not wait for it, and is not to blame when its worker is ended; what went wrong is reported.
    shown.catch(() => undefined);
    return shown;
  }

  /** The body: what the join of the group around it starts with its list. */
  #chord(): string | null {
    const { runKey, node } = this.#attempt;
    const join = node.group === undefined ? undefined : this.#parts.pages.peek(runKey, node.group);
    return join?.kind === "join" ? (this.#idsOf(join.next)[0] ?? null) : null;
  }

  #steps(): string[] {
    const { runKey, node } = this.#attempt;
    const steps: string[] = [];
    for (let index = indexOfStart(node.next[0]); index !== undefined; ) {
      steps.push(this.#idOf(runKey, index));
      const step = this.#parts.pages.peek(runKey, index);
      index = step?.kind === "task" ? indexOfStart(step.next[0]) : undefined;
    }
    return steps;
  }

  /** Ids of what start tokens name; of a group its own. */
  #idsOf(starts: readonly string[]): string[] {
    const { runKey } = this.#attempt;
    return starts.flatMap((start) => {
      const index = indexOfStart(start);
      if (index === undefined) return [];
      const started = this.#parts.pages.peek(runKey, index);
      if (started?.kind !== "spread") return [this.#idOf(runKey, index)];
      return started.join === -1 ? [] : [this.#idOf(runKey, started.join)];
    });
  }

  #idOf(runKey: RunKey, index: number): string {
    return ownIdOf(this.#parts.pages.peek(runKey, index)) ?? nodeId(runKey, index);
  }
}

function indexOfStart(start: string | undefined): number | undefined {
  const [, index] = /^[ts](\d+)/.exec(start ?? "") ?? [];
  return index === undefined ? undefined : Number(index);
}

function secondsOf(ms: number | undefined): number | null {
  return ms === undefined ? null : ms / 1000;
}
