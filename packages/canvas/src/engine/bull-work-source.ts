/** BullMQ's worker as a source of slices. One rule: BullMQ decides when a job is delivered, never what becomes of its slice. */
import { DelayedError, type Job } from "bullmq";
import { queuePrefix } from "../store/keys.ts";
import type { RedisConnection } from "../store/redis/connection.ts";
import type { SlicePointer } from "./queues.ts";
import { SliceWorker } from "./slice-worker.ts";
import type { Deliver, WorkSource, WorkSourceOptions } from "./work-source.ts";

/**
 * Serves one queue over a connection that is its owner's to close. BullMQ waits for jobs on a connection of its own.
 */
export class BullWorkSource implements WorkSource {
  readonly #worker: SliceWorker;

  constructor(
    queue: string,
    connection: RedisConnection,
    prefix: string,
    deliver: Deliver,
    options: WorkSourceOptions,
  ) {
    const { concurrency, lostAfterMs, onError } = options;
    const runJob = (job: Job<SlicePointer>, token: string | undefined): Promise<void> =>
      deliver(job.data, { attempts: job.attemptsStarted, putOff: (delayMs) => delayJob(job, token, delayMs) });
    this.#worker = new SliceWorker(queue, runJob, connection, {
      prefix: queuePrefix(prefix, queue),
      concurrency,
      lockDuration: lostAfterMs,
      stalledInterval: lostAfterMs,
      // How often a task may take its worker down is counted where its node is, not by BullMQ.
      maxStalledCount: 1_000_000,
    });
    this.#worker.on("error", onError);
  }

  async ready(): Promise<void> {
    await this.#worker.waitUntilReady();
    this.#worker.start();
  }

  limit(slices: number): void {
    this.#worker.limit(slices);
  }

  async pause(): Promise<void> {
    await this.#worker.stop();
  }

  async close(): Promise<void> {
    // BullMQ closes what it duplicated; the connection that it was given stays ours.
    await this.#worker.end();
  }
}

async function delayJob(job: Job<SlicePointer>, token: string | undefined, delayMs: number): Promise<never> {
  // By the clock of this process, by which BullMQ delivers it: it takes the same one off again.
  await job.moveToDelayed(Date.now() + delayMs, token);
  throw new DelayedError();
}
