/**
 * Queues of slices, made when first used. One rule: a job is derived from the graph and may be lost or doubled; what it
 * points to is checked in the store when it runs.
 */
import type { RunKey } from "@umbel/core";
import { type JobState, Queue } from "bullmq";
import type { Dispatch } from "../store/graph-store.ts";
import { queuePrefix } from "../store/keys.ts";
import type { RedisConnection } from "../store/redis/connection.ts";
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

/** All queues of a broker. */
export interface Queues {
  /** Puts slices on their queues. */
  add(slices: readonly QueuedSlice[]): Promise<void>;
  /** The state of a slice's job; "unknown" when there is none. */
  jobState(queue: string, runKey: RunKey, slice: SliceJob): Promise<JobState | "unknown">;
  /** Deletes a queue that nobody will serve again, with all that is on it. */
  obliterate(name: string): Promise<void>;
}

/** BullMQ's queues of one prefix, over one connection that is its owner's to close. */
export class BullQueues implements Queues {
  readonly #redis: RedisConnection;
  readonly #prefix: string;
  readonly #queues = new Map<string, Queue>();

  constructor(redis: RedisConnection, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  async add(slices: readonly QueuedSlice[]): Promise<void> {
    const byQueue = new Map<string, QueuedSlice[]>();
    for (const slice of slices) {
      const list = byQueue.get(slice.queue);
      if (list === undefined) byQueue.set(slice.queue, [slice]);
      else list.push(slice);
    }
    await Promise.all([...byQueue].map(([name, list]) => this.#addTo(this.#queue(name), list)));
  }

  async #addTo(queue: Queue, slices: readonly QueuedSlice[]): Promise<void> {
    const [only] = slices;
    if (only === undefined || slices.length > 1) {
      await queue.addBulk(slices.map(jobOf));
      return;
    }
    // For one job, add() is one command where addBulk() is a transaction.
    const { name, data, opts } = jobOf(only);
    await queue.add(name, data, opts);
  }

  async jobState(queue: string, runKey: RunKey, slice: SliceJob): Promise<JobState | "unknown"> {
    return await this.#queue(queue).getJobState(jobId(runKey, slice));
  }

  async obliterate(name: string): Promise<void> {
    await this.#queue(name).obliterate({ force: true });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
    this.#queues.clear();
  }

  #queue(name: string): Queue {
    const existing = this.#queues.get(name);
    if (existing !== undefined) return existing;
    const queue = new Queue(name, { connection: this.#redis, prefix: queuePrefix(this.#prefix, name) });
    // The connection is ours and tells its own errors; BullMQ repeats them here, and an error that nobody hears ends a process.
    queue.on("error", () => undefined);
    this.#queues.set(name, queue);
    return queue;
  }
}

/** A job's id tells what it points to, so that the janitor can find it. BullMQ allows no ":" and no integers. */
export function jobId(runKey: RunKey, slice: SliceJob): string {
  return `${runKey}-${sliceKey(slice)}-${slice.generation}`;
}

function jobOf({ runKey, dispatch, priority, taskName }: QueuedSlice): {
  name: string;
  data: SlicePointer;
  opts: { jobId: string; removeOnComplete: true; removeOnFail: true; delay?: number; priority?: number };
} {
  return {
    name: taskName,
    data: pointerTo(runKey, dispatch),
    opts: {
      jobId: jobId(runKey, dispatch),
      removeOnComplete: true,
      removeOnFail: true,
      ...(dispatch.delayMs > 0 ? { delay: dispatch.delayMs } : {}),
      // BullMQ runs its lowest number first.
      ...(priority === undefined ? {} : { priority: 10 - priority }),
    },
  };
}
