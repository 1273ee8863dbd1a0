/**
 * Queues of slices in this process. One rule: they behave as BullMQ's do where anybody could tell: the same id is queued
 * once, a slice without a priority comes before those with one, and what a lost worker had comes again.
 */
import type { RunKey } from "@umbel/core";
import type { JobState } from "bullmq";
import { jobId, pointerTo, type QueuedSlice, type Queues, type SliceJob, type SlicePointer } from "../queues.ts";
import type { Deliver, WorkSource, WorkSourceOptions } from "../work-source.ts";
import type { Chance } from "./chance.ts";
import type { Clock } from "./clock.ts";
import type { FaultSource } from "./faults.ts";
import { Fifo } from "./fifo.ts";

/** The ranks of slices: first those without a priority, then 9 down to 0. */
const RANKS = 11;

interface Job {
  readonly id: string;
  readonly queue: string;
  readonly pointer: SlicePointer;
  readonly rank: number;
  attempts: number;
  state: JobState;
}

/** What queues live by. */
export interface MemoryQueuesParts {
  readonly clock: Clock;
  readonly faults: FaultSource;
  /** Draws which slice comes next and who gets it; without it they come in order. */
  readonly chance: Chance | undefined;
  /** Is told of a queue that has slices and that nobody serves. */
  readonly onUnserved: (queue: string) => void;
  /** Is told when a worker is done with a slice. */
  readonly onRest: () => void;
}

/** All queues of one broker. */
export class MemoryQueues implements Queues {
  readonly #parts: MemoryQueuesParts;
  readonly #queues = new Map<string, MemoryQueue>();
  readonly #jobs = new Map<string, Job>();
  #running = 0;

  constructor(parts: MemoryQueuesParts) {
    this.#parts = parts;
  }

  /** Whether a worker has a slice. */
  get isBusy(): boolean {
    return this.#running > 0;
  }

  async add(slices: readonly QueuedSlice[]): Promise<void> {
    for (const { runKey, dispatch, queue, priority } of slices) {
      const { delayMs } = dispatch;
      const id = jobId(runKey, dispatch);
      if (this.#jobs.has(id)) continue;
      const pointer = pointerTo(runKey, dispatch);
      const rank = priority === undefined ? 0 : RANKS - 1 - priority;
      this.#addLater({ id, queue, pointer, rank, attempts: 0, state: "waiting" }, delayMs);
    }
  }

  async jobState(_queue: string, runKey: RunKey, slice: SliceJob): Promise<JobState | "unknown"> {
    return this.#jobs.get(jobId(runKey, slice))?.state ?? "unknown";
  }

  async obliterate(name: string): Promise<void> {
    for (const job of this.#jobs.values()) if (job.queue === name) this.#jobs.delete(job.id);
    for (const fifo of this.#queue(name).ready) fifo.clear();
  }

  /** Serves a queue. */
  serve(name: string, deliver: Deliver, options: WorkSourceOptions): WorkSource {
    const queue = this.#queue(name);
    const onRoom = (): void => this.#pump(queue);
    const source = new MemoryWorkSource(deliver, { ...options, onRoom }, (lost) => {
      queue.sources.delete(source);
      this.#running -= lost.length;
      for (const job of lost) if (this.#jobs.get(job.id) === job) this.#addLater(job, options.lostAfterMs);
      this.#parts.onRest();
    });
    queue.sources.add(source);
    this.#pump(queue);
    return source;
  }

  /** Tells of every queue that nobody serves though it has slices. */
  callForWorkers(): void {
    for (const queue of this.#queues.values()) this.#pump(queue);
  }

  #queue(name: string): MemoryQueue {
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      queue = { name, ready: Array.from({ length: RANKS }, () => new Fifo<Job>()), sources: new Set() };
      this.#queues.set(name, queue);
    }
    return queue;
  }

  #addLater(job: Job, delayMs: number): void {
    this.#jobs.set(job.id, job);
    if (delayMs <= 0) {
      this.#addNow(job);
      return;
    }
    job.state = "delayed";
    this.#parts.clock.after(delayMs, () => {
      if (this.#jobs.get(job.id) === job) this.#addNow(job);
    });
  }

  #addNow(job: Job): void {
    job.state = "waiting";
    const queue = this.#queue(job.queue);
    queue.ready[job.rank]?.push(job);
    this.#pump(queue);
  }

