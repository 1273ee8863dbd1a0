/**
 * A worker: takes slices from queues and runs their nodes. One rule: a job is only a pointer; what is to be
 * done is what the store says when the job arrives.
 *
 * For each job: 1. claim the slice; 2. run the node; 3. settle it, which makes others ready; 4. put those on their
 * queues, or go on with the only one; 5. only then let the queue have the job back as done.
 */
import { hostname } from "node:os";
import {
  encodeError,
  nodeId,
  RunExpiredError,
  type RunKey,
  type TaskRegistry,
  TaskRevokedError,
  type WireError,
  WorkerLostError,
} from "@umbel/core";
import type { SlicePointer } from "../engine/queues.ts";
import type { Runtime } from "../engine/runtime.ts";
import type { Delivery, WorkSource } from "../engine/work-source.ts";
import type { CompileEnvironment } from "../graph/compile.ts";
import type { TaskNode } from "../graph/graph.ts";
import { Janitor } from "../ops/janitor.ts";
import type { Settlement, StoredOutcome } from "../store/graph-store.ts";
import { Claimer } from "./claimer.ts";
import { GraphAdditions } from "./graph-additions.ts";
import { Heartbeat } from "./heartbeat.ts";
import { persist } from "./persist.ts";
import { type Attempt, TaskRunner } from "./run-task.ts";
import { Settler } from "./settler.ts";

/** How a worker is set up. */
export interface CanvasWorkerOptions {
  /** The queues it serves. */
  readonly queues: readonly string[];
  /** How many tasks run at once. */
  readonly concurrency?: number;
  /** Its name, as `request.hostname` tells it. */
  readonly name?: string;
  /** How long after its last sign of life a worker counts as lost, milliseconds. */
  readonly lostAfterMs?: number;
  /** How long something dispatched may take to show up before the janitor looks for it, milliseconds. */
  readonly overdueMs?: number;
  /** Whether it serves one eager run, as `request.isEager` tells; false unless said. */
  readonly isEager?: boolean;
  /** Longest result of a task, bytes. */
  readonly maxResultBytes?: number;
  /** Told of each task that failed for good. */
  readonly onFailure?: (failure: TaskFailure) => void;
  /** Told of what is no task's fault: a connection that was lost, a job that points nowhere. */
  readonly onError?: (error: Error) => void;
}

/** A task that failed for good. */
export interface TaskFailure {
  readonly task: string;
  readonly id: string;
  readonly error: WireError;
}

const DEFAULTS = {
  concurrency: 50,
  lostAfterMs: 15_000,
  overdueMs: 10_000,
  isEager: false,
  maxResultBytes: 16 * 1024 * 1024,
};

/** The node that a slot goes on with. */
interface Successor {
  readonly index: number;
  readonly takesValue: boolean;
}

interface Claimed {
  readonly first: number;
  readonly token: number;
  readonly deliveries: number;
  readonly retries: number;
  readonly hasExpired: boolean;
  readonly cause: number | undefined;
  readonly input: string | undefined;
}

/** What a claim within a settlement gives. */
const FIRST_CLAIM = { token: 1, deliveries: 0, retries: 0, hasExpired: false, cause: undefined } as const;

/** Runs the tasks of a registry, which an App is. */
export class CanvasWorker {
  readonly name: string;
  readonly #registry: TaskRegistry;
  readonly #runtime: Runtime;
  readonly #options: CanvasWorkerOptions & typeof DEFAULTS;
  readonly #incarnation: string;
  readonly #ended = new AbortController();
  readonly #heartbeat: Heartbeat;
  readonly #runner: TaskRunner;
  readonly #claimer: Claimer;
  readonly #settler: Settler;
  readonly #janitor: Janitor;
  readonly #active = new Set<string>();
  #sources: WorkSource[] = [];
  #isClosing = false;
  #isClosed = false;
  #closed: Promise<void> | undefined;

