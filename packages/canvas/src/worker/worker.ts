/**
 * A worker: takes slices from queues and runs their nodes. One rule: a job is only a pointer; what is to be
 * done is what the store says when the job arrives.
 *
 * For each job: 1. claim the slice; 2. run the node; 3. settle it, which makes others ready; 4. put those on their
 * queues, or go on with the only one; 5. only then let the queue have the job back as done.
 */
import { hostname } from "node:os";
import { encodeError, nodeId, RunExpiredError, type RunKey, type TaskRegistry, type WireError } from "@umbel/core";
import { KeepAlive } from "../engine/keep-alive.ts";
import { rangeOf, type SlicePointer } from "../engine/queues.ts";
import type { Runtime } from "../engine/runtime.ts";
import type { Delivery, WorkSource } from "../engine/work-source.ts";
import type { CompileEnvironment } from "../graph/compile.ts";
import type { TaskNode } from "../graph/graph.ts";
import { Janitor } from "../ops/janitor.ts";
import type { ClaimReply, HeldSlice, Settlement, StoredOutcome } from "../store/graph-store.ts";
import { type SliceRange, single, sliceIndices, sliceKey } from "../store/slice.ts";
import { Breath } from "./breath.ts";
import { Claimer } from "./claimer.ts";
import { GraphAdditions } from "./graph-additions.ts";
import { Heartbeat } from "./heartbeat.ts";
import { hindrance, mayShare } from "./hindrance.ts";
import { persist } from "./persist.ts";
import { type Attempt, TaskRunner } from "./run-task.ts";
import { Settler } from "./settler.ts";
import { LONGEST_WAIT_MS, TaskSlots } from "./task-slots.ts";
import { Terminations } from "./terminations.ts";

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

interface Claimed extends SliceRange {
  readonly index: number;
  readonly token: number;
  readonly deliveries: number;
  readonly retries: number;
  readonly hasExpired: boolean;
  readonly revoked: readonly number[];
  readonly cause: number | undefined;
  readonly input: string | undefined;
}

/** What a claim within a settlement gives. */
const FIRST_CLAIM = {
  token: 1,
  deliveries: 0,
  retries: 0,
  hasExpired: false,
  revoked: [] as readonly number[],
  cause: undefined,
} as const;

/** A slice that was claimed. */
type ClaimedSlice = Extract<ClaimReply, { readonly kind: "claimed" }>;

/**
 * How many slices are taken beyond those that are here. With more, BullMQ would look for further jobs before it runs the
 * one that it has, which costs a lone job a round trip; and it would take more slices than one worker can run.
 */
const MOST_AHEAD = 1;

