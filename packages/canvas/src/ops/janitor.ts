/**
 * Finds what was lost between two steps and does it again. One rule: it decides nothing by itself; it looks at runs in
 * the store, and what it does is a transition that the store refuses if things have moved on.
 *
 * Each round, in one worker of all: for every run that is due, 1. forget it if it ended or was never stored;
 * 2. come to the end of a resume that was lost; 3. end what was revoked; 4. dispatch again what has no job and no living
 * worker, and hand out members that nobody handed out, unless the run is paused.
 */
import type { RunKey } from "@umbel/core";
import { isConnectionError } from "../engine/connection-error.ts";
import { deleteRun } from "../engine/forget.ts";
import { RESUMING_MS, Resumer } from "../engine/resumer.ts";
import { Revoker } from "../engine/revoker.ts";
import { entryOf } from "../engine/run-index.ts";
import type { Runtime } from "../engine/runtime.ts";
import { keepForeign } from "../graph/codec.ts";
import type { Flight, RunInspection } from "../store/graph-store.ts";
import { sliceKey } from "../store/slice.ts";

/** How a janitor is set up. */
export interface JanitorOptions {
  readonly incarnation: string;
  /** How long something dispatched may take to show up before it is looked for, milliseconds. */
  readonly overdueMs: number;
  readonly isAlive: (incarnation: string) => Promise<boolean>;
  readonly onError: (error: unknown) => void;
}

/** How many runs one round looks at, and how many slices of each. */
const MOST_RUNS = 200;
const MOST_FLIGHTS = 500;

/** How many entries of the index are looked at together, and how often in one round at most. */
const SWEPT_AT_ONCE = 500;
const MOST_SWEPT_PAGES = 50;

/** How long a client may take from entering a run to storing it, milliseconds. */
const STORING_MS = 60_000;

/** When a run that could not be looked after is looked at again, milliseconds. */
const PUT_ASIDE_MS = 60_000;