  /** Gives slices to workers while there are both. */
  #pump(queue: MemoryQueue): void {
    const { chance, onUnserved } = this.#parts;
    for (;;) {
      const fifo = queue.ready.find((each) => each.size > 0);
      if (fifo === undefined) return;
      if (queue.sources.size === 0) {
        onUnserved(queue.name);
        return;
      }
      const free = [...queue.sources].filter((source) => source.hasRoom);
      const source = free[chance?.below(free.length) ?? 0];
      if (source === undefined) return;
      const job = fifo.take(chance?.below(fifo.size) ?? 0);
      // One that was obliterated meanwhile is not there any more.
      if (job !== undefined && this.#jobs.get(job.id) === job) void this.#deliver(queue, source, job);
    }
  }

  async #deliver(queue: MemoryQueue, source: MemoryWorkSource, job: Job): Promise<void> {
    job.state = "active";
    job.attempts += 1;
    this.#running += 1;
    this.#duplicate(job);
    const end = await source.run(job);
    if (end === "left") return;
    this.#running -= 1;
    if (this.#jobs.get(job.id) === job) {
      if (end === "done") this.#jobs.delete(job.id);
      else this.#addLater(job, end.delayMs);
    }
    this.#pump(queue);
    this.#parts.onRest();
  }

  /** A fault: the same slice comes once more. */
  #duplicate(job: Job): void {
    const afterMs = job.attempts > 1 ? undefined : this.#parts.faults.duplicateAfterMs();
    const id = `${job.id}-again`;
    if (afterMs !== undefined && !this.#jobs.has(id)) this.#addLater({ ...job, id, attempts: 1 }, afterMs);
  }
}

interface MemoryQueue {
  readonly name: string;
  /** By rank. */
  readonly ready: readonly Fifo<Job>[];
  readonly sources: Set<MemoryWorkSource>;
}

/** Thrown to put a delivery off. */
class PutOff extends Error {
  readonly delayMs: number;

  constructor(delayMs: number) {
    super();
    this.delayMs = delayMs;
  }
}

/** One worker on one queue. */
class MemoryWorkSource implements WorkSource {
  readonly #deliver: Deliver;
  readonly #options: WorkSourceOptions & { readonly onRoom: () => void };
  /** Takes back what this worker had. */
  readonly #leave: (jobs: readonly Job[]) => void;
  readonly #active = new Set<Job>();
  readonly #resting: (() => void)[] = [];
  #isPaused = false;
  #limit: number;

  constructor(
    deliver: Deliver,
    options: WorkSourceOptions & { readonly onRoom: () => void },
    leave: (jobs: readonly Job[]) => void,
  ) {
    this.#deliver = deliver;
    this.#options = options;
    this.#limit = options.concurrency;
    this.#leave = leave;
  }

  get hasRoom(): boolean {
    return !this.#isPaused && this.#active.size < this.#limit;
  }

  /** Runs a job to its end. "left": the source was closed, and the job belongs to others. */
  async run(job: Job): Promise<"done" | PutOff | "left"> {
    this.#active.add(job);
    let end: "done" | PutOff = "done";
    const putOff = (delayMs: number): Promise<never> => Promise.reject(new PutOff(delayMs));
    try {
      await this.#deliver(job.pointer, { attempts: job.attempts, putOff });
    } catch (error) {
      if (error instanceof PutOff) end = error;
      else this.#options.onError(error instanceof Error ? error : new Error(String(error)));
    }
    if (!this.#active.delete(job)) return "left";
    if (this.#active.size === 0) for (const rested of this.#resting.splice(0)) rested();
    return end;
  }

  async ready(): Promise<void> {
    // It takes slices from the moment it is made.
  }

  limit(slices: number): void {
    const hasMore = slices > this.#limit;
    this.#limit = slices;
    if (hasMore) this.#options.onRoom();
  }

  async pause(): Promise<void> {
    this.#isPaused = true;
    if (this.#active.size > 0) await new Promise<void>((resolve) => void this.#resting.push(resolve));
  }

  async close(): Promise<void> {
    this.#isPaused = true;
    const jobs = [...this.#active];
    this.#active.clear();
    for (const rested of this.#resting.splice(0)) rested();
    this.#leave(jobs);
  }
}