/** When nodes of a slice have begun, are late, and have ended. */
interface SliceEnd {
  readonly begun: Promise<void>;
  readonly late: Promise<void>;
  readonly all: Promise<void>;
}

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
  readonly #terminations: Terminations;
  readonly #slots: TaskSlots;
  readonly #breath = new Breath();
  /** The last words are sent over sockets that hold no process. */
  readonly #keepAlive = new KeepAlive();
  readonly #active = new Set<string>();
  /** Slices that go on though their jobs were let go. */
  readonly #loose = new Map<string, Promise<void>>();
  /** What gives back the waiting nodes of each slice that is here. */
  readonly #cuts = new Set<() => void>();
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
    this.#settler = new Settler(store, driver);
    this.#terminations = new Terminations(runtime);
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
      if (!mayShare(name, this.#registry)) this.#runtime.slicing.isolate(name);
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
    this.#terminations.stop();
    await this.#heartbeat.stop();
  }

  #serve(queue: string): WorkSource {
    const { lostAfterMs } = this.#options;
    return this.#runtime.serve(queue, (pointer, delivery) => this.#process(pointer, delivery), {
      concurrency: this.#limit,
      lostAfterMs,
      onError: (error) => this.#report(error),
    });
  }

  #report(error: unknown): void {
    if (this.#isClosing) return;
    this.#options.onError?.(error instanceof Error ? error : new Error(String(error)));
  }

  /**
   * Says to the queues how many slices may be taken: those that are here, and one more while there is room. How many
   * nodes a slice has is only known when it is here, and BullMQ takes all that it may before it runs the first.
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
    const key = `${runKey}/${sliceKey(slice)}`;
    // A queue delivers anew what it took for stalled while this process was only busy; the first delivery goes on.
    if (this.#active.has(key)) return;
    this.#active.add(key);
    this.#jobs += 1;
    this.#slots.expect(count);
    let expected = count;
    try {
      const claim = await this.#persist(() => this.#claimer.claim(runKey, { first, count, generation }));
      if (claim.kind === "claimed") {
        expected = 0;
        await (count === 1 ? this.#runAlone(runKey, slice, claim) : this.#runSlice(runKey, slice, claim));
      }
      // A job that comes before its run waits once; one that comes again is dropped, the janitor has its run.
      else if (claim.kind === "missing" && delivery.attempts <= 1) await delivery.putOff();
    } catch (error) {
      // A run that was discarded or forgotten meanwhile has no use for what was done for it.
      if (!(error instanceof RunExpiredError)) throw error;
    } finally {
      this.#jobs -= 1;
      if (!this.#loose.has(key)) this.#active.delete(key);
      this.#slots.expect(-expected);
    }
  }

  async #runAlone(runKey: RunKey, slice: SliceRange, claim: ClaimedSlice): Promise<void> {
    await this.#slots.take();
    await this.#runFrom(runKey, { ...slice, ...claim, index: slice.first, input: undefined });
  }

  /**
   * Runs the nodes of a slice, as many at once as there are slots. What has not begun after a while goes back to the
   * queue. The job is let go when all nodes have begun and there is room for other work, or when all have ended: what
   * still runs then is guarded by this worker's signs of life.
   */
  async #runSlice(runKey: RunKey, slice: SliceRange, claim: ClaimedSlice): Promise<void> {
    const { token } = claim;
    const waiting = sliceIndices(slice).filter((_index, offset) => claim.bits[offset] === "r");
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
    const { cause, revoked } = claim;
    const end = this.#begin(runKey, { ...slice, ...FIRST_CLAIM, token, cause, revoked }, waiting, giveBack);
    await this.#letGo(`${runKey}/${sliceKey(slice)}`, end);
  }

  /** Whether a task is among these nodes that may not share a slice. */
  async #hasLoner(runKey: RunKey, indices: readonly number[]): Promise<boolean> {
    const { pages, slicing } = this.#runtime;
    let found = false;
    for (const index of indices) {
      const node = pages.peek(runKey, index) ?? (await this.#persist(() => pages.node(runKey, index)));
      if (node.kind !== "task" || mayShare(node.task, this.#registry)) continue;
      slicing.isolate(node.task);
      found = true;
    }
    return found;
  }

  /** Begins the nodes of a slice as slots become free, and gives back what must wait for too long. */
  #begin(
    runKey: RunKey,
    claimed: Omit<Claimed, "index" | "input">,
    waiting: number[],
    giveBack: (parts: readonly SliceRange[]) => Promise<void>,
  ): SliceEnd {
    const ends: Promise<void>[] = [];
    const cut = (): void => {
      const rest = waiting.splice(0);
      if (rest.length > 0) ends.push(handled(giveBack(halves(rest, claimed.stride))));
    };
    let stopTimer = (): void => undefined;
    const late = new Promise<void>((resolve) => {
      const look = (): void => {
        const { ended } = this.#slots;
        stopTimer = this.#runtime.upkeepTimers.after(LONGEST_WAIT_MS, () => {
          // Those that wait will have a slot soon if as many tasks have ended in the meantime.
          if (!this.#ended.signal.aborted && this.#slots.waiting > this.#slots.ended - ended) cut();
          if (waiting.length > 0 && !this.#ended.signal.aborted) look();
          resolve();
        });
      };
      look();
    });
    const run = async (): Promise<void> => {
      this.#cuts.add(cut);
      try {
        for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) {
          await this.#slots.take();
          ends.push(handled(this.#runFrom(runKey, { ...claimed, index, input: undefined })));
          if (this.#isClosing) cut();
          await this.#breath.take();
        }
      } finally {
        this.#cuts.delete(cut);
      }
    };
    const begun = run();
    const all = begun.then(() => allEnded(ends)).finally(() => stopTimer());
    return { begun, late, all };
  }

  /**
   * Resolves when a slice's job may end: when all of its nodes have ended; or, once they have been running for a while,
   * when there is room for other work. What still runs then is guarded by this worker's signs of life.
   */
  async #letGo(key: string, { begun, late, all }: SliceEnd): Promise<void> {
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
        this.#active.delete(key);
      });
    this.#loose.set(key, rest);
  }

  async #giveBack(runKey: RunKey, held: HeldSlice, parts: readonly SliceRange[]): Promise<void> {
    const { store, driver } = this.#runtime;
    await driver.dispatch(runKey, await store.release(runKey, held, parts));
  }

  /** Runs a node, for which a slot was taken, and on along the chain while the only successor may run here. */
  async #runFrom(runKey: RunKey, claimed: Claimed): Promise<void> {
    let current: Claimed | undefined = claimed;
    while (current !== undefined) {
      current = await this.#runNode(runKey, current);
      if (current === undefined) return;
      this.#slots.expect(1);
      await this.#slots.take();
    }
  }

  /** Runs and settles one node; gives the successor that this slot goes on with. */
  async #runNode(runKey: RunKey, claimed: Claimed): Promise<Claimed | undefined> {
    const { first, count, index, token } = claimed;
    const { node, outcome } = await this.#inSlot(runKey, claimed);
    const goesOn = outcome.kind === "succeeded" && outcome.additions === undefined && node.next.length === 1;
    const next = goesOn ? await this.#persist(() => this.#nextHere(runKey, node)) : undefined;
    const claimNext = next === undefined ? {} : { claimNextAs: this.#incarnation };
    const settlement: Settlement = { first, count, index, token, outcome, node, ...claimNext };
    const settled = await this.#persist(() => this.#settler.settle(runKey, settlement));
    if (settled.accepted) this.#tellFailure(runKey, index, node, outcome);
    if (next === undefined || (settled.accepted && !settled.claimedNext)) return undefined;
    if (!settled.accepted) return await this.#reclaim(runKey, next.index);
    // An immutable successor takes nothing.
    const value = next.takesValue && outcome.kind === "succeeded" ? outcome.payload : undefined;
    return { ...FIRST_CLAIM, ...single(next.index), index: next.index, input: value };
  }

  /** Runs a node in the slot that was taken for it. */
  async #inSlot(
    runKey: RunKey,
    claimed: Claimed,
  ): Promise<{ readonly node: TaskNode; readonly outcome: StoredOutcome }> {
    const { index, retries, cause, input } = claimed;
    try {
      const { pages } = this.#runtime;
      const node = pages.peek(runKey, index) ?? (await this.#persist(() => pages.node(runKey, index)));
      if (node.kind !== "task") throw new Error(`node ${index} of run ${runKey} is no task, but a job points to it`);
      const hindered = this.#terminations.outcomeOf(runKey, index) ?? hindrance(node, claimed, this.#registry);
      if (hindered !== undefined) return { node, outcome: hindered };
      const showState = async (state: string, payload: string): Promise<void> => {
        await this.#persist(() => this.#runtime.store.updateState(runKey, claimed, state, payload));
      };
      const { openSignal, close } = this.#terminations.attempt(runKey, index);
      try {
        const attempt = { runKey, index, node, retries, cause, input, showState, openSignal };
        return { node, outcome: await this.#attempt(attempt) };
      } finally {
        close();
      }
    } finally {
      this.#slots.leave();
    }
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
    const slice = single(first);
    if (this.#active.has(`${runKey}/${sliceKey(slice)}`)) return undefined;
    const reply = await this.#persist(() => this.#claimer.claim(runKey, { first, count: 1, generation: 1 }));
    return reply.kind === "claimed" ? { ...slice, ...reply, index: first, input: undefined } : undefined;
  }

  /** The node's only successor, if this slot may go on with it. */
  async #nextHere(runKey: RunKey, node: TaskNode): Promise<Successor | undefined> {
    if (this.#isClosing) return undefined;
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

/** A stretch of waiting nodes in two parts, so that it is dealt out ever more finely while nobody has time for it. */
function halves(indices: readonly number[], stride: number): SliceRange[] {
  const middle = Math.ceil(indices.length / 2);
  return [indices.slice(0, middle), indices.slice(middle)].flatMap((part) =>
    part[0] === undefined ? [] : [{ first: part[0], count: part.length, stride }],
  );
}

/** A promise whose failure is looked at later. */
function handled<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => undefined);
  return promise;
}

/** Resolves when all have ended, however they did. @throws the first error, and rather one that is not about a run that is gone */
async function allEnded(ends: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(ends);
  const errors = outcomes.flatMap((end): unknown[] => (end.status === "rejected" ? [end.reason] : []));
  if (errors.length > 0) throw errors.find((error) => !(error instanceof RunExpiredError)) ?? errors[0];
}
