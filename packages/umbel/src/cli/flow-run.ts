/**
 * One workflow that a command runs and waits for. One rule: whatever happens, nothing of it is left behind; with a worker
 * of its own, which nobody can replace, that holds for the workflow too.
 *
 * 1. Start the worker on a queue that is its alone; 2. submit; 3. wait for the result and show it; 4. wait for what
 * else the workflow does; 5. take everything down.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { CanvasEngine, type CanvasWorker, startWorker } from "@umbel/canvas";
import {
  type AnyTask,
  type App,
  nodeId,
  parseNodeId,
  type ResultRecord,
  type SignatureData,
  TimeoutError,
  type WireError,
} from "@umbel/core";
import { NoServerError } from "../broker/no-server.ts";
import { engineOptions } from "../engine.ts";
import { cleanUp } from "./clean-up.ts";
import type { CommandContext } from "./context.ts";
import type { ExitCode } from "./exit-codes.ts";
import { findFailedTask } from "./failed-task.ts";

/** How the waiting ended. */
export type RunEnd =
  | { readonly kind: "succeeded"; readonly value: unknown }
  | { readonly kind: "failed"; readonly task: string | undefined; readonly error: WireError }
  | { readonly kind: "revoked"; readonly id: string }
  /** The timeout passed. */
  | { readonly kind: "late"; readonly id: string };

/** What a run is made of. */
export interface FlowRunParts {
  /** Whose broker, prefix and queue are taken. */
  readonly app: App;
  readonly tasks: ReadonlyMap<string, AnyTask>;
  /** What this process is, for `flow redis status`. */
  readonly name: string;
  readonly context: CommandContext;
  /** Without it, workers elsewhere run the tasks, from the tasks' own queues. */
  readonly ownWorker: { readonly concurrency: number | undefined } | undefined;
  readonly timeoutMs: number | undefined;
  /** Called where no server can be had; has then named another broker. Without it that is an error. */
  readonly onNoServer: ((error: NoServerError) => void) | undefined;
}

/** How long the rest of a workflow is waited for in silence. */
const SILENT_MS = 1000;

/** The least and the most time between two looks at whether a run has ended. */
const LOOK_MS = { least: 5, most: 250 };

/** Runs one signature, once. */
export class FlowRun {
  readonly #parts: FlowRunParts;
  readonly #engine: CanvasEngine;
  /** The worker's queue, which has no other. */
  readonly #queue: string | undefined;
  #worker: CanvasWorker | undefined;
  #resultId: string | undefined;
  #hasEnded = false;
  #lastError = "";

  constructor(parts: FlowRunParts) {
    this.#parts = parts;
    this.#queue = parts.ownWorker === undefined ? undefined : `run-${randomUUID()}`;
    const opening = {
      user: parts.name,
      signal: parts.context.signal,
      onProblem: (error: Error) => this.#report(error),
    };
    this.#engine = new CanvasEngine(
      { tasks: parts.tasks },
      {
        ...engineOptions(parts.app, opening),
        ...(this.#queue === undefined ? {} : { onlyQueue: this.#queue, ownsRuns: true }),
      },
    );
  }

  /**
   * Runs it and gives what `show` gives for its end. Call it once.
   * @throws OperationalError when there is no broker, or it is lost; AbortError when the command has to stop
   */
  async toEnd(signature: SignatureData, show: (end: RunEnd) => ExitCode): Promise<ExitCode> {
    const { signal } = this.#parts.context;
    const startedAt = performance.now();
    try {
      await this.#openBroker();
      await this.#startWorker();
      signal.throwIfAborted();
      const run = this.#engine.submit({ signature, args: [], kwargs: {}, options: {} });
      this.#resultId = run.resultId;
      await run.stored;
      const end = await this.#wait(run.resultId, startedAt);
      const exitCode = show(end);
      if (end.kind === "late" || this.#queue === undefined) return exitCode;
      if (await this.#waitForRest(run.resultId, startedAt)) return exitCode;
      return show({ kind: "late", id: run.resultId });
    } finally {
      await this.#takeDown();
    }
  }

  async #openBroker(): Promise<void> {
    const { onNoServer } = this.#parts;
    try {
      await this.#engine.runtime();
    } catch (error) {
      if (!(error instanceof NoServerError) || onNoServer === undefined) throw error;
      onNoServer(error);
    }
  }

  async #startWorker(): Promise<void> {
    const { ownWorker, tasks } = this.#parts;
    if (this.#queue === undefined || ownWorker === undefined) return;
    this.#worker = await startWorker({ tasks }, this.#engine, {
      queues: [this.#queue],
      ...(ownWorker.concurrency === undefined ? {} : { concurrency: ownWorker.concurrency }),
      onError: (error) => this.#report(error),
    });
  }

