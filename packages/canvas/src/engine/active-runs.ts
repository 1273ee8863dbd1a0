/**
 * The runs that have not ended, by when the janitor should look at them. One rule: a run is entered before it is
 * stored, so none can be missing; an entry without a run does no harm.
 */
import type { RunKey } from "@umbel/core";
import { activeRunsKey } from "../store/keys.ts";
import type { RedisConnection } from "../store/redis/connection.ts";
import { readStoreClock } from "../store/redis/store-clock.ts";

/** The list of runs that go on. */
export interface ActiveRuns {
  /** Enters a run; the janitor looks at it with its next round, since no client's clock is trusted with a time. */
  add(runKey: RunKey): Promise<void>;
  /** Takes a run out, at once or a little later. */
  remove(runKey: RunKey): Promise<void>;
  /** Gives runs that are due at a moment of the store's clock. @param now epoch milliseconds */
  due(now: number, most: number): Promise<RunKey[]>;
  /** Says when a run is due next, if it is still there. */
  postpone(runKey: RunKey, until: number): Promise<void>;
  /** Gives all of them, in no order. */
  all(): Promise<readonly RunKey[]>;
  /** The store's clock, epoch milliseconds. */
  now(): Promise<number>;
}

/** How long runs that have ended wait for others, so that one command takes out all of them; milliseconds. */
const TOGETHER_MS = 50;

/** How many runs one command reads. */
const MOST_AT_ONCE = 1000;

/** A sorted set in Redis. */
export class RedisActiveRuns implements ActiveRuns {
  readonly #redis: RedisConnection;
  readonly #key: string;
  readonly #ended = new Set<RunKey>();
  #timer: NodeJS.Timeout | undefined;

  constructor(redis: RedisConnection, prefix: string) {
    this.#redis = redis;
    this.#key = activeRunsKey(prefix);
  }

  async add(runKey: RunKey): Promise<void> {
    await this.#redis.zadd(this.#key, 0, runKey);
  }

  async remove(runKey: RunKey): Promise<void> {
    this.#ended.add(runKey);
    // An entry that stays does no harm: the janitor takes out what has ended.
    this.#timer ??= setTimeout(() => void this.flush().catch(() => undefined), TOGETHER_MS).unref();
  }

  /** Takes out now what was to be taken out. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const ended = [...this.#ended];
    this.#ended.clear();
    if (ended.length > 0) await this.#redis.zrem(this.#key, ...ended);
  }

  async due(now: number, most: number): Promise<RunKey[]> {
    return (await this.#redis.zrangebyscore(this.#key, "-inf", now, "LIMIT", 0, most)) as RunKey[];
  }

  async postpone(runKey: RunKey, until: number): Promise<void> {
    await this.#redis.zadd(this.#key, "XX", until, runKey);
  }

  async all(): Promise<readonly RunKey[]> {
    const found: RunKey[] = [];
    for (let from = 0; ; from += MOST_AT_ONCE) {
      const some = await this.#redis.zrange(this.#key, String(from), String(from + MOST_AT_ONCE - 1));
      for (const runKey of some) found.push(runKey as RunKey);
      if (some.length < MOST_AT_ONCE) return found;
    }
  }

  async now(): Promise<number> {
    return await readStoreClock(this.#redis, this.#key);
  }
}
