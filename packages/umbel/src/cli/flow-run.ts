/**
 * One workflow that a command runs and waits for. One rule: whatever happens, nothing of it goes on that nobody serves; with
 * a worker of its own it is cancelled when it is given up, and kept, so that it can be resumed.
 *
 * 1. Start the worker on a queue that is its alone; 2. begin, by a submit or a resume; 3. wait for the result and for what
 * else the workflow does, and show it; 4. take everything down.
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
  readableId,
  TimeoutError,
  type WireError,
} from "@umbel/core";
import { NoServerError } from "../broker/no-server.ts";
import { engineOptions } from "../engine.ts";
import { cleanUp } from "./clean-up.ts";
import type { CommandContext } from "./context.ts";
import type { ExitCode } from "./exit-codes.ts";
import { type FailureReport, reportFailure } from "./failure-report.ts";
import type { Progress } from "./live/progress.ts";
import { readVersion } from "./version.ts";

/** How the waiting ended. */
export type RunEnd =
  | { readonly kind: "succeeded"; readonly id: string; readonly value: unknown }
  | {
      readonly kind: "failed";
      readonly id: string;
      readonly report: FailureReport | undefined;
      readonly error: WireError;
    }
  | { readonly kind: "revoked"; readonly id: string; readonly readableId: string }
  /** The timeout passed. */
  | { readonly kind: "late"; readonly id: string; readonly readableId: string };

/** Tells how a run ended and gives the exit code for that; the engine is still open. */
export type ShowEnd = (end: RunEnd, engine: CanvasEngine) => ExitCode | Promise<ExitCode>;

