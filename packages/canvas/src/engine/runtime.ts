/**
 * What engine, worker and janitor share of one broker. One rule: it is opened by the first who needs it and closed once;
 * whoever uses it does not know which broker is behind it.
 */
import type { Content } from "@umbel/core";
import type { GraphStore } from "../store/graph-store.ts";
import type { ActiveRuns } from "./active-runs.ts";
import type { Aliases } from "./aliases.ts";
import type { DeadLetterStore } from "./dead-letters.ts";
import type { DeduplicationKeys } from "./deduplication.ts";
import type { Driver } from "./driver.ts";
import type { Lease } from "./lease.ts";
import type { LifeSigns } from "./life-signs.ts";
import type { News } from "./news.ts";
import type { PageCache } from "./page-cache.ts";
import type { Queues } from "./queues.ts";
import type { RateLimits } from "./rate-limits.ts";
import type { Relatives } from "./relatives.ts";
import type { Results } from "./results.ts";
import type { RunIndex } from "./run-index.ts";
import type { SavedGroups } from "./saved-groups.ts";
import type { SliceSize, Slicing } from "./slicing.ts";
import type { Timers } from "./timers.ts";
import type { Workplace } from "./work-source.ts";

/** What an engine says of its runs when it opens a broker. */
export interface RuntimeOptions {
  /** What all keys begin with. */
  readonly prefix: string;
  /** How long an ended run is kept, milliseconds. */
  readonly resultExpiresMs: number;
  /** How many slices of a run may be in flight before members of its groups wait. */
  readonly window: number;
  /** How arguments and results are written and read. */
  readonly content: Content;
  /** How many members of a group make one slice. */
  readonly sliceSize?: SliceSize;
  /** Over how many slots of a cluster the calls of a queue are spread; 1 unless said. */
  readonly shardsOf?: (queue: string) => number;
}

/** The parts of an open engine. */
export interface Runtime {
  /** The broker's address for people, without passwords. */
  readonly broker: { readonly address: string };
  readonly store: GraphStore;
  readonly pages: PageCache;
  readonly results: Results;
  readonly content: Content;
  readonly relatives: Relatives;
  readonly queues: Queues;
  readonly activeRuns: ActiveRuns;
  readonly runIndex: RunIndex;
  readonly aliases: Aliases;
  readonly deduplication: DeduplicationKeys;
  readonly savedGroups: SavedGroups;
  readonly slicing: Slicing;
  readonly driver: Driver;
  readonly news: News;
  readonly lifeSigns: LifeSigns;
  readonly rateLimits: RateLimits;
  readonly deadLetters: DeadLetterStore;
  /** Held by the one janitor that works. */
  readonly janitorLease: Lease;
  /** Those of who waits for a result. */
  readonly timers: Timers;
  /** Those of workers, which matter only while runs go on. */
  readonly upkeepTimers: Timers;
  /** Writes what is sent meanwhile in one piece, so far as the broker is a socket. */
  together<Value>(send: () => Value): Value;
  /** Makes a place for a worker, which closes it. @param onError told of what is no task's fault */
  openWorkplace(onError: (error: Error) => void): Workplace;
  /** Calls when the broker can be reached again that could not be. */
  onConnected(listener: () => void): void;
  /** Ends what was opened. Safe to repeat. */
  close(): Promise<void>;
}