/** The janitor of one worker; it works only while it holds the lease. */
export class Janitor {
  readonly #runtime: Runtime;
  readonly #options: JanitorOptions;
  readonly #revoker: Revoker;
  readonly #resumer: Resumer;
  /** Entries without a run, with when each was seen first. */
  readonly #dangling = new Map<RunKey, number>();
  /** Slices whose jobs were taken from their queue and that nobody had claimed when their run was looked at last. */
  readonly #unclaimed = new Map<RunKey, ReadonlySet<string>>();
  /** Up to where the index of runs was swept; `undefined` before its beginning. */
  #sweptTo: RunKey | undefined;
  #cancelRound: (() => void) | undefined;
  #round: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(runtime: Runtime, options: JanitorOptions) {
    this.#runtime = runtime;
    this.#options = options;
    this.#revoker = new Revoker(runtime);
    this.#resumer = new Resumer(runtime);
  }

  start(): void {
    this.#schedule(0);
  }

  /** Ends it and gives up the lease. Resolves when the round that is under way has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelRound?.();
    await this.#round;
    await this.#runtime.janitorLease.giveUp(this.#options.incarnation);
  }

  #schedule(delayMs: number): void {
    this.#cancelRound = this.#runtime.upkeepTimers.after(delayMs, () => {
      this.#round = this.#run()
        .catch(this.#options.onError)
        .then(() => {
          if (!this.#isStopped) this.#schedule(this.#options.overdueMs / 2);
        });
    });
  }

  async #run(): Promise<void> {
    if (!(await this.#lead())) return;
    const now = await this.#runtime.activeRuns.now();
    for (const runKey of await this.#runtime.activeRuns.due(now, MOST_RUNS)) {
      if (this.#isStopped) return;
      await this.#visit(runKey).catch((error: unknown) => this.#putAside(runKey, now, error));
    }
    await this.#sweepIndex();
  }

  /** Takes runs out of the index that are gone: a few each round, from the oldest on, and more where many are gone. */
  async #sweepIndex(): Promise<void> {
    const { runIndex, store } = this.#runtime;
    for (let pages = 0; pages < MOST_SWEPT_PAGES && !this.#isStopped; pages += 1) {
      const entries = await runIndex.readOldest(this.#sweptTo, SWEPT_AT_ONCE);
      // Those of other versions are there, too.
      const metas = await Promise.all(entries.map(({ runKey }) => store.readMeta(runKey).catch(keepForeign)));
      const gone = entries.filter((_entry, position) => metas[position] === undefined);
      await runIndex.remove(gone);
      this.#sweptTo = entries.length < SWEPT_AT_ONCE ? undefined : entries.at(-1)?.runKey;
      if (this.#sweptTo === undefined || gone.length < SWEPT_AT_ONCE / 2) return;
    }
  }

  /** Takes or renews the lease; it outlives a few rounds, so that a lost leader is followed soon. */
  async #lead(): Promise<boolean> {
    return await this.#runtime.janitorLease.take(this.#options.incarnation, this.#options.overdueMs * 2);
  }

  /** One run that cannot be looked after, such as one of another version, keeps nobody from looking after the others. */
  async #putAside(runKey: RunKey, now: number, error: unknown): Promise<void> {
    if (isConnectionError(error)) throw error;
    this.#options.onError(error);
    await this.#runtime.activeRuns.postpone(runKey, now + PUT_ASIDE_MS);
  }

  async #visit(runKey: RunKey): Promise<void> {
    const { store, activeRuns, aliases, pages, runIndex } = this.#runtime;
    const inspection = await store.inspect(runKey);
    if (!inspection.exists || inspection.endedAt !== undefined) this.#unclaimed.delete(runKey);
    if (!inspection.exists) return await this.#forgetUnlessNew(runKey, inspection.now);
    this.#dangling.delete(runKey);
    if (inspection.endedAt !== undefined) return await this.#visitEnded(runKey, inspection);
    // That of another version is left to workers of its own; nothing of it can be read here.
    const meta = await pages.meta(runKey);
    if (inspection.owner !== undefined && !(await this.#options.isAlive(inspection.owner))) {
      return await this.#abandon(runKey);
    }
    if (inspection.resumingSince !== undefined) {
      await this.#finishResume(runKey, inspection.resumingSince, inspection.now);
      return await activeRuns.postpone(runKey, inspection.now + this.#options.overdueMs);
    }
    if (inspection.revocations.length > 0) await this.#revoker.finish(runKey);
    if (!inspection.isPaused) {
      await this.#dispatchLost(runKey, inspection);
      await this.#handOut(runKey, inspection);
    }
    await aliases.renew(meta.aliases ?? []);
    await runIndex.renew([entryOf(runKey, meta)]);
    await activeRuns.postpone(runKey, inspection.now + this.#options.overdueMs);
  }

  /** A large run stays here until it is deleted, in one step that frees its memory beside Redis's work. */
  async #visitEnded(runKey: RunKey, { deleteAt, now }: RunInspection): Promise<void> {
    if (deleteAt !== undefined && deleteAt <= now) return await deleteRun(this.#runtime, runKey);
    await this.#noteEnd(runKey);
    const { activeRuns } = this.#runtime;
    if (deleteAt === undefined) await activeRuns.remove(runKey);
    else await activeRuns.postpone(runKey, deleteAt);
  }

  /** The process that ended it was lost before it could say so. */
  async #noteEnd(runKey: RunKey): Promise<void> {
    const { results, runIndex, store } = this.#runtime;
    const meta = await store.readMeta(runKey);
    if (meta === undefined) return;
    const [state] = await results.states(runKey, [meta.result]);
    runIndex.noteEnd(entryOf(runKey, meta), state !== "SUCCESS");
  }

  /** A run is entered before it is stored; a client that was lost in between leaves pages that no run will use. */
  async #forgetUnlessNew(runKey: RunKey, now: number): Promise<void> {
    const { store, activeRuns } = this.#runtime;
    const seen = this.#dangling.get(runKey) ?? now;
    this.#dangling.set(runKey, seen);
    if (now - seen < STORING_MS) return;
    this.#dangling.delete(runKey);
    await store.delete(runKey);
    await activeRuns.remove(runKey);
  }

  /** Somebody began to resume it and was lost. A fork is of no use without whoever makes it, and is gone then. */
  async #finishResume(runKey: RunKey, since: number, now: number): Promise<void> {
    if (now - since > RESUMING_MS) await this.#resumer.finish(runKey);
  }

  /** The process that alone could run it is gone. What it has done stays readable for as long as a result does. */
  async #abandon(runKey: RunKey): Promise<void> {
    const { store, activeRuns, pages, queues } = this.#runtime;
    const { root } = await pages.meta(runKey);
    const node = await pages.node(runKey, root);
    if (node.kind === "task" && node.options.queue !== undefined) await queues.obliterate(node.options.queue);
    await store.abandon(runKey);
    await activeRuns.remove(runKey);
  }

  async #dispatchLost(runKey: RunKey, inspection: RunInspection): Promise<void> {
    const overdue = inspection.flights
      .filter((flight) => inspection.now - flight.dueAt > this.#options.overdueMs)
      .sort((one, other) => one.dueAt - other.dueAt)
      .slice(0, MOST_FLIGHTS);
    const unclaimed = new Set<string>();
    for (const flight of overdue) {
      if (this.#isStopped) return;
      if (!(await this.#isLost(runKey, flight, unclaimed))) continue;
      const generation = await this.#runtime.store.redispatch(runKey, flight);
      if (generation === undefined) continue;
      const { first, count, stride } = flight;
      await this.#runtime.driver.dispatch(runKey, [{ first, count, stride, generation, delayMs: 0 }]);
    }
    if (unclaimed.size > 0) this.#unclaimed.set(runKey, unclaimed);
    else this.#unclaimed.delete(runKey);
  }

  /**
   * Whether nobody will run a slice: no living worker holds it, and no job that could still run points to it. One that is
   * still delayed though its time has come waits for a clock that is behind the store's.
   * @param unclaimed takes those that may be lost, if they are still so when their run is looked at again
   */
  async #isLost(runKey: RunKey, flight: Flight, unclaimed: Set<string>): Promise<boolean> {
    if (flight.holder !== "" && (await this.#options.isAlive(flight.holder))) return false;
    const node = await this.#runtime.pages.node(runKey, flight.first);
    if (node.kind !== "task") return false;
    const state = await this.#runtime.queues.jobState(node.options.queue ?? "default", runKey, flight);
    if (state !== "active" || flight.holder !== "")
      return state === "unknown" || state === "completed" || state === "failed" || state === "delayed";
    // A job is claimed as soon as it is taken. One that is not was taken by somebody who never heard of it, because the
    // connection was lost; BullMQ would find out after half a minute.
    const key = `${sliceKey(flight)}@${flight.generation}`;
    if (this.#unclaimed.get(runKey)?.has(key)) return true;
    unclaimed.add(key);
    return false;
  }

  async #handOut(runKey: RunKey, inspection: RunInspection): Promise<void> {
    const [open] = inspection.openSpreads;
    if (open === undefined) return;
    await this.#runtime.driver.refill(runKey, open, inspection);
  }
}
