/**
 * What is stored of runs in this process. One rule: a run that ended is gone when its time has passed, whether or not
 * anybody asks for it.
 */
import type { RunKey } from "@umbel/core";
import type { GraphNode } from "../../graph/graph.ts";
import type { RunState } from "../advance.ts";

/** One run. Its graph is kept as text, so that nobody who reads it can change it. */
export interface MemoryRun {
  readonly state: RunState;
  readonly meta: string;
  readonly pages: Map<number, string>;
  /** Pages that are stored or promised. */
  pageCount: number;
  /** The process without which nobody can run it. */
  owner: string | undefined;
  /** Lines that its tasks have logged. */
  readonly log: string[];
  /** Whether that process is gone. */
  isAbandoned: boolean;
}

/** Nodes of a run that is not created yet. */
export interface StagedNodes {
  readonly pages: Map<number, string>;
  readonly joins: { readonly index: number; readonly node: GraphNode }[];
  /** Epoch milliseconds. */
  expiresAt: number;
  /** Of a fork: who makes it, and since when. */
  resumer: RunState["resumer"];
}

/** All runs of one broker. */
export class MemoryRuns {
  readonly #runs = new Map<RunKey, MemoryRun>();
  /** Ended runs and when each is to be forgotten, epoch milliseconds; the first that ended first. */
  readonly #ended = new Map<RunKey, number>();

  readonly #staged = new Map<RunKey, StagedNodes>();

  /** Gives what is staged of a run at a moment; nothing yet, if there is none. @param now epoch milliseconds */
  staged(runKey: RunKey, now: number): StagedNodes {
    this.#forgetStaged(now);
    const staged = this.#staged.get(runKey) ?? {
      pages: new Map<number, string>(),
      joins: [],
      expiresAt: now,
      resumer: undefined,
    };
    this.#staged.set(runKey, staged);
    return staged;
  }

  /** Gives a run that is there at a moment. @param now epoch milliseconds */
  get(runKey: RunKey, now: number): MemoryRun | undefined {
    const expiresAt = this.#ended.get(runKey);
    if (expiresAt !== undefined && expiresAt <= now) this.delete(runKey);
    return this.#runs.get(runKey);
  }

  /** Stores a run, and forgets those whose time has passed. */
  set(runKey: RunKey, run: MemoryRun, now: number): void {
    this.#staged.delete(runKey);
    this.#forgetStaged(now);
    this.#runs.set(runKey, run);
    for (const [ended, expiresAt] of this.#ended) {
      if (expiresAt > now) return;
      this.delete(ended);
    }
  }

  #forgetStaged(now: number): void {
    for (const [runKey, { expiresAt }] of this.#staged) if (expiresAt <= now) this.#staged.delete(runKey);
  }

  /** Says when an ended run is to be forgotten. */
  expireAt(runKey: RunKey, expiresAt: number): void {
    this.#ended.delete(runKey);
    this.#ended.set(runKey, expiresAt);
  }

  /** Keeps a run that goes on again. */
  keep(runKey: RunKey): void {
    this.#ended.delete(runKey);
  }

  delete(runKey: RunKey): void {
    this.#runs.delete(runKey);
    this.#staged.delete(runKey);
    this.#ended.delete(runKey);
  }

  /** How many runs are stored or staged. */
  get size(): number {
    return this.#runs.size + this.#staged.size;
  }
}
