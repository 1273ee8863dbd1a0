/**
 * A worker: takes slices from queues and runs their nodes. One rule: a job is only a pointer; what is to be
 * done is what the store says when the job arrives.
 *
 * For each job: 1. claim the slice; 2. run the node; 3. settle it, which makes others ready; 4. put those on their
 * queues, or go on with the only one; 5. only then let the queue have the job back as done.
 */
import { hostname } from "node:os";
import { InvalidSignatureError, isBuiltIn, nodeId, RunExpiredError, type RunKey, type TaskRegistry } from "@umbel/core";
import { KeepAlive } from "../engine/keep-alive.ts";
import { rangeOf, type SlicePointer } from "../engine/queues.ts";
import type { Runtime } from "../engine/runtime.ts";
import type { Delivery, Workplace, WorkSource } from "../engine/work-source.ts";
import { otherVersion } from "../graph/codec.ts";
import type { CompileEnvironment } from "../graph/compile.ts";
import type { TaskNode } from "../graph/graph.ts";
import { Janitor } from "../ops/janitor.ts";
import type { ClaimReply, HeldSlice } from "../store/graph-store.ts";
import { epochOf, type SliceRange, single, sliceKey } from "../store/slice.ts";
import { AttemptEndings } from "./attempt-endings.ts";
import { Breath } from "./breath.ts";
import { Claimer } from "./claimer.ts";
import { GraphAdditions } from "./graph-additions.ts";
import { Heartbeat } from "./heartbeat.ts";
import { mayShare, startsApartMs } from "./hindrance.ts";
import { LogKeeper } from "./log-keeper.ts";
import { persist } from "./persist.ts";
import type { TaskPool } from "./pool/task-pool.ts";
import { NodeRunner, type TaskFailure } from "./run-node.ts";
import { SliceRun, type SliceRunParts } from "./run-slice.ts";
import { TaskRunner } from "./run-task.ts";
import { Settler } from "./settler.ts";
import { TaskSlots } from "./task-slots.ts";
import { Terminations } from "./terminations.ts";

/** How a worker is set up. */
export interface CanvasWorkerOptions {
  /** The queues it serves. */
  readonly queues: readonly string[];
  /** How many tasks run at once. */
  readonly concurrency?: number;
  /** Its name, as `request.hostname` tells it. */
  readonly name?: string;
  /** Of the package that it runs, as `flow doctor` tells it; empty unless said. */
  readonly version?: string;
  /** How long after its last sign of life a worker counts as lost, milliseconds. */
  readonly lostAfterMs?: number;
  /** How long something dispatched may take to show up before the janitor looks for it, milliseconds. */
  readonly overdueMs?: number;
  /** Whether it serves one eager run, as `request.isEager` tells; false unless said. */
  readonly isEager?: boolean;
  /** Longest result of a task, bytes. */
  readonly maxResultBytes?: number;
  /** How many of the last lines that tasks log are kept with each run; 1,000 unless said. */
  readonly logLinesKept?: number;
  /** Runs the functions of tasks, as many at once as `concurrency` says; without it they run in this thread. Not closed here. */
  readonly pool?: TaskPool;
  /** Told of each task that failed for good. */
  readonly onFailure?: (failure: TaskFailure) => void;
  /** Told of what is no task's fault: a connection that was lost, a job that points nowhere. */
  readonly onError?: (error: Error) => void;
}

const DEFAULTS = {
  concurrency: 50,
  version: "",
  lostAfterMs: 15_000,
  overdueMs: 10_000,
  isEager: false,
  maxResultBytes: 16 * 1024 * 1024,
  logLinesKept: 1000,
};

/** How long a job waits whose run is not stored yet, milliseconds. */
const STORING_MS = 1000;

/** How long a job waits, for a worker of the version that has stored its run, milliseconds. */
const FOREIGN_MS = 2000;

/** A slice that is here, and how others hear of its end. */
interface ActiveSlice {
  readonly generation: number;
  readonly ended: Promise<void>;
  readonly end: () => void;
}

/** A slice that was claimed. */
type ClaimedSlice = Extract<ClaimReply, { readonly kind: "claimed" }>;

/** How many slices are taken beyond those that are here. With more, a worker would take what others could run. */
const MOST_AHEAD = 1;

