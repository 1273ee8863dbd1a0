/** Where a worker's slices come from. One rule: a slice that was delivered is delivered again unless `Deliver` resolves. */
import type { GraphStore } from "../store/graph-store.ts";
import type { SlicePointer } from "./queues.ts";

/** One delivery of a slice. */
export interface Delivery {
  /** How often it was delivered, this time included. */
  readonly attempts: number;
  /** Has it delivered once more after a while; the worker lets what this throws pass. */
  putOff(delayMs: number): Promise<never>;
}

/** Runs a slice; resolves when all that follows from it is on its way. */
export type Deliver = (pointer: SlicePointer, delivery: Delivery) => Promise<void>;

/** How a queue is served. */
export interface WorkSourceOptions {
  /** How many slices run at once, at first. */
  readonly concurrency: number;
  /** How long after its last sign of life a delivery counts as lost, milliseconds. */
  readonly lostAfterMs: number;
  /** How often it looks whether there is more of the queue to serve, milliseconds. */
  readonly upkeepMs: number;
  /** Told of what is no task's fault. */
  readonly onError: (error: Error) => void;
}

/** One queue that is served. */
export interface WorkSource {
  /** Resolves when slices are taken. */
  ready(): Promise<void>;
  /** Says how many slices may run at once from now on: from 1 to what it was set up for. */
  limit(slices: number): void;
  /** Takes nothing new, and resolves when nothing runs any more. */
  pause(): Promise<void>;
  /** Ends at once; what still runs is left to others. */
  close(): Promise<void>;
}

/**
 * What one worker has of a broker: a store and queues over one connection, whose commands are not given up while the
 * broker is away.
 */
export interface Workplace {
  readonly store: GraphStore;
  /** Begins to take slices from a queue. */
  serve(queue: string, deliver: Deliver, options: WorkSourceOptions): WorkSource;
  /** Ends what was opened. Safe to repeat. */
  close(): void;
}
