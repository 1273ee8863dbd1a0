/** What the conformance runner asks of an engine, whichever broker or store is behind it. */
import type { SignatureData } from "@umbel/core";
import type { StoredError, TreeNode } from "./case.ts";

/** Runs canvases of the task library. */
export interface ConformanceEngine {
  /**
   * Applies a canvas. Resolves once it is sent; with `undefined` when applying gives nothing (an empty chain).
   * Rejects with what applying throws in the caller.
   */
  apply(
    signature: SignatureData,
    args: readonly unknown[],
    kwargs: Readonly<Record<string, unknown>>,
  ): Promise<ConformanceRun | undefined>;
  /** Gives what was recorded under a key so far, in order. */
  records(key: string): Promise<readonly unknown[]>;
  /** Ends its workers and removes every key of this invocation. */
  close(): Promise<void>;
}

/** A canvas that was applied. Every wait rejects with the signal's reason once that fires. */
export interface ConformanceRun {
  /** Waits for the returned result by a blocking `get()`. */
  result(signal: AbortSignal): Promise<ObservedResult>;
  /** Waits until nothing of the run can happen any more, links and errbacks included. */
  ended(signal: AbortSignal): Promise<void>;
  /** The returned result, its parent, and so on to the root; asked for at level 5 only, after `ended`. */
  tree?(signal: AbortSignal): Promise<readonly TreeNode[]>;
}

/** What became of the returned result. */
export interface ObservedResult {
  /** SUCCESS when every leaf succeeded, otherwise the state of the first leaf that did not. */
  readonly state: string;
  /** The value when `state` is SUCCESS; of a group the list of its members' values. */
  readonly value?: unknown;
  /** What is stored for the first leaf that failed. */
  readonly error?: StoredError;
  /** What `get()` threw. */
  readonly raised?: StoredError;
}
