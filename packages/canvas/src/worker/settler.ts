/**
 * Settles what ends at the same time together. One rule: nothing that a settlement starts is told of before the store
 * has it, and a job is done only when what it started is on its queue.
 */
import type { RunKey } from "@umbel/core";
import type { Driver } from "../engine/driver.ts";
import type { GraphStore, Settlement } from "../store/graph-store.ts";

/** What became of one settlement. */
export interface Settled {
  /** False when the attempt was lost to another worker before. */
  readonly accepted: boolean;
  readonly claimedNext: boolean;
}

interface Pending {
  readonly settlement: Settlement;
  readonly resolve: (settled: Settled) => void;
  readonly reject: (reason: unknown) => void;
}

/** No script settles more nodes at once. */
const MOST_TOGETHER = 200;

/** Collects the settlements of one turn of the event loop, run by run. */
export class Settler {
  readonly #store: GraphStore;
  readonly #driver: Driver;
  readonly #pending = new Map<RunKey, Pending[]>();
  #flush: NodeJS.Immediate | undefined;

  constructor(store: GraphStore, driver: Driver) {
    this.#store = store;
    this.#driver = driver;
  }

  /** Settles a node; resolves when all that it started is on its way. */
  settle(runKey: RunKey, settlement: Settlement): Promise<Settled> {
    return new Promise((resolve, reject) => {
      const list = this.#pending.get(runKey);
      const entry = { settlement, resolve, reject };
      if (list === undefined) this.#pending.set(runKey, [entry]);
      else list.push(entry);
      this.#flush ??= setImmediate(() => this.#send());
    });
  }

  #send(): void {
    this.#flush = undefined;
    const runs = [...this.#pending];
    this.#pending.clear();
    for (const [runKey, entries] of runs) {
      for (let from = 0; from < entries.length; from += MOST_TOGETHER) {
        void this.#sendRun(runKey, entries.slice(from, from + MOST_TOGETHER));
      }
    }
  }

  async #sendRun(runKey: RunKey, entries: readonly Pending[]): Promise<void> {
    try {
      const reply = await this.#store.settle(
        runKey,
        entries.map((entry) => entry.settlement),
      );
      await this.#driver.follow(runKey, reply);
      for (const [position, entry] of entries.entries()) {
        entry.resolve({
          accepted: reply.accepted[position] === true,
          claimedNext: reply.claimedNext[position] === true,
        });
      }
    } catch (error) {
      for (const entry of entries) entry.reject(error);
    }
  }
}
