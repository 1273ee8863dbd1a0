/**
 * Settles what ends at the same time together. One rule: nothing that a settlement starts is told of before the store
 * has it, and a job is done only when what it started is on its queue.
 */
import type { RunKey } from "@umbel/core";
import type { Driver } from "../engine/driver.ts";
import type { GraphStore, Settlement, SettleReply } from "../store/graph-store.ts";
import { TurnBatch } from "./turn-batch.ts";

/** What became of one settlement. */
export interface Settled {
  /** False when the attempt was lost to another worker before. */
  readonly accepted: boolean;
  readonly claimedNext: boolean;
}

const LOST: Settled = { accepted: false, claimedNext: false };
const ACCEPTED: Settled = { accepted: true, claimedNext: false };
const CLAIMED_NEXT: Settled = { accepted: true, claimedNext: true };

/** No script settles more nodes at once. */
const MOST_TOGETHER = 200;

/** Settles for one worker. */
export class Settler {
  readonly #store: GraphStore;
  readonly #driver: Driver;
  readonly #batch: TurnBatch<Settlement, Settled>;

  constructor(store: GraphStore, driver: Driver) {
    this.#store = store;
    this.#driver = driver;
    this.#batch = new TurnBatch({ most: MOST_TOGETHER, nodesOf }, (runKey, settlements) =>
      this.#send(runKey, settlements),
    );
  }

  /** Settles a node; resolves when all that it started is on its way. */
  settle(runKey: RunKey, settlement: Settlement): Promise<Settled> {
    return this.#batch.add(runKey, settlement);
  }

  /** Settles a step of a chain. Where nothing else happens it goes at once: the slot waits for nothing but this. */
  async step(runKey: RunKey, settlement: Settlement): Promise<Settled> {
    if (!this.#batch.isIdle) return await this.settle(runKey, settlement);
    const reply = await this.#store.settle(runKey, [settlement]);
    if (hasMore(reply)) await this.#driver.follow(runKey, reply);
    return { accepted: reply.accepted[0] === true, claimedNext: reply.claimedNext[0] === true };
  }

  /** Settles nodes of one slice together; what became of each is in order. */
  settleAll(runKey: RunKey, settlements: readonly Settlement[]): Promise<readonly Settled[]> {
    return this.#batch.addAll(runKey, settlements);
  }

  async #send(runKey: RunKey, settlements: readonly Settlement[]): Promise<readonly Settled[]> {
    const reply = await this.#store.settle(runKey, settlements);
    if (hasMore(reply)) await this.#driver.follow(runKey, reply);
    const { accepted, claimedNext } = reply;
    return settlements.map((_settlement, position) => {
      if (accepted[position] !== true) return LOST;
      return claimedNext[position] === true ? CLAIMED_NEXT : ACCEPTED;
    });
  }
}

/** How many nodes a settlement touches: its own, the join around it, and those that it starts. */
function nodesOf({ outcome, node }: Settlement): number {
  switch (outcome.kind) {
    case "succeeded":
      return 2 + node.next.length + (outcome.addition === undefined ? 0 : 1);
    case "failed":
      return 2 + node.onError.length;
    case "replaced":
      return 2 + outcome.starts.length;
    default:
      return 2;
  }
}

/** Whether anything follows from a settlement. */
function hasMore({ dispatches, spreads, refills, runEnded, hasRevoked }: SettleReply): boolean {
  return dispatches.length > 0 || spreads.length > 0 || refills.length > 0 || runEnded || hasRevoked;
}
