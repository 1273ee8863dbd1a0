/**
 * Attempts of one worker that were ended from outside. One rule: news of it is a hint and may be lost, so the store is
 * asked from time to time, about those alone who would listen.
 */
import { encodeError, nodeId, type RunKey, TaskRevokedError } from "@umbel/core";
import { LRUCache } from "lru-cache";
import type { Runtime } from "../engine/runtime.ts";
import type { StoredOutcome } from "../store/graph-store.ts";
import { epochOf } from "../store/slice.ts";

/** What a Terminations works with. */
export type TerminationsParts = Pick<Runtime, "store" | "news" | "upkeepTimers" | "onConnected">;

/** One attempt, as far as it can be told of its end. */
export interface TerminableAttempt {
  /** Gives its signal; the same each time. */
  readonly openSignal: () => AbortSignal;
  /** Ends the listening for it. */
  readonly close: () => void;
}

interface Listening {
  readonly runKey: RunKey;
  readonly index: number;
  readonly controllers: Set<AbortController>;
}

/** How many nodes are remembered that were ended before this worker has begun them. */
const MOST_REMEMBERED = 10_000;

/** Aborts the signals of attempts that were ended, and keeps others from being begun. */
export class Terminations {
  readonly #parts: TerminationsParts;
  readonly #listening = new Map<string, Listening>();
  readonly #ended = new LRUCache<string, true>({ maxSize: MOST_REMEMBERED, sizeCalculation: () => 1 });
  #isStopped = false;
  #stop: (() => void)[] = [];

  constructor(parts: TerminationsParts) {
    this.#parts = parts;
  }

  /** Begins to listen. @param everyMs how often the store is asked, too */
  async start(everyMs: number, onError: (error: unknown) => void): Promise<void> {
    const look = (): void => {
      if (!this.#isStopped) void this.look().catch(onError);
    };
    this.#parts.onConnected(look);
    this.#stop.push(this.#parts.upkeepTimers.every(everyMs, look));
    const stopListening = await this.#parts.news.onTerminated((runKey, indices) => {
      for (const index of indices) this.#end(nodeId(runKey, index));
    });
    this.#stop.push(stopListening);
  }

  stop(): void {
    this.#isStopped = true;
    for (const stop of this.#stop.splice(0)) stop();
  }

  /** The outcome of a node that was ended after it was claimed and before it has begun. It will be refused. */
  outcomeOf(runKey: RunKey, index: number, token: number): StoredOutcome | undefined {
    // What was ended before a resume is not what runs now.
    if (this.#ended.size === 0 || epochOf(token) > 0 || !this.#ended.has(nodeId(runKey, index))) return undefined;
    return { kind: "revoked", payload: JSON.stringify(encodeError(new TaskRevokedError("terminated"))) };
  }

  /** Listens for an attempt, from when its signal is asked for. */
  attempt(runKey: RunKey, index: number, token: number): TerminableAttempt {
    let opened: { readonly id: string; readonly controller: AbortController } | undefined;
    return {
      openSignal: () => {
        opened ??= this.#listen(runKey, index, token);
        return opened.controller.signal;
      },
      close: () => {
        if (opened === undefined) return;
        const { id, controller } = opened;
        const listening = this.#listening.get(id);
        listening?.controllers.delete(controller);
        if (listening?.controllers.size === 0) this.#listening.delete(id);
      },
    };
  }

  /** Asks the store which of the attempts that listen were ended. */
  async look(): Promise<void> {
    for (const [runKey, indices] of this.#nodesByRun()) {
      const records = await this.#parts.store.readNodes(runKey, indices, { withPayloads: false });
      for (const [position, index] of indices.entries()) {
        if (records[position]?.kind === "revoked") this.#end(nodeId(runKey, index));
      }
    }
  }

  #listen(runKey: RunKey, index: number, token: number): { readonly id: string; readonly controller: AbortController } {
    const id = nodeId(runKey, index);
    const controller = new AbortController();
    const listening = this.#listening.get(id) ?? { runKey, index, controllers: new Set() };
    this.#listening.set(id, listening);
    listening.controllers.add(controller);
    if (epochOf(token) === 0 && this.#ended.has(id)) this.#end(id);
    return { id, controller };
  }

  #nodesByRun(): Map<RunKey, number[]> {
    const byRun = new Map<RunKey, number[]>();
    for (const { runKey, index } of this.#listening.values()) {
      const indices = byRun.get(runKey);
      if (indices === undefined) byRun.set(runKey, [index]);
      else indices.push(index);
    }
    return byRun;
  }

  #end(id: string): void {
    this.#ended.set(id, true);
    for (const controller of this.#listening.get(id)?.controllers ?? []) {
      controller.abort(new TaskRevokedError("terminated"));
    }
  }
}