/** What a run is made of. */
export interface FlowRunParts {
  /** Whose broker, prefix and queue are taken. */
  readonly app: App;
  readonly tasks: ReadonlyMap<string, AnyTask>;
  /** What this process is, for `flow redis status`. */
  readonly name: string;
  readonly context: CommandContext;
  /** Without it, workers elsewhere run the tasks, from the tasks' own queues. */
  readonly ownWorker:
    | { readonly concurrency: number | undefined /** Of the run, if it has one already. */; readonly queue?: string }
    | undefined;
  /** Paths of the modules of the tasks, for whoever resumes the run. */
  readonly modules: readonly string[];
  /** The file of the flow, if it has one. */
  readonly flow?: string;
  /** Shows how it goes, if anything does. */
  readonly progress: Progress | undefined;
  /** Whether the run outlives this process. */
  readonly isKept: () => boolean;
  /** Cancels a run that others serve when the command is told to stop. */
  readonly cancelOnInterrupt: boolean;
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
    const { ownWorker } = parts;
    this.#queue = ownWorker === undefined ? undefined : (ownWorker.queue ?? `run-${randomUUID()}`);
    const opening = {
      user: parts.name,
      signal: parts.context.signal,
      onProblem: (error: Error) => this.#report(error),
    };
    this.#engine = new CanvasEngine(
      { tasks: parts.tasks },
      {
        ...engineOptions(parts.app, opening),
        modules: parts.modules,
        ...(parts.flow === undefined ? {} : { flow: parts.flow }),
        ...(this.#queue === undefined ? {} : { onlyQueue: this.#queue, ownsRuns: true }),
      },
    );
  }

  /**
   * Begins it, waits for it, and gives what `show` gives for its end. Call it once.
   * @param begin gives the id of the run's result
   * @throws OperationalError when there is no broker, or it is lost; AbortError when the command has to stop
   */
  async toEnd(begin: (engine: CanvasEngine) => Promise<string>, show: ShowEnd): Promise<ExitCode> {
    const { context, progress } = this.#parts;
    const startedAt = performance.now();
    try {
      await this.#openBroker();
      await this.#startWorker();
      context.signal.throwIfAborted();
      const id = await begin(this.#engine);
      this.#resultId = id;
      await this.#startProgress(id);
      const end = await this.#wait(id, startedAt);
      if (progress === undefined) return await this.#showThenWait(end, show, id, startedAt);
      // What is drawn again and again stands below the result until all has ended.
      const isDone = end.kind === "late" || this.#queue === undefined || (await this.#waitForRest(id, startedAt));
      await progress.finish();
      return await show(isDone ? end : lateEnd(id), this.#engine);
    } finally {
      await progress?.finish({ lastLook: false });
      await this.#takeDown();
    }
  }

  async #showThenWait(end: RunEnd, show: ShowEnd, id: string, startedAt: number): Promise<ExitCode> {
    const exitCode = await show(end, this.#engine);
    if (end.kind === "late" || this.#queue === undefined || (await this.#waitForRest(id, startedAt))) return exitCode;
    return await show(lateEnd(id), this.#engine);
  }

  async #startProgress(id: string): Promise<void> {
    const { progress } = this.#parts;
    const place = progress === undefined ? undefined : await this.#placeOf(id);
    if (place !== undefined) progress?.start(await this.#engine.runtime(), place.runKey);
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
      version: readVersion(),
      logLinesKept: this.#parts.app.conf.logLinesKept,
      ...(ownWorker.concurrency === undefined ? {} : { concurrency: ownWorker.concurrency }),
      onError: (error) => this.#report(error),
    });
  }

  async #wait(id: string, startedAt: number): Promise<RunEnd> {
    const { context, timeoutMs } = this.#parts;
    const left = timeoutMs === undefined ? undefined : Math.max(0, startedAt + timeoutMs - performance.now());
    return await waitForEnd(this.#engine, id, { signal: context.signal, timeoutMs: left });
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
      if (!hasTold && this.#parts.progress === undefined && now - since > SILENT_MS) {
        hasTold = true;
        context.terminal.note("waiting for the other tasks of the workflow; Ctrl-C gives them up");
      }
      await sleep(lookMs, undefined, { signal: context.signal });
    }
  }

  async #takeDown(): Promise<void> {
    const { context, app, tasks, isKept, cancelOnInterrupt } = this.#parts;
    const queue = this.#queue;
    const id = this.#resultId;
    const isUnfinished = id !== undefined && !this.#hasEnded;
    const steps: (() => Promise<unknown>)[] = [];
    if (isUnfinished && queue !== undefined) steps.push(() => (isKept() ? this.#cancel(id) : this.#discard(id)));
    if (this.#worker !== undefined) steps.push(async () => this.#worker?.close({ force: isUnfinished }));
    // Where there was no broker, nothing was put there.
    if (this.#worker !== undefined && queue !== undefined)
      steps.push(async () => (await this.#engine.runtime()).queues.obliterate(queue));
    if (isUnfinished && queue === undefined && context.signal.aborted) {
      if (cancelOnInterrupt) steps.push(() => this.#cancel(id));
      else context.terminal.note(`the workflow goes on; see it by: flow watch ${nameOf(id)}`);
    }
    steps.push(() => this.#engine.close());
    // What tasks of the user's sent was sent by their own Apps.
    for (const each of new Set([app, ...[...tasks.values()].map((task) => task.app)])) steps.push(() => each.close());
    await cleanUp(context.terminal, steps);
  }

  /** Ends what runs; all that is done is kept. */
  async #cancel(id: string): Promise<void> {
    await this.#engine.runs.cancel(id);
    const { terminal, signal } = this.#parts.context;
    if (signal.aborted) terminal.note(`the workflow is cancelled; go on with it by: flow resume ${nameOf(id)}`);
  }

  async #discard(id: string): Promise<void> {
    const place = await this.#placeOf(id);
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

/** What people call the run of a result: its readable id, but for ids that they gave themselves. */
function nameOf(id: string): string {
  const place = parseNodeId(id);
  return place === undefined ? id : readableId(place.runKey);
}

function lateEnd(id: string): RunEnd {
  return { kind: "late", id, readableId: nameOf(id) };
}

/**
 * Waits for a result and tells how it came out.
 * @throws the signal's reason; OperationalError, RunExpiredError
 */
export async function waitForEnd(
  engine: CanvasEngine,
  id: string,
  { signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs: number | undefined },
): Promise<RunEnd> {
  let record: ResultRecord;
  try {
    record = await engine.wait(id, { signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
  } catch (error) {
    if (error instanceof TimeoutError) return lateEnd(id);
    throw error;
  }
  const error = record.raised ?? record.error;
  if (record.state === "FAILURE" && error !== undefined) {
    return { kind: "failed", id, report: await reportFailure(engine, id), error };
  }
  if (record.state === "REVOKED" || record.state === "FAILURE") return { kind: "revoked", id, readableId: nameOf(id) };
  return { kind: "succeeded", id, value: record.value ?? null };
}
