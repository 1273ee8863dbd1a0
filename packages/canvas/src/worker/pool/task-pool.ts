/**
 * Where functions of tasks run that are not to hold up their worker: threads or processes. One rule: what crosses over is plain
 * data, and whatever touches the store stays with the worker.
 */
import type { RunKey, SignatureData, WireError } from "@umbel/core";
import type { TaskNode } from "../../graph/graph.ts";
import type { StoredOutcome } from "../../store/graph-store.ts";

/** One attempt, as it is sent over. */
export interface PooledCall {
  readonly runKey: RunKey;
  readonly index: number;
  /** Without its arguments. */
  readonly node: TaskNode;
  readonly retries: number;
  readonly deliveries: number;
  /** Its arguments by place, JSON. */
  readonly args: string;
  /** Those by name, JSON. */
  readonly kwargs: string;
  /** Its request without arguments, JSON. */
  readonly request: string;
}

/** What the worker does for an attempt that runs elsewhere. */
export interface PoolHost {
  /** Milliseconds after which it is ended. */
  readonly hardMs: number | undefined;
  showState(state: string, payload: string): Promise<void>;
  openSignal(): AbortSignal;
  keepLine(line: string): void;
  report(message: string): void;
  replaced(replacement: SignatureData): Promise<StoredOutcome>;
  added(payload: string, additions: readonly SignatureData[]): Promise<StoredOutcome>;
  rejected(error: WireError): Promise<StoredOutcome>;
}

/** What became of it: an outcome, with its child or without; its time was over; or what ran it is gone. */
export type PoolEnd =
  | { readonly kind: "ended" | "killed"; readonly outcome: StoredOutcome }
  | { readonly kind: "overran" }
  | { readonly kind: "lost"; readonly how: string };

/** Runs functions of tasks. */
export interface TaskPool {
  /** Runs an attempt. @throws what the host throws, or when the pool is closed or has nothing to run it in */
  run(call: PooledCall, host: PoolHost): Promise<PoolEnd>;
}
