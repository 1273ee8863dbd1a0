/**
 * A child of a pool, as it sees itself. One rule: it runs attempts as a worker does, with the same code, and asks its worker for
 * whatever needs the store.
 */
import {
  type AnyTask,
  type Content,
  decodeError,
  decodeJson,
  encodeJson,
  NotRegistered,
  type RunKey,
  type SignatureData,
  type TaskRegistry,
  type TaskRequest,
  type WireError,
} from "@umbel/core";
import type { RunMeta } from "../../graph/codec.ts";
import type { TaskNode } from "../../graph/graph.ts";
import type { StoredOutcome } from "../../store/graph-store.ts";
import { type Endings, failed, failedWith } from "../attempt-endings.ts";
import { type Attempt, TaskRunner, type TaskRunnerParts } from "../run-task.ts";
import { LimitedTime, type TimeLimits } from "../time-limits.ts";
import { WorkerCall } from "../worker-call.ts";
import type { FromChild, Question, ToChild } from "./messages.ts";
import type { PooledCall } from "./task-pool.ts";

/** What a child works with. */
export interface PoolServerParts {
  readonly registry: TaskRegistry;
  readonly content: Content;
  readonly maxResultBytes: number;
  readonly send: (message: FromChild) => void;
}

/** Runs what its worker sends. */
export class PoolServer {
  readonly #parts: PoolServerParts;
  readonly #answers = new Map<number, (answer: Extract<ToChild, { kind: "answer" }>) => void>();
  #asked = 0;
  #attempt: ChildAttempt | undefined;

  constructor(parts: PoolServerParts) {
    this.#parts = parts;
  }

  /** Takes what the worker says. */
  receive(message: ToChild): void {
    if (message.kind === "run") void this.#run(message.attempt, message.call);
    else if (message.kind === "abort") this.#attempt?.abort(message.attempt, message.reason);
    else if (message.kind === "answer") {
      this.#answers.get(message.number)?.(message);
      this.#answers.delete(message.number);
    }
  }

  async #run(number: number, call: PooledCall): Promise<void> {
    const { send } = this.#parts;
    const attempt = new ChildAttempt(number, call, (question) => this.#ask(number, question));
    this.#attempt = attempt;
    try {
      send({ kind: "ended", attempt: number, outcome: await this.#outcomeOf(call, attempt) });
    } catch (error) {
      send({ kind: "threw", attempt: number, message: error instanceof Error ? error.message : String(error) });
    } finally {
      attempt.close();
    }
  }

  async #outcomeOf(call: PooledCall, attempt: ChildAttempt): Promise<StoredOutcome> {
    const task = this.#parts.registry.tasks.get(call.node.task);
    if (task === undefined) return failed(new NotRegistered(call.node.task));
    const args = decodeJson(call.args) as readonly unknown[];
    const request = { ...(decodeJson(call.request) as TaskRequest), args, kwargs: attempt.node.kwargs };
    const parts = this.#runnerParts(request, attempt.number);
    return await new TaskRunner(parts).callHere(task, attempt, args, new ChildCall(parts, task, attempt, request));
  }

  #runnerParts({ hostname = "" }: TaskRequest, attempt: number): TaskRunnerParts {
    const { registry, content, maxResultBytes, send } = this.#parts;
    const isElsewhere = (): never => {
      throw new Error("a child of a pool has no store");
    };
    return {
      registry,
      content,
      maxResultBytes,
      hostname,
      isEager: false,
      pages: { peek: () => undefined, peekMeta: () => undefined, meta: isElsewhere, node: isElsewhere },
      results: { valueText: isElsewhere, errorOf: isElsewhere },
      endings: this.#endings(attempt),
      keepLine: (_run, line) => send({ kind: "line", attempt, line }),
      report: ({ message }) => send({ kind: "report", message }),
    };
  }

  /** The worker keeps the outcomes; what stands here for them says to handlers how the attempt ends. */
  #endings(attempt: number): Endings {
    const ask = async (question: Question, otherwise: StoredOutcome): Promise<StoredOutcome> => {
      const { failure } = await this.#ask(attempt, question);
      return failure === undefined ? otherwise : { kind: "failed", payload: failure };
    };
    return {
      replaced: (_attempt, data) => ask({ what: "replaced", replacement: asJson(data) }, { kind: "ignored" }),
      added: (_attempt, payload, additions) =>
        ask({ what: "added", payload, additions: asJson(additions) }, { kind: "succeeded", payload }),
      rejected: (_attempt, error) => ask({ what: "rejected", error }, failedWith(error)),
    };
  }

  async #ask(attempt: number, question: Question): Promise<Extract<ToChild, { kind: "answer" }>> {
    this.#asked += 1;
    const number = this.#asked;
    this.#parts.send({ kind: "question", attempt, number, question });
    const answer = await new Promise<Extract<ToChild, { kind: "answer" }>>((resolve) => {
      this.#answers.set(number, resolve);
    });
    if (answer.isLost === true) throw new Error("the worker could not do it");
    return answer;
  }
}

function asJson(value: SignatureData | readonly SignatureData[]): string {
  return encodeJson(value, "what the task asks for");
}

/** A call whose request was made by the worker. */
class ChildCall extends WorkerCall {
  readonly #request: TaskRequest;

  constructor(parts: TaskRunnerParts, task: AnyTask, attempt: Attempt, request: TaskRequest) {
    super(parts, task, attempt, request.args, NO_META);
    this.#request = request;
  }

  override makeRequest(): TaskRequest {
    return this.#request;
  }
}

/** Nothing of it is read: the request is there. */
const NO_META: RunMeta = { version: 0, nodeCount: 0, result: 0, root: 0 };

/** The attempt of a child. */
class ChildAttempt implements Attempt {
  readonly number: number;
  readonly runKey: RunKey;
  readonly index: number;
  readonly node: TaskNode;
  readonly retries: number;
  readonly deliveries: number;
  readonly cause = undefined;
  readonly input = undefined;
  readonly #ask: (question: Question) => Promise<unknown>;
  readonly #ended = new AbortController();
  #time: LimitedTime | undefined;

  constructor(number: number, call: PooledCall, ask: (question: Question) => Promise<unknown>) {
    this.number = number;
    this.runKey = call.runKey;
    this.index = call.index;
    this.node = { ...call.node, kwargs: decodeJson(call.kwargs) as TaskNode["kwargs"] };
    this.retries = call.retries;
    this.deliveries = call.deliveries;
    this.#ask = ask;
  }

  async showState(state: string, payload: string): Promise<void> {
    await this.#ask({ what: "state", state, payload });
  }

  openSignal(): AbortSignal {
    const { signal } = this.#ended;
    return this.#time === undefined ? signal : AbortSignal.any([signal, this.#time.signal]);
  }

  /** The hard limit is the worker's: it ends this child. */
  limit({ softMs }: TimeLimits): LimitedTime {
    this.#time = new LimitedTime(this.node.task, softMs === undefined ? {} : { softMs });
    return this.#time;
  }

  outlive(): void {}

  abort(attempt: number, reason: WireError): void {
    if (attempt === this.number) this.#ended.abort(decodeError(reason));
  }

  close(): void {
    this.#time?.stop();
  }
}