  async #wait(id: string, startedAt: number): Promise<RunEnd> {
    const { context, timeoutMs } = this.#parts;
    const left = timeoutMs === undefined ? {} : { timeoutMs: Math.max(0, startedAt + timeoutMs - performance.now()) };
    let record: ResultRecord;
    try {
      record = await this.#engine.wait(id, { signal: context.signal, ...left });
    } catch (error) {
      if (error instanceof TimeoutError) return { kind: "late", id };
      throw error;
    }
    const error = record.raised ?? record.error;
    if (record.state === "FAILURE" && error !== undefined) {
      return { kind: "failed", task: await findFailedTask(this.#engine, id), error };
    }
    if (record.state === "REVOKED" || record.state === "FAILURE") return { kind: "revoked", id };
    return { kind: "succeeded", value: record.value ?? null };
  }

  /** Other members of a group that failed, links and errbacks may still run. False when the timeout passes first. */
  async #waitForRest(id: string, startedAt: number): Promise<boolean> {
    const { context, timeoutMs = Number.POSITIVE_INFINITY } = this.#parts;
    const place = await this.#placeOf(id);
    if (place === undefined) return true;
    const { store } = await this.#engine.runtime();
    const since = performance.now();
    let hasTold = false;
    for (let lookMs = LOOK_MS.least; ; lookMs = Math.min(lookMs * 2, LOOK_MS.most)) {
      const { exists, endedAt } = await store.inspect(place.runKey);
      this.#hasEnded = !exists || endedAt !== undefined;
      if (this.#hasEnded) return true;
      const now = performance.now();
      if (now - startedAt > timeoutMs) return false;
      if (!hasTold && now - since > SILENT_MS) {
        hasTold = true;
        context.terminal.note("waiting for the other tasks of the workflow; Ctrl-C gives them up");
      }
      await sleep(lookMs, undefined, { signal: context.signal });
    }
  }

  async #takeDown(): Promise<void> {
    const { context, app, tasks } = this.#parts;
    const queue = this.#queue;
    const isUnfinished = this.#resultId !== undefined && !this.#hasEnded;
    const steps: (() => Promise<unknown>)[] = [];
    if (this.#worker !== undefined) steps.push(async () => this.#worker?.close({ force: isUnfinished }));
    if (queue !== undefined) {
      if (isUnfinished) steps.push(() => this.#discard());
      // Where there was no broker, nothing was put there.
      if (this.#worker !== undefined) steps.push(async () => (await this.#engine.runtime()).queues.obliterate(queue));
    } else if (isUnfinished && context.signal.aborted) {
      context.terminal.note(`the workflow goes on; its id is ${this.#resultId}`);
    }
    steps.push(() => this.#engine.close());
    // What tasks of the user's sent was sent by their own Apps.
    for (const each of new Set([app, ...[...tasks.values()].map((task) => task.app)])) steps.push(() => each.close());
    await cleanUp(context.terminal, steps);
  }

  async #discard(): Promise<void> {
    const place = this.#resultId === undefined ? undefined : await this.#placeOf(this.#resultId);
    if (place !== undefined) await this.#engine.discard(nodeId(place.runKey, place.index));
  }

  async #placeOf(id: string): Promise<ReturnType<typeof parseNodeId>> {
    return parseNodeId(id) ?? (await (await this.#engine.runtime()).aliases.find(id));
  }

  /** Each connection tells the same; once is enough. */
  #report(error: Error): void {
    if (error.message === this.#lastError) return;
    this.#lastError = error.message;
    this.#parts.context.terminal.warn(error.message);
  }
}
