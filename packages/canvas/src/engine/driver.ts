/**
 * Does what a transition says must be done next: puts slices on queues and hands out members of groups. One rule:
 * whatever is lost here between two steps, the janitor finds in the store and does again.
 */
import type { RunKey } from "@umbel/core";
import type { SpreadNode, TaskNode } from "../graph/graph.ts";
import {
  type Dispatch,
  type GraphStore,
  type HandOut,
  LATE_WINDOWS,
  type Refill,
  type RunInspection,
  type SettleReply,
  type Started,
} from "../store/graph-store.ts";
import type { ActiveRuns } from "./active-runs.ts";
import { handOut, MOST_SHARED, type Seats } from "./hand-out.ts";
import type { PageCache } from "./page-cache.ts";
import type { QueuedSlice, Queues } from "./queues.ts";
import { entryOf, type RunIndex } from "./run-index.ts";
import type { Slicing } from "./slicing.ts";

/** What a Driver is made of. */
export interface DriverParts {
  readonly store: GraphStore;
  readonly pages: PageCache;
  readonly queues: Queues;
  readonly activeRuns: ActiveRuns;
  readonly runIndex: RunIndex;
  readonly slicing: Slicing;
  /** How many slices of a run may be in flight before members of its groups wait. */
  readonly window: number;
  /** Ends members of groups that were revoked because another has failed. */
  readonly onRevoked: (runKey: RunKey) => Promise<void>;
}

/** Asks for members of a group. */
interface ExpandRequest {
  readonly runKey: RunKey;
  /** The spread. */
  readonly index: number;
  /** The ordinal of the first member that was not handed out. */
  readonly from: number;
  readonly seats: Seats;
}

/** What handing out has come to. */
interface Expanded {
  readonly spread: SpreadNode | undefined;
  readonly reply: SettleReply | undefined;
  /** How many members are handed out now. */
  readonly reached: number;
}

/** Drives runs on from what the store replied. */
export class Driver {
  readonly #store: GraphStore;
  readonly #pages: PageCache;
  readonly #queues: Queues;
  readonly #activeRuns: ActiveRuns;
  readonly #runIndex: RunIndex;
  readonly #slicing: Slicing;
  readonly #window: number;
  readonly #onRevoked: (runKey: RunKey) => Promise<void>;
  /** Groups whose members are being handed out by this process, and what was asked for in between. */
  readonly #expanding = new Map<string, ExpandRequest | undefined>();
  /** Runs of which this process ends what was revoked, and whether more was in between. */
  readonly #revoking = new Map<RunKey, boolean>();

  constructor(parts: DriverParts) {
    this.#store = parts.store;
    this.#pages = parts.pages;
    this.#queues = parts.queues;
    this.#activeRuns = parts.activeRuns;
    this.#runIndex = parts.runIndex;
    this.#slicing = parts.slicing;
    this.#window = parts.window;
    this.#onRevoked = parts.onRevoked;
  }

