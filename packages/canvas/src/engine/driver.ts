/**
 * Does what a transition says must be done next: puts slices on queues and hands out members of groups. One rule:
 * whatever is lost here between two steps, the janitor finds in the store and does again.
 */
import type { RunKey } from "@umbel/core";
import { stretchIndices } from "../graph/graph.ts";
import type { Dispatch, GraphStore, Refill, SettleReply, Started } from "../store/graph-store.ts";
import type { ActiveRuns } from "./active-runs.ts";
import type { PageCache } from "./page-cache.ts";
import type { QueuedSlice, Queues } from "./queues.ts";

/** How many members one call hands out at most, so that no script touches more than 1,000 nodes. */
export const MOST_STARTS = 900;

/** Drives runs on from what the store replied. */
export class Driver {
  readonly #store: GraphStore;
  readonly #pages: PageCache;
  readonly #queues: Queues;
  readonly #activeRuns: ActiveRuns;
  readonly #window: number;

  constructor(parts: { store: GraphStore; pages: PageCache; queues: Queues; activeRuns: ActiveRuns; window: number }) {
    this.#store = parts.store;
    this.#pages = parts.pages;
    this.#queues = parts.queues;
    this.#activeRuns = parts.activeRuns;
    this.#window = parts.window;
  }

  /** Does all that one transition started, and what follows from it. */
  async follow(runKey: RunKey, started: Started | SettleReply): Promise<void> {
    const spreads = [...started.spreads];
    const dispatches = [...started.dispatches];
    let room = "room" in started ? started.room : this.#window;
    let runEnded = "runEnded" in started && started.runEnded;
    const refills = "refills" in started ? [...started.refills] : [];
    for (;;) {
      const fresh = spreads.shift();
      const spread = fresh === undefined ? refills.shift() : { spread: fresh, handedOut: 0 };
      // Without room the members wait; every settle that makes room asks for them.
      if (spread === undefined || (room <= 0 && fresh !== undefined && !(await this.#isEmpty(runKey, fresh)))) {
        if (spread === undefined) break;
        continue;
      }
      const reply = await this.#expand(runKey, spread.spread, spread.handedOut, Math.max(room, 1));
      spreads.push(...reply.spreads);
      dispatches.push(...reply.dispatches);
      refills.push(...reply.refills);
      ({ room } = reply);
      runEnded ||= reply.runEnded;
    }
    await this.dispatch(runKey, dispatches);
    if (runEnded) await this.#activeRuns.remove(runKey);
  }

  /** Hands out members of a spread that wait, if there is room for them. @param flying how many slices are in flight */
  async refill(runKey: RunKey, spread: Refill, flying: number): Promise<void> {
    const room = this.#window - flying;
    if (room < this.#window / 2) return;
    await this.follow(runKey, await this.#expand(runKey, spread.spread, spread.handedOut, room));
  }

  /** Puts slices on their queues. */
  async dispatch(runKey: RunKey, dispatches: readonly Dispatch[]): Promise<void> {
    if (dispatches.length === 0) return;
    await this.#queues.add(await Promise.all(dispatches.map((dispatch) => this.#queued(runKey, dispatch))));
  }

  async #isEmpty(runKey: RunKey, spread: number): Promise<boolean> {
    const node = await this.#pages.node(runKey, spread);
    return node.kind === "spread" && node.total === 0;
  }

  async #expand(runKey: RunKey, index: number, handedOut: number, room: number): Promise<SettleReply> {
    const spread = await this.#pages.node(runKey, index);
    if (spread.kind !== "spread") throw new Error(`node ${index} of run ${runKey} is no group`);
    const tokens: string[] = [];
    const { join, total, limit } = spread;
    const most = Math.min(room, MOST_STARTS, limit ?? room);
    for (const { index: start, stretch } of stretchIndices(spread.starts, handedOut, most)) {
      tokens.push(`${stretch.kind}${start}${stretch.suffix}`);
    }
    const place = { index, join, total, ...(limit === undefined ? {} : { limit }) };
    return await this.#store.expand(runKey, place, handedOut, tokens);
  }

  async #queued(runKey: RunKey, dispatch: Dispatch): Promise<QueuedSlice> {
    const node = this.#pages.peek(runKey, dispatch.first) ?? (await this.#pages.node(runKey, dispatch.first));
    if (node.kind !== "task") throw new Error(`node ${dispatch.first} of run ${runKey} is no task`);
    return {
      runKey,
      dispatch,
      queue: node.options.queue ?? "default",
      priority: node.options.priority,
      taskName: node.task,
    };
  }
}
