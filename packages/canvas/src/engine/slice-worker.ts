/**
 * BullMQ's worker with a loop of ours around it. One rule: BullMQ takes and gives back each job, and keeps its lock; when
 * the next one is looked for is decided here.
 *
 * BullMQ's own loop looks for another job before it runs the one that it has, and the marker that it leaves for others
 * wakes it once more for nothing. To a job that comes alone, that is three round trips of eight.
 */
import { type Job, Worker, type WorkerOptions } from "bullmq";
import { cork, type RedisConnection } from "../store/redis/connection.ts";
import { Script } from "../store/redis/script.ts";
import { isConnectionError } from "./connection-error.ts";
import type { JobSeats } from "./job-seats.ts";
import type { SlicePointer } from "./queues.ts";

/** Runs a job; it is done when this resolves. */
export type RunJob = (job: Job<SlicePointer>, token: string | undefined) => Promise<void>;

/** How long a job that came alone may run before another is looked for, milliseconds, where nothing is known of its like. */
const ALONE_MS = 2;

/** The same where its like are known: twice as long as they take, but no longer than this. */
const LONGEST_ALONE_MS = 10;

/** How much the last job counts against those before. */
const WEIGHT = 0.2;

/** How many jobs a shard takes in a row while others wait for room: with one only, each would cost a command more. */
const MOST_IN_A_ROW = 8;

/** How long to wait after an error before the next try, milliseconds. */
const AFTER_ERROR_MS = 100;

/**
 * Tells whether a queue has a job to take. If not, the marker goes that BullMQ puts there whenever it gives out a job, so
 * that other workers look for more.
 */
const hasMore = new Script(`
if redis.call("LLEN", KEYS[2]) > 0 or redis.call("ZCARD", KEYS[3]) > 0 then return 1 end
redis.call("ZREM", KEYS[1], "0")
return 0
`);

/** Thrown when a job was about to be taken while another shard had taken the last seat. */
class NoSeat extends Error {}

/** Takes jobs from one queue, or from one shard of it. BullMQ's own loop never runs. */
export class SliceWorker extends Worker<SlicePointer> {
  readonly #connection: RedisConnection;
  readonly #runJob: RunJob;
  readonly #seats: JobSeats;
  #jobs = 0;
  #tokens = 0;
  /** Of the job that is being looked for. One that BullMQ gives for another has that one's token, and its seat. */
  #token = "";
  #isStopped = false;
  /** Whether the last job ended without asking for the next: then it is not known when the next delayed one is due. */
  #mustLook = true;
  /** When the last job began, on the clock of `performance`; 0 when it is known that there are more. */
  #beganAt = 0;
  /** How long jobs take that came alone, lately, milliseconds. */
  #usualMs = ALONE_MS / 2;
  #loop: Promise<void> | undefined;
  #change = newChange();

  constructor(
    queue: string,
    runJob: RunJob,
    connection: RedisConnection,
    seats: JobSeats,
    options: Omit<WorkerOptions, "connection" | "autorun">,
  ) {
    super(queue, (job, token) => this.#runOne(job, token), { ...options, connection, autorun: false });
    this.#runJob = runJob;
    this.#connection = connection;
    this.#seats = seats;
    seats.join();
  }

  /** Begins to take jobs. */
  start(): void {
    this.lockManager.start();
    void this.startStalledCheckTimer();
    this.#loop ??= this.#takeJobs();
  }

  /** Takes nothing new, and resolves when no job is here any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#seats.wake(this);
    this.#tellChange();
    // It waits for the next job over a connection of its own, and would do so for seconds.
    await this.backend.disconnectBlocking(true);
    await this.#loop;
    while (this.#jobs > 0) await this.#change.happened;
  }

  /** Ends at once; what still runs is left to others. */
  async end(): Promise<void> {
    this.#isStopped = true;
    this.#seats.wake(this);
    this.#tellChange();
    await this.close(true);
    await this.#loop;
  }

  async #takeJobs(): Promise<void> {
    while (!this.#isStopped) {
      if (!this.#seats.hasRoom) {
        await this.#seats.room(this);
        continue;
      }
      const job = await this.#take();
      if (job !== undefined) void this.#runAll(job);
      // Also where there was none: what woke this wait may have come together with the end of the job before.
      await this.#whileAlone();
    }
  }

