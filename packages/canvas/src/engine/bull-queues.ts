/** BullMQ's queues of slices. One rule: each is made when it is first used, and closed by who made them. */
import type { RunKey } from "@umbel/core";
import { type JobState, Queue } from "bullmq";
import { queuePrefix } from "../store/keys.ts";
import type { RedisConnection } from "../store/redis/connection.ts";
import { jobId, pointerTo, type QueuedSlice, type Queues, type SliceJob, type SlicePointer } from "./queues.ts";
import { type Shards, shardName, shardOf, shardTag } from "./shards.ts";

/** BullMQ's queues of one prefix, over one connection that is its owner's to close. */
export class BullQueues implements Queues {
  readonly #redis: RedisConnection;
  readonly #prefix: string;
  readonly #shards: Shards;
  readonly #queues = new Map<string, Queue>();

  constructor(redis: RedisConnection, prefix: string, shards: Shards) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.#shards = shards;
  }

  async add(slices: readonly QueuedSlice[]): Promise<void> {
    const byQueue = grouped(slices, ({ queue }) => queue);
    await Promise.all([...byQueue].map(([name, list]) => this.#spread(name, list)));
  }

  async #spread(name: string, slices: readonly QueuedSlice[]): Promise<void> {
    const count = this.#shards.countOf(name);
    if (count === 1) return await this.#addTo(this.#queue(name, 0), slices);
    const byShard = grouped(slices, ({ runKey }) => shardOf(runKey, count));
    const added = [...byShard].map(([shard, list]) => this.#addTo(this.#queue(name, shard), list));
    await Promise.all([this.#shards.tell(name, count), ...added]);
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
    const own = shardOf(runKey, this.#shards.countOf(queue));
    const state = await this.#queue(queue, own).getJobState(jobId(runKey, slice));
    if (state !== "unknown") return state;
    // It may have been sent by somebody who knows of more shards, or of fewer.
    const count = await this.#shards.mostOf(queue);
    for (let shard = 0; shard < count; shard += 1) {
      const found = shard === own ? state : await this.#queue(queue, shard).getJobState(jobId(runKey, slice));
      if (found !== "unknown") return found;
    }
    return state;
  }

  async obliterate(name: string): Promise<void> {
    const count = await this.#shards.mostOf(name);
    for (let shard = 0; shard < count; shard += 1) await this.#queue(name, shard).obliterate({ force: true });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
    this.#queues.clear();
  }

  #queue(queueName: string, shard: number): Queue {
    const key = shard === 0 ? queueName : `${queueName}\n${shard}`;
    const existing = this.#queues.get(key);
    if (existing !== undefined) return existing;
    const prefix = queuePrefix(this.#prefix, shardTag(queueName, shard));
    const queue = new Queue(shardName(queueName, shard), { connection: this.#redis, prefix });
    // The connection is ours and tells its own errors; BullMQ repeats them here, and an error that nobody hears ends a process.
    queue.on("error", () => undefined);
    this.#queues.set(key, queue);
    return queue;
  }
}

function grouped<Key>(slices: readonly QueuedSlice[], keyOf: (slice: QueuedSlice) => Key): Map<Key, QueuedSlice[]> {
  const groups = new Map<Key, QueuedSlice[]>();
  for (const slice of slices) {
    const key = keyOf(slice);
    const list = groups.get(key);
    if (list === undefined) groups.set(key, [slice]);
    else list.push(slice);
  }
  return groups;
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
