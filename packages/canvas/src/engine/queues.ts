/**
 * What queues of slices are. One rule: a job is derived from the graph and may be lost or doubled; what it points to is
 * checked in the store when it runs. BullMQ's own are in bull-queues.ts, so that who needs none loads none.
 */
import type { RunKey } from "@umbel/core";
import type { JobState } from "bullmq";
import type { Dispatch } from "../store/graph-store.ts";
import { type SliceRange, sliceKey } from "../store/slice.ts";

/** What a job carries: where its slice stands. Short names, since a job with more than 64 bytes costs Redis twice. */
export interface SlicePointer {
  /** The run. */
  readonly r: RunKey;
  /** The slice's first node. */
  readonly s: number;
  /** How many nodes. */
  readonly n: number;
  /** The generation. */
  readonly g: number;
  /** How far apart the nodes are; left out when they follow each other. */
  readonly d?: number;
}

/** The slice that a job points to. */
export function rangeOf({ s: first, n: count, d: stride = 1 }: SlicePointer): SliceRange {
  return { first, count, stride };
}

/** What a job carries for a dispatch. */
export function pointerTo(runKey: RunKey, { first, count, stride, generation }: Dispatch): SlicePointer {
  return { r: runKey, s: first, n: count, g: generation, ...(stride === 1 ? {} : { d: stride }) };
}

/** A dispatch with what a queue must know of its first node. */
export interface QueuedSlice {
  readonly runKey: RunKey;
  readonly dispatch: Dispatch;
  readonly queue: string;
  /** 0 to 9, 9 first. */
  readonly priority: number | undefined;
  readonly taskName: string;
}

/** What tells the jobs of slices apart. */
export type SliceJob = Pick<Dispatch, "first" | "count" | "generation">;

/** All queues of a broker; whether one has shards, nobody else need know. */
export interface Queues {
  /** Puts slices on their queues. */
  add(slices: readonly QueuedSlice[]): Promise<void>;
  /** The state of a slice's job; "unknown" when there is none. */
  jobState(queue: string, runKey: RunKey, slice: SliceJob): Promise<JobState | "unknown">;
  /** Deletes a queue that nobody will serve again, with all that is on it. */
  obliterate(name: string): Promise<void>;
}

/** A job's id tells what it points to, so that the janitor can find it. BullMQ allows no ":" and no integers. */
export function jobId(runKey: RunKey, slice: SliceJob): string {
  return `${runKey}-${sliceKey(slice)}-${slice.generation}`;
}