  /** Takes one job, waiting for it; `undefined` when there was none in a while. */
  async #take(): Promise<Job<SlicePointer> | undefined> {
    const block = !this.#mustLook;
    this.#mustLook = false;
    this.#tokens += 1;
    this.#token = `${this.id}:${this.#tokens}`;
    try {
      return await this.getNextJob(this.#token, { block });
    } catch (error) {
      if (this.#isStopped) return undefined;
      if (error instanceof NoSeat) {
        this.#mustLook = true;
        return undefined;
      }
      // A connection that is lost is told of by its own event.
      if (!isConnectionError(error)) this.#report(error);
      this.#mustLook = true;
      await this.delay(AFTER_ERROR_MS);
      return undefined;
    }
  }

  /** Asks for a job with a seat for it. Waiting for jobs holds no seat, so several shards may find one at the same time. */
  protected override async moveToActive(token: string, name?: string): Promise<Job<SlicePointer>> {
    if (token !== this.#token) return await super.moveToActive(token, name);
    if (!(await this.#seats.take(this))) {
      // The marker told us alone that there is a job; others may have room.
      await this.#connection.zadd(this.toKey("marker"), "NX", 0, "0");
      throw new NoSeat();
    }
    let job: Job<SlicePointer> | undefined;
    try {
      job = await super.moveToActive(token, name);
      return job;
    } finally {
      this.#seats.asked(job !== undefined && job !== null);
    }
  }

  /** Runs a job, and those that BullMQ gives for it when it ends. */
  async #runAll(first: Job<SlicePointer>): Promise<void> {
    this.#jobs += 1;
    this.#token = "";
    let inARow = 0;
    const mayTakeNext = (): boolean => {
      inARow += 1;
      return this.#mayTakeNext(inARow);
    };
    try {
      let job: Job<SlicePointer> | undefined = first;
      while (job !== undefined) {
        if (this.#jobs === 1) this.#lookAround();
        job = (await this.processJob(job, job.token ?? "", mayTakeNext)) ?? undefined;
      }
    } catch (error) {
      if (!this.#isStopped) this.#report(error);
    } finally {
      this.#jobs -= 1;
      this.#seats.leave();
      this.#tellChange();
    }
  }

  async #runOne(job: Job<SlicePointer>, token: string | undefined): Promise<void> {
    await this.#runJob(job, token);
    if (this.#jobs === 1 && this.#beganAt > 0) {
      this.#usualMs += (performance.now() - this.#beganAt - this.#usualMs) * WEIGHT;
    }
    // Whoever waits for the result may call again at once; then BullMQ gives that job when it takes this one back.
    if (this.#jobs === 1) await new Promise(setImmediate);
  }

  /** @param inARow how many jobs have come one behind another, with one seat */
  #mayTakeNext(inARow: number): boolean {
    const mustShare = inARow >= MOST_IN_A_ROW && this.#seats.isAwaitedBeside(this);
    const may = this.#seats.isWithin && !mustShare && !this.#isStopped;
    if (!may) this.#mustLook = true;
    return may;
  }

  /** Asks whether a job that came while no other was here is the only one. */
  #lookAround(): void {
    this.#beganAt = performance.now();
    const keys = [this.toKey("marker"), this.toKey("wait"), this.toKey("prioritized")];
    // Together with the job's own first command, and behind it.
    const uncork = cork(this.#connection);
    process.nextTick(() => {
      hasMore.run(this.#connection, keys, []).then(
        (more) => {
          if (more !== 1) return;
          this.#beganAt = 0;
          this.#tellChange();
        },
        // It costs a look in vain, and the job's own commands tell what is wrong.
        () => undefined,
      );
      uncork();
    });
  }

  /** Resolves when there may be more jobs than the one that is here, or it takes its time, or it has ended. */
  async #whileAlone(): Promise<void> {
    while (this.#jobs === 1 && !this.#isStopped) {
      const left = this.#beganAt + this.#aloneMs - performance.now();
      if (left <= 0) return;
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, left);
      });
      await Promise.race([this.#change.happened, late]);
      clearTimeout(timer);
    }
  }

  /** Others of its like are only worth waiting for where they end soon. */
  get #aloneMs(): number {
    const twice = 2 * this.#usualMs;
    return twice > LONGEST_ALONE_MS ? ALONE_MS : Math.max(twice, ALONE_MS);
  }

  #report(error: unknown): void {
    this.emit("error", error instanceof Error ? error : new Error(String(error)));
  }

  #tellChange(): void {
    this.#change.tell();
    this.#change = newChange();
  }
}

/** Something that will happen once. */
interface Change {
  readonly happened: Promise<void>;
  readonly tell: () => void;
}

function newChange(): Change {
  let tell = (): void => undefined;
  const happened = new Promise<void>((resolve) => {
    tell = resolve;
  });
  return { happened, tell };
}