/** Runs the tasks of a registry, which an App is. */
export class CanvasWorker {
  readonly name: string;
  readonly #registry: TaskRegistry;
  readonly #runtime: Runtime;
  readonly #workplace: Workplace;
  readonly #options: CanvasWorkerOptions & typeof DEFAULTS;
  readonly #incarnation: string;
  readonly #ended = new AbortController();
  readonly #heartbeat: Heartbeat;
  readonly #nodes: NodeRunner;
  readonly #claimer: Claimer;
  readonly #janitor: Janitor;
  readonly #terminations: Terminations;
  readonly #settler: Settler;
  readonly #slots: TaskSlots;
  readonly #logs: LogKeeper;
  readonly #breath = new Breath();
  /** The last words are sent over sockets that hold no process. */
  readonly #keepAlive = new KeepAlive();
  /** Slices that are here. */
  readonly #active = new Map<string, ActiveSlice>();
  /** Slices that go on though their jobs were let go. */
  readonly #loose = new Map<string, Promise<void>>();
  /** What gives back the waiting nodes of each slice that is here. */
  readonly #cuts = new Set<() => void>();
  readonly #sliceParts: Omit<SliceRunParts, "giveBack">;
  #jobs = 0;
  /** Those who wait until more work may be taken. */
  readonly #awaitingRoom: (() => void)[] = [];
  /** How many slices the queues may give at once. */
  #limit: number;
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
    this.#workplace = runtime.openWorkplace((error) => this.#report(error));
    const { store } = this.#workplace;
    const { pages, results, content, driver, lifeSigns } = runtime;
    this.#heartbeat = new Heartbeat(lifeSigns, runtime.upkeepTimers, {
      incarnation: this.#incarnation,
      about: {
        name: this.name,
        version: this.#options.version,
        queues: this.#options.queues,
        tasks: [...registry.tasks.keys()].filter((task) => !isBuiltIn(task)),
        startedAt: Date.now(),
      },
      lostAfterMs: this.#options.lostAfterMs,
    });
    this.#logs = new LogKeeper({
      store,
      most: this.#options.logLinesKept,
      report: (error) => this.#report(error),
    });
    const runner = new TaskRunner({
      registry,
      pages,
      results,
      content,
      endings: new AttemptEndings({
        pages,
        results,
        content,
        additions: new GraphAdditions(store, engine.environment),
        hostname: this.name,
      }),
      pool: this.#options.pool,
      hostname: this.name,
      isEager: this.#options.isEager,
      maxResultBytes: this.#options.maxResultBytes,
      report: (error) => this.#report(error),
      keepLine: (runKey, line) => this.#logs.keep(runKey, line),
      onLoad: (node, ms) => runtime.slicing.note(node, ms),
    });
    this.#limit = Math.min(MOST_AHEAD, this.#options.concurrency);
    this.#slots = new TaskSlots(this.#options.concurrency, () => this.#takeMoreOrLess());
    this.#claimer = new Claimer({
      store,
      pages,
      incarnation: this.#incarnation,
      isAlive: (incarnation) => lifeSigns.isAlive(incarnation),
    });
    this.#terminations = new Terminations(runtime);
    this.#settler = new Settler(store, driver);
    this.#nodes = new NodeRunner({
      registry,
      pages,
      store,
      content,
      incarnation: this.#incarnation,
      runner,
      claimer: this.#claimer,
      settler: this.#settler,
      slots: this.#slots,
      terminations: this.#terminations,
      deadLetters: runtime.deadLetters,
      persist: (call) => this.#persist(call),
      ended: this.#ended.signal,
      isClosing: () => this.#isClosing,
      isActive: (key) => this.#active.has(key),
      report: (error) => this.#report(error),
      onFailure: this.#options.onFailure,
    });
    this.#sliceParts = {
      nodes: this.#nodes,
      slots: this.#slots,
      breath: this.#breath,
      timers: runtime.upkeepTimers,
      ended: this.#ended.signal,
      isClosing: () => this.#isClosing,
      cuts: this.#cuts,
    };
    this.#janitor = new Janitor(runtime, {
      incarnation: this.#incarnation,
      overdueMs: this.#options.overdueMs,
      isAlive: (incarnation) => lifeSigns.isAlive(incarnation),
      onError: (error) => this.#report(error),
    });
  }

  /** Begins to take jobs. Resolves when all queues are served. */
  async start(): Promise<void> {
    for (const name of this.#registry.tasks.keys()) {
      if (!mayShare({ task: name, options: {} }, this.#registry)) this.#runtime.slicing.isolate(name);
    }
    await this.#heartbeat.start((error) => this.#report(error));
    await this.#terminations.start(this.#options.lostAfterMs / 3, (error) => this.#report(error));
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
    await this.#keepAlive.during(this.#end(force));
  }

  async #end(force: boolean): Promise<void> {
    if (force) this.#ended.abort();
    await this.#janitor.stop();
    if (!force) {
      for (const cut of this.#cuts) cut();
      await Promise.all(this.#sources.map((source) => source.pause()));
      await Promise.all(this.#loose.values());
    }
    await Promise.all(this.#sources.map((source) => source.close()));
    if (!force) await this.#logs.settled();
    this.#workplace.close();
    this.#terminations.stop();
    await this.#heartbeat.stop();
  }

  #serve(queue: string): WorkSource {
    const { lostAfterMs, overdueMs } = this.#options;
    return this.#workplace.serve(queue, (pointer, delivery) => this.#process(pointer, delivery), {
      concurrency: this.#limit,
      lostAfterMs,
      upkeepMs: overdueMs / 2,
      onError: (error) => this.#report(error),
    });
  }

  #report(error: unknown): void {
    if (this.#isClosing) return;
    this.#options.onError?.(error instanceof Error ? error : new Error(String(error)));
  }

  /**
   * Says to the queues how many slices may be taken: those that are here, and one more while there is room. How many
   * nodes a slice has is only known when it is here.
   */
  #takeMoreOrLess(): void {
    const { room } = this.#slots;
    if (room > 0) for (const resolve of this.#awaitingRoom.splice(0)) resolve();
    const limit = Math.min(Math.max(this.#jobs + Math.min(room, MOST_AHEAD), 1), this.#options.concurrency);
    if (limit === this.#limit) return;
    this.#limit = limit;
    for (const source of this.#sources) source.limit(limit);
  }

  async #process(pointer: SlicePointer, delivery: Delivery): Promise<void> {
    const { r: runKey, g: generation } = pointer;
    const slice = rangeOf(pointer);
    const { first, count } = slice;
    // An attempt of before a resume that has not come to its end holds nobody up.
    const epoch = epochOf(generation);
    const key = `${runKey}/${sliceKey(slice)}${epoch === 0 ? "" : `@${epoch}`}`;
    const before = this.#active.get(key);
    // A queue delivers anew what it took for stalled while this process was only busy; the first delivery goes on.
    if (before !== undefined && before.generation >= generation) return;
    if (before !== undefined) {
      // It is tried again without a delay, and the attempt before has not quite ended.
      await before.ended;
      return await this.#process(pointer, delivery);
    }
    this.#activate(key, generation);
    this.#jobs += 1;
    this.#slots.expect(count);
    let expected = count;
    try {
      const claim = await this.#persist(() => this.#claimer.claim(runKey, { first, count, generation }));
      if (claim.kind === "claimed") {
        expected = 0;
        await (count === 1 ? this.#runAlone(runKey, slice, claim) : this.#runSlice(runKey, slice, claim, key));
      }
      // A job that comes before its run waits once; one that comes again is dropped, the janitor has its run.
      else if (claim.kind === "missing" && delivery.attempts <= 1) await delivery.putOff(STORING_MS);
      // The clock of whoever sent it, or of this process, is ahead of the store's.
      else if (claim.kind === "early") await delivery.putOff(claim.waitMs);
      else if (claim.kind === "foreign") {
        this.#report(new InvalidSignatureError(otherVersion(claim.version)));
        await delivery.putOff(FOREIGN_MS);
      }
    } catch (error) {
      // A run that was discarded or forgotten meanwhile has no use for what was done for it.
      if (!(error instanceof RunExpiredError)) throw error;
    } finally {
      this.#jobs -= 1;
      if (!this.#loose.has(key)) this.#deactivate(key);
      this.#slots.expect(-expected);
      this.#takeMoreOrLess();
    }
  }

  #activate(key: string, generation: number): void {
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#active.set(key, { generation, ended, end });
  }

  #deactivate(key: string): void {
    this.#active.get(key)?.end();
    this.#active.delete(key);
  }

  async #runAlone(runKey: RunKey, slice: SliceRange, claim: ClaimedSlice): Promise<void> {
    let mayStart = false;
    try {
      mayStart = !(await this.#mustWait(runKey, slice, claim));
    } finally {
      if (!mayStart) this.#slots.expect(-1);
    }
    if (!mayStart) return;
    const slot = this.#slots.take();
    if (slot !== undefined) await slot;
    await this.#nodes.runOn(runKey, running(slice, claim), slice.first);
  }

  /** Puts a task back whose rate limit does not let it start now; it holds no slot meanwhile. */
  async #mustWait(runKey: RunKey, { first }: SliceRange, claim: ClaimedSlice): Promise<boolean> {
    const { pages, rateLimits } = this.#runtime;
    const node = pages.peek(runKey, first) ?? (await this.#persist(() => pages.node(runKey, first)));
    // What will not run needs no start. An eager call runs here and now, as in Celery.
    if (node.kind !== "task" || claim.hasExpired || claim.revoked.length > 0 || this.#options.isEager) return false;
    const apartMs = startsApartMs(node, this.#registry);
    if (apartMs === undefined) return false;
    const waitMs = await this.#persist(() => rateLimits.take(node.task, nodeId(runKey, first), apartMs));
    if (waitMs === 0) return false;
    const outcome = { kind: "putOff", delayMs: waitMs } as const;
    const settlement = { first, count: 1, index: first, token: claim.token, outcome, node };
    await this.#persist(() => this.#settler.settle(runKey, settlement));
    return true;
  }

  /**
   * Runs the nodes of a slice, as many at once as there are slots. What has not begun after a while goes back to the
   * queue. The job is let go when all nodes have begun and there is room for other work, or when all have ended: what
   * still runs then is guarded by this worker's signs of life.
   */
  async #runSlice(runKey: RunKey, slice: SliceRange, claim: ClaimedSlice, key: string): Promise<void> {
    const { token } = claim;
    const waiting = waitingNodes(slice, claim.bits);
    this.#slots.expect(waiting.length - slice.count);
    const hasLoner = await this.#hasLoner(runKey, waiting).catch((error: unknown) => {
      this.#slots.expect(-waiting.length);
      throw error;
    });
    const giveBack = async (parts: readonly SliceRange[]): Promise<void> => {
      this.#slots.expect(-parts.reduce((sum, { count }) => sum + count, 0));
      await this.#persist(() => this.#giveBack(runKey, { ...slice, token }, parts));
    };
    // What was lost with a worker, or is left of a slice, runs alone: only then is it known what takes workers down.
    if (hasLoner || claim.deliveries > 0 || waiting.length < slice.count) {
      return await giveBack(waiting.splice(0).map(single));
    }
    const run = new SliceRun({ ...this.#sliceParts, giveBack }, runKey, running(slice, claim), waiting);
    await this.#letGo(key, run);
  }

  /** Whether a task is among these nodes that may not share a slice. */
  async #hasLoner(runKey: RunKey, indices: readonly number[]): Promise<boolean> {
    const { pages, slicing } = this.#runtime;
    let found = false;
    let alike: TaskNode | undefined;
    for (const index of indices) {
      const node = pages.peek(runKey, index) ?? (await this.#persist(() => pages.node(runKey, index)));
      // Members that are stored as alike have their options in common.
      if (node.kind !== "task" || (node.task === alike?.task && node.options === alike.options)) continue;
      if (mayShare(node, this.#registry)) {
        alike = node;
        continue;
      }
      if (!mayShare({ task: node.task, options: {} }, this.#registry)) slicing.isolate(node.task);
      found = true;
    }
    return found;
  }

  /**
   * Resolves when a slice's job may end: when all of its nodes have ended; or, once they have been running for a while,
   * when there is room for other work. What still runs then is guarded by this worker's signs of life.
   */
  async #letGo(key: string, { begun, late, all }: SliceRun): Promise<void> {
    const whole = all.then(() => true);
    if (await Promise.race([whole, Promise.all([begun, late]).then(() => false)])) return;
    const room = new Promise<false>((resolve) => {
      if (this.#slots.room > 0) resolve(false);
      else this.#awaitingRoom.push(() => resolve(false));
    });
    if (await Promise.race([whole, room])) return;
    const rest = all
      .catch((error: unknown) => {
        if (!(error instanceof RunExpiredError)) this.#report(error);
      })
      .finally(() => {
        this.#loose.delete(key);
        this.#deactivate(key);
      });
    this.#loose.set(key, rest);
  }

  async #giveBack(runKey: RunKey, held: HeldSlice, parts: readonly SliceRange[]): Promise<void> {
    await this.#runtime.driver.dispatch(runKey, await this.#workplace.store.release(runKey, held, parts));
  }

  #persist<Value>(call: () => Promise<Value>): Promise<Value> {
    return persist(call, { signal: this.#ended.signal, onError: (error) => this.#report(error) });
  }
}

/** The nodes of a slice that have not ended. @param bits a letter for each node */
function waitingNodes({ first, count, stride }: SliceRange, bits: string): number[] {
  const waiting: number[] = [];
  for (let offset = 0; offset < count; offset += 1) if (bits[offset] === "r") waiting.push(first + offset * stride);
  return waiting;
}

/** A claimed slice as its nodes are run. In this order: V8 copies into an object that has fields already 50 times as fast. */
function running({ first, count, stride }: SliceRange, claim: ClaimedSlice): ClaimedSlice & SliceRange {
  return { first, count, stride, ...claim };
}
