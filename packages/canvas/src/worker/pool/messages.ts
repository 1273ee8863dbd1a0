/**
 * What a worker and a child of its pool tell each other. One rule: all that belongs to an attempt carries its number, for what an
 * attempt leaves running may go on talking behind its end.
 */
import type { WireError } from "@umbel/core";
import type { StoredOutcome } from "../../store/graph-store.ts";
import type { PooledCall } from "./task-pool.ts";

/** What only the worker can do for an attempt; signatures and lists of them are JSON. */
export type Question =
  | { readonly what: "state"; readonly state: string; readonly payload: string }
  | { readonly what: "replaced"; readonly replacement: string }
  | { readonly what: "added"; readonly payload: string; readonly additions: string }
  | { readonly what: "rejected"; readonly error: WireError };

/** From the worker. */
export type ToChild =
  /** What its modules and its App are; read by who made the child. */
  | { readonly kind: "load"; readonly order: unknown }
  | { readonly kind: "run"; readonly attempt: number; readonly call: PooledCall }
  /** `failure`: the error with which the attempt ends instead, JSON; `isLost`: the question could not be answered. */
  | { readonly kind: "answer"; readonly number: number; readonly failure?: string; readonly isLost?: true }
  | { readonly kind: "abort"; readonly attempt: number; readonly reason: WireError }
  | { readonly kind: "close" };

/** From a child. */
export type FromChild =
  | { readonly kind: "ready" }
  | { readonly kind: "unusable"; readonly reason: string }
  | { readonly kind: "question"; readonly attempt: number; readonly number: number; readonly question: Question }
  | { readonly kind: "line"; readonly attempt: number; readonly line: string }
  | { readonly kind: "report"; readonly message: string }
  | { readonly kind: "ended"; readonly attempt: number; readonly outcome: StoredOutcome }
  /** The attempt could not be brought to an end. */
  | { readonly kind: "threw"; readonly attempt: number; readonly message: string };