  /** Does all that one transition started, and what follows from it. */
  async follow(runKey: RunKey, started: Started | SettleReply): Promise<void> {
    const spreads = [...started.spreads];
    const queued: Promise<void>[] = [handled(this.dispatch(runKey, started.dispatches))];
    let seats: Seats = "room" in started ? seatsOf(started) : { room: this.#window, shared: MOST_SHARED };
    let runEnded = "runEnded" in started && started.runEnded;
    let runFailed = "runFailed" in started && started.runFailed;
    let runIsLarge = "runIsLarge" in started && started.runIsLarge;
    let hasRevoked = "hasRevoked" in started && started.hasRevoked;
    const refills = "refills" in started ? [...started.refills] : [];
    for (;;) {
      const fresh = spreads.shift();
      const spread = fresh === undefined ? refills.shift() : { spread: fresh, handedOut: 0 };
      if (spread === undefined) break;
      // Without a seat the members wait; every settle that frees one asks for them.
      const expanded = await this.#expand({ runKey, index: spread.spread, from: spread.handedOut, seats });
      const reply = expanded?.reply;
      if (expanded === undefined || reply === undefined) continue;
      spreads.push(...reply.spreads);
      queued.push(handled(this.#dispatch(runKey, reply.dispatches, expanded.spread)));
      refills.push(...reply.refills);
      if (!isTooLate(reply)) seats = seatsOf(reply);
      runEnded ||= reply.runEnded;
      runFailed ||= reply.runFailed;
      runIsLarge ||= reply.runIsLarge;
      hasRevoked ||= reply.hasRevoked;
    }
    await Promise.all(queued);
    if (runEnded) await this.#end(runKey, runFailed, runIsLarge);
    else if (hasRevoked) await this.#endRevoked(runKey);
  }

  async #end(runKey: RunKey, runFailed: boolean, runIsLarge: boolean): Promise<void> {
    // A run that is gone already is in no list.
    const meta = this.#pages.peekMeta(runKey) ?? (await this.#pages.meta(runKey).catch(() => undefined));
    if (meta !== undefined) this.#runIndex.noteEnd(entryOf(runKey, meta), runFailed);
    // The janitor deletes a large one when its time has passed.
    if (!runIsLarge) await this.#activeRuns.remove(runKey);
  }

  /** Ends what was revoked. It looks at all of the run, so groups that fail fast at the same time are looked at together. */
  async #endRevoked(runKey: RunKey): Promise<void> {
    if (this.#revoking.has(runKey)) {
      this.#revoking.set(runKey, true);
      return;
    }
    try {
      do {
        this.#revoking.set(runKey, false);
        await this.#onRevoked(runKey);
      } while (this.#revoking.get(runKey) === true);
    } finally {
      this.#revoking.delete(runKey);
    }
  }

  /** Hands out members of a spread that wait, if there is room for them. */
  async refill(
    runKey: RunKey,
    spread: Refill,
    { flights, now }: Pick<RunInspection, "flights" | "now">,
  ): Promise<void> {
    const late = flights.filter(({ holder, dueAt }) => holder === "" && dueAt > now).length;
    const room = this.#window - flights.length + Math.min(late, LATE_WINDOWS * this.#window);
    if (room < this.#window / 2) return;
    const shared = MOST_SHARED - flights.filter(({ count }) => count > 1).length;
    const { spread: index, handedOut: from } = spread;
    const expanded = await this.#expand({ runKey, index, from, seats: { room, shared } });
    if (expanded?.reply !== undefined) await this.follow(runKey, expanded.reply);
  }

  /** Hands out members of a spread that is revoked: they leave it at once. False if somebody else has. */
  async skip(runKey: RunKey, { spread, handedOut }: Refill): Promise<boolean> {
    const seats = { room: 1, shared: MOST_SHARED };
    const reply = (await this.#expand({ runKey, index: spread, from: handedOut, seats }))?.reply;
    if (reply === undefined) return false;
    await this.follow(runKey, reply);
    return !isTooLate(reply);
  }

  /** Puts slices on their queues. */
  async dispatch(runKey: RunKey, dispatches: readonly Dispatch[]): Promise<void> {
    await this.#dispatch(runKey, dispatches, undefined);
  }

  /** @param spread whose members most of the slices are, if any */
  async #dispatch(runKey: RunKey, dispatches: readonly Dispatch[], spread: SpreadNode | undefined): Promise<void> {
    if (dispatches.length === 0) return;
    const queued: QueuedSlice[] = [];
    for (const dispatch of dispatches) {
      const { task, options } = sharedNode(spread, dispatch.first) ?? (await this.#taskAt(runKey, dispatch.first));
      const { queue = "default", priority } = options;
      queued.push({ runKey, dispatch, queue, priority, taskName: task });
    }
    await this.#queues.add(queued);
  }

  /** Hands out members; one call at a time for each group, as those that overtake each other are only too late. */
  async #expand(request: ExpandRequest): Promise<Expanded | undefined> {
    const key = `${request.runKey}/${request.index}`;
    if (this.#expanding.has(key)) {
      this.#expanding.set(key, request);
      return undefined;
    }
    this.#expanding.set(key, undefined);
    try {
      const expanded = await this.#expandNow(request);
      let { reply, reached } = expanded;
      // What was asked for in between may know of more seats; where it asks for what is handed out by now, the reply does.
      for (let next = this.#expanding.get(key); next !== undefined; next = this.#expanding.get(key)) {
        this.#expanding.set(key, undefined);
        if (next.from < reached) continue;
        const more = await this.#expandNow(next);
        reply = combined(reply, more.reply);
        reached = Math.max(reached, more.reached);
      }
      return { ...expanded, reply, reached };
    } finally {
      this.#expanding.delete(key);
    }
  }

  async #expandNow({ runKey, index, from, seats }: ExpandRequest): Promise<Expanded> {
    const spread = await this.#pages.node(runKey, index);
    // A join, or a task that was replaced, for whose end one script had no room.
    if (spread.kind !== "spread") {
      const reply = await this.#store.expand(runKey, { index, join: index, total: 0 }, NOBODY);
      return { spread: undefined, reply, reached: from };
    }
    const parts = { pages: this.#pages, slicing: this.#slicing };
    const members = await handOut({ runKey, spread, from }, seats, parts);
    if (members === undefined) return { spread, reply: undefined, reached: from };
    const { join, total, limit } = spread;
    const place = { index, join, total, ...(limit === undefined ? {} : { limit }) };
    const reply = await this.#store.expand(runKey, place, members);
    // How many of them a limit has let through, only the store knows.
    return { spread, reply, reached: limit === undefined ? members.to : from };
  }

  async #taskAt(runKey: RunKey, index: number): Promise<TaskNode> {
    const node = this.#pages.peek(runKey, index) ?? (await this.#pages.node(runKey, index));
    if (node.kind !== "task") throw new Error(`node ${index} of run ${runKey} is no task`);
    return node;
  }
}

/** What is known of a member without reading it: what all members of its group share. */
function sharedNode(spread: SpreadNode | undefined, index: number): SpreadNode["alike"] {
  if (spread?.alike === undefined) return undefined;
  const isMember = spread.starts.some(
    ({ first, stride, count }) => index >= first && index <= first + (count - 1) * stride,
  );
  return isMember ? spread.alike : undefined;
}

/** A promise whose failure is looked at later. */
function handled(promise: Promise<void>): Promise<void> {
  promise.catch(() => undefined);
  return promise;
}

/** What is handed out to end a join. */
const NOBODY: HandOut = { from: 0, to: 0, starts: [] };

function seatsOf({ room, shared }: SettleReply): Seats {
  return { room: Math.max(room, 0), shared: Math.max(MOST_SHARED - shared, 0) };
}

/** Whether somebody else had handed out the members. How things stand is not told then. */
function isTooLate({ accepted }: SettleReply): boolean {
  return accepted.includes(false);
}

/** What two transitions started; how things stand is what the later one tells that was in time. */
function combined(one: SettleReply | undefined, other: SettleReply | undefined): SettleReply | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return {
    ...(isTooLate(other) ? one : other),
    dispatches: [...one.dispatches, ...other.dispatches],
    spreads: [...one.spreads, ...other.spreads],
    runEnded: one.runEnded || other.runEnded,
    runFailed: one.runFailed || other.runFailed,
    runIsLarge: one.runIsLarge || other.runIsLarge,
    hasRevoked: one.hasRevoked || other.hasRevoked,
  };
}