  constructor(
    registry: TaskRegistry,
    runtime: Runtime,
    engine: { readonly environment: CompileEnvironment; readonly incarnation: string },
    options: CanvasWorkerOptions,
  ) {
    this.#incarnation = engine.incarnation;
    this.#registry = registry;
    this.#runtime = runtime;
    this.#options = { ...DEFAULTS, ...options };
    this.name = options.name ?? `${hostname()}:${process.pid}`;
    const { pages, results, store, driver, lifeSigns } = runtime;
    this.#heartbeat = new Heartbeat(lifeSigns, runtime.upkeepTimers, this.#incarnation, this.#options.lostAfterMs);
    this.#runner = new TaskRunner({
      registry,
      pages,
      results,
      additions: new GraphAdditions(store, engine.environment),
      hostname: this.name,
      isEager: this.#options.isEager,
      maxResultBytes: this.#options.maxResultBytes,
    });
    this.#claimer = new Claimer({
      store,
      pages,
      incarnation: this.#incarnation,
      isAlive: (incarnation) => lifeSigns.isAlive(incarnation),
    });
    this.#settler = new Settler(store, driver);
    this.#janitor = new Janitor(runtime, {
      incarnation: this.#incarnation,
      overdueMs: this.#options.overdueMs,
      isAlive: (incarnation) => lifeSigns.isAlive(incarnation),
      onError: (error) => this.#report(error),
    });
  }

  /** Begins to take jobs. Resolves when all queues are served. */
  async start(): Promise<void> {
    await this.#heartbeat.start((error) => this.#report(error));
    this.#sources = this.#options.queues.map((queue) => this.#serve(queue));
    await Promise.all(this.#sources.map((source) => source.ready()));
    this.#janitor.start();
  }

  /**
   * Ends the worker: takes nothing new and waits for what runs, or with `force` leaves it to others.
   * Safe to repeat; a forced close hastens a patient one.
   */
  async close(options: { readonly force?: boolean } = {}): Promise<void> {
    this.#isClosing = true;
    if (this.#isClosed) return;
    if (options.force) await this.#closeAll(true);
    else {
      this.#closed ??= this.#closeAll(false);
      await this.#closed;
    }
    this.#isClosed = true;
  }

  async #closeAll(force: boolean): Promise<void> {
    if (force) this.#ended.abort();
    await this.#janitor.stop();
    if (!force) await Promise.all(this.#sources.map((source) => source.pause()));
    await Promise.all(this.#sources.map((source) => source.close()));
    await this.#heartbeat.stop();
  }

  #serve(queue: string): WorkSource {
    const { lostAfterMs, concurrency } = this.#options;
    return this.#runtime.serve(queue, (pointer, delivery) => this.#process(pointer, delivery), {
      concurrency,
      lostAfterMs,
      onError: (error) => this.#report(error),
    });
  }

  #report(error: unknown): void {
    if (this.#isClosing) return;
    this.#options.onError?.(error instanceof Error ? error : new Error(String(error)));
  }

  async #process({ r: runKey, s: first, g: generation }: SlicePointer, delivery: Delivery): Promise<void> {
    const key = `${runKey}/${first}`;
    // A queue delivers anew what it took for stalled while this process was only busy; the first delivery goes on.
    if (this.#active.has(key)) return;
    this.#active.add(key);
    try {
      const claim = await this.#persist(() => this.#claimer.claim(runKey, { first, generation }));
      if (claim.kind === "claimed") await this.#runFrom(runKey, { ...claim, first, input: undefined });
      // A job that comes before its run waits once; one that comes again is dropped, the janitor has its run.
      else if (claim.kind === "missing" && delivery.attempts <= 1) await delivery.putOff();
    } catch (error) {
      // A run that was discarded or forgotten meanwhile has no use for what was done for it.
      if (!(error instanceof RunExpiredError)) throw error;
    } finally {
      this.#active.delete(key);
    }
  }

  /** Runs a node, and on along the chain while the only successor may run here. */
  async #runFrom(runKey: RunKey, claimed: Claimed): Promise<void> {
    let current: Claimed | undefined = claimed;
    while (current !== undefined) current = await this.#runNode(runKey, current);
  }

  /** Runs and settles one node; gives the successor that this slot goes on with. */
  async #runNode(runKey: RunKey, claimed: Claimed): Promise<Claimed | undefined> {
    const { first, token, retries, cause, input } = claimed;
    const node = await this.#persist(() => this.#runtime.pages.node(runKey, first));
    if (node.kind !== "task") throw new Error(`node ${first} of run ${runKey} is no task, but a job points to it`);
    const showState = async (state: string, payload: string): Promise<void> => {
      await this.#persist(() =>
        this.#runtime.store.updateState(runKey, { first, index: first, token }, state, payload),
      );
    };
    const outcome =
      this.#hindered(node, claimed) ??
      (await this.#attempt({ runKey, index: first, node, retries, cause, input, showState }));
    const addsNothing = outcome.kind === "succeeded" && outcome.additions === undefined;
    const next = addsNothing ? await this.#persist(() => this.#nextHere(runKey, node)) : undefined;
    const settlement: Settlement = {
      first,
      index: first,
      token,
      outcome,
      node,
      ...(next === undefined ? {} : { claimNextAs: this.#incarnation }),
    };
    const settled = await this.#persist(() => this.#settler.settle(runKey, settlement));
    if (settled.accepted) this.#tellFailure(runKey, first, node, outcome);
    if (next === undefined || (settled.accepted && !settled.claimedNext)) return undefined;
    if (!settled.accepted) return await this.#reclaim(runKey, next.index);
    // An immutable successor takes nothing.
    const value = next.takesValue && outcome.kind === "succeeded" ? outcome.payload : undefined;
    return { ...FIRST_CLAIM, first: next.index, input: value };
  }

  #tellFailure(runKey: RunKey, index: number, node: TaskNode, outcome: StoredOutcome): void {
    if (outcome.kind !== "failed" || this.#options.onFailure === undefined) return;
    const error = JSON.parse(outcome.payload) as WireError;
    this.#options.onFailure({ task: node.task, id: node.ownId ?? nodeId(runKey, index), error });
  }

  /** What was claimed must end: what is neither the task's fault nor passes is its outcome too. */
  async #attempt(attempt: Attempt): Promise<StoredOutcome> {
    try {
      return await this.#persist(() => this.#runner.run(attempt));
    } catch (error) {
      if (error instanceof RunExpiredError || this.#ended.signal.aborted) throw error;
      this.#report(error);
      return { kind: "failed", payload: JSON.stringify(encodeError(error)) };
    }
  }

  #persist<Value>(call: () => Promise<Value>): Promise<Value> {
    return persist(call, { signal: this.#ended.signal, onError: (error) => this.#report(error) });
  }

  /**
   * Claims the successor of a settlement that was refused. It was refused because the attempt was lost to another
   * worker, and then the successor is not ours either; or because this very settlement got through before, on a
   * connection that was lost before it could answer, and then the successor is held in our name and must go on.
   */
  async #reclaim(runKey: RunKey, first: number): Promise<Claimed | undefined> {
    const key = `${runKey}/${first}`;
    if (this.#active.has(key)) return undefined;
    const reply = await this.#persist(() => this.#claimer.claim(runKey, { first, generation: 1 }));
    return reply.kind === "claimed" ? { ...reply, first, input: undefined } : undefined;
  }

  /** The outcome of a node that may not run: its time has passed, or it took its workers down too often. */
  #hindered(node: TaskNode, { deliveries, hasExpired }: Claimed): StoredOutcome | undefined {
    if (hasExpired) {
      const expired = new TaskRevokedError(`task "${node.task}" was not started before it expired`);
      return { kind: "revoked", payload: JSON.stringify(encodeError(expired)) };
    }
    if (deliveries === 0) return undefined;
    const options = this.#registry.tasks.get(node.task)?.options;
    const most = options?.acksLate === false ? 1 : (options?.maxDeliveries ?? 3);
    if (deliveries < most) return undefined;
    const error = new WorkerLostError(
      options?.acksLate === false
        ? `the worker that ran task "${node.task}" was lost, and the task may run only once (\`acksLate: false\`)`
        : `${deliveries === 1 ? "a worker was lost while it" : `${deliveries} workers were lost while they`} ran task "${node.task}"; it is not tried again (\`maxDeliveries\`)`,
    );
    return { kind: "failed", payload: JSON.stringify(encodeError(error)) };
  }

  /** The node's only successor, if this slot may go on with it. */
  async #nextHere(runKey: RunKey, node: TaskNode): Promise<Successor | undefined> {
    if (this.#isClosing || node.next.length !== 1) return undefined;
    // A token with times behind the index waits for them in the queue.
    const [, index] = /^t(\d+)$/.exec(node.next[0] ?? "") ?? [];
    if (index === undefined) return undefined;
    const successor = await this.#runtime.pages.node(runKey, Number(index));
    const isAlike =
      successor.kind === "task" &&
      successor.options.queue === node.options.queue &&
      successor.options.priority === node.options.priority &&
      this.#registry.tasks.has(successor.task) &&
      this.#registry.tasks.get(successor.task)?.options.acksLate !== false;
    return isAlike ? { index: Number(index), takesValue: successor.input !== undefined } : undefined;
  }
}
