/**
 * What is stored of runs in this process. One rule: a run that ended is gone when its time has passed, whether or not
 * anybody asks for it.
 */
import type { RunKey } from "@umbel/core";
import type { RunState } from "../advance.ts";

/** One run. Its graph is kept as text, so that nobody who reads it can change it. */
export interface MemoryRun {
  readonly state: RunState;
  readonly meta: string;
  readonly pages: Map<number, string>;
  /** Pages that are stored or promised. */
  pageCount: number;
  /** The process without which nobody can run it. */
  readonly owner: string | undefined;
}

/** All runs of one broker. */
export class MemoryRuns {
  readonly #runs = new Map<RunKey, MemoryRun>();
  /** Ended runs and when each is to be forgotten, epoch milliseconds; the first that ended first. */
  readonly #ended = new Map<RunKey, number>();

  /** Gives a run that is there at a moment. @param now epoch milliseconds */
  get(runKey: RunKey, now: number): MemoryRun | undefined {
    const expiresAt = this.#ended.get(runKey);
    if (expiresAt !== undefined && expiresAt <= now) this.delete(runKey);
    return this.#runs.get(runKey);
  }

  /** Stores a run, and forgets those whose time has passed. */
  set(runKey: RunKey, run: MemoryRun, now: number): void {
    this.#runs.set(runKey, run);
    for (const [ended, expiresAt] of this.#ended) {
      if (expiresAt > now) return;
      this.delete(ended);
    }
  }

  /** Says when an ended run is to be forgotten. */
  expireAt(runKey: RunKey, expiresAt: number): void {
    this.#ended.delete(runKey);
    this.#ended.set(runKey, expiresAt);
  }

  delete(runKey: RunKey): void {
    this.#runs.delete(runKey);
    this.#ended.delete(runKey);
  }

  /** How many runs are stored. */
  get size(): number {
    return this.#runs.size;
  }
}
