/** BullMQ's workers as a source of slices. One rule: BullMQ decides when a job is delivered, never what becomes of its slice. */
import { DelayedError, type Job } from "bullmq";
import { queuePrefix } from "../store/keys.ts";
import type { RedisConnection } from "../store/redis/connection.ts";
import { JobSeats } from "./job-seats.ts";
import type { SlicePointer } from "./queues.ts";
import { Shards, shardName, shardTag } from "./shards.ts";
import { SliceWorker } from "./slice-worker.ts";
import { systemTimers } from "./timers.ts";
import type { Deliver, WorkSource, WorkSourceOptions } from "./work-source.ts";

/** Where a queue is. */
export interface BullQueuePlace {
  /** Its owner closes it; BullMQ waits for jobs on connections of its own. */
  readonly connection: RedisConnection;
  readonly prefix: string;
  /** How many shards calls are sent to; 1 unless said. */
  readonly shardsOf?: ((queue: string) => number) | undefined;
}

/** How long a worker waits for a job before it asks by itself whether there is one, seconds; twice BullMQ's own. */
const SHARD_IDLE_SECONDS = 10;

/** Serves one queue, which may be spread over several of BullMQ's. */
export class BullWorkSource implements WorkSource {
  readonly #queue: string;
  readonly #place: BullQueuePlace;
  readonly #runJob: (job: Job<SlicePointer>, token: string | undefined) => Promise<void>;
  readonly #options: WorkSourceOptions;
  readonly #shards: Shards;
  readonly #seats: JobSeats;
  readonly #workers: SliceWorker[] = [];
  #isEnding = false;
  #stopLooking: () => void = () => undefined;

  constructor(queue: string, place: BullQueuePlace, deliver: Deliver, options: WorkSourceOptions) {
    this.#queue = queue;
    this.#place = place;
    this.#runJob = (job, token) =>
      deliver(job.data, { attempts: job.attemptsStarted, putOff: (delayMs) => delayJob(job, token, delayMs) });
    this.#options = options;
    this.#shards = new Shards(place.connection, place.prefix, place.shardsOf);
    this.#seats = new JobSeats(options.concurrency);
  }

  async ready(): Promise<void> {
    await this.#serveAll();
    if (this.#isEnding) return;
    this.#stopLooking = systemTimers.every(this.#options.upkeepMs, () => {
      // While a server is away, others tell.
      void this.#serveAll().catch(() => undefined);
    });
  }

  limit(slices: number): void {
    this.#seats.limit(slices);
  }

  async pause(): Promise<void> {
    this.#end();
    await Promise.all(this.#workers.map((worker) => worker.stop()));
  }

  async close(): Promise<void> {
    this.#end();
    // BullMQ closes what it duplicated; the connection that it was given stays ours.
    await Promise.all(this.#workers.map((worker) => worker.end()));
  }

  #end(): void {
    this.#isEnding = true;
    this.#stopLooking();
  }

  /** Begins to serve the shards that are not served yet: those of our own setting, and those that others have told of. */
  async #serveAll(): Promise<void> {
    const count = await this.#shards.mostOf(this.#queue);
    if (this.#isEnding) return;
    const more: SliceWorker[] = [];
    for (let shard = this.#workers.length; shard < count; shard += 1) more.push(this.#open(shard, count));
    this.#workers.push(...more);
    await Promise.all(more.map((worker) => worker.waitUntilReady()));
    if (!this.#isEnding) for (const worker of more) worker.start();
  }

  #open(shard: number, count: number): SliceWorker {
    const { lostAfterMs, onError } = this.#options;
    const { connection, prefix } = this.#place;
    const worker = new SliceWorker(shardName(this.#queue, shard), this.#runJob, connection, this.#seats, {
      prefix: queuePrefix(prefix, shardTag(this.#queue, shard)),
      ...(count === 1 ? {} : { drainDelay: SHARD_IDLE_SECONDS }),
      lockDuration: lostAfterMs,
      stalledInterval: lostAfterMs,
      // How often a task may take its worker down is counted where its node is, not by BullMQ.
      maxStalledCount: 1_000_000,
    });
    worker.on("error", onError);
    return worker;
  }
}

async function delayJob(job: Job<SlicePointer>, token: string | undefined, delayMs: number): Promise<never> {
  // By the clock of this process, by which BullMQ delivers it: it takes the same one off again.
  await job.moveToDelayed(Date.now() + delayMs, token);
  throw new DelayedError();
}
