/**
 * Signs of life of worker processes. One rule: the store's clock decides (a key that expires), so a worker whose own
 * clock is wrong is neither lost too early nor too late.
 */
import { heartbeatKey, workerNameKey } from "../store/keys.ts";
import type { RedisConnection } from "../store/redis/connection.ts";

/** Who is alive. */
export interface LifeSigns {
  /** Gives a sign of life, which holds for a while. */
  give(incarnation: string, lifeMs: number): Promise<void>;
  /** Says what a worker is called. It is known for as long as results of what it ran are. */
  name(incarnation: string, name: string): Promise<void>;
  /** Gives the name of a worker, also of one that is gone. */
  nameOf(incarnation: string): Promise<string | undefined>;
  /** Takes it back at once. */
  end(incarnation: string): Promise<void>;
  isAlive(incarnation: string): Promise<boolean>;
}

/** How much longer than results names of workers are kept: they are renewed less often than that, milliseconds. */
const NAME_MARGIN_MS = 60_000;

/** Keys that expire in Redis. */
export class RedisLifeSigns implements LifeSigns {
  readonly #redis: RedisConnection;
  readonly #prefix: string;
  readonly #resultExpiresMs: number;

  /** @param resultExpiresMs how long an ended run is kept */
  constructor(redis: RedisConnection, prefix: string, resultExpiresMs: number) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.#resultExpiresMs = resultExpiresMs;
  }

  async give(incarnation: string, lifeMs: number): Promise<void> {
    await this.#redis.set(heartbeatKey(this.#prefix, incarnation), Date.now(), "PX", lifeMs);
  }

  async name(incarnation: string, name: string): Promise<void> {
    const lifeMs = this.#resultExpiresMs + NAME_MARGIN_MS;
    await this.#redis.set(workerNameKey(this.#prefix, incarnation), name, "PX", lifeMs);
  }

  async nameOf(incarnation: string): Promise<string | undefined> {
    return (await this.#redis.get(workerNameKey(this.#prefix, incarnation))) ?? undefined;
  }

  async end(incarnation: string): Promise<void> {
    await Promise.all([
      this.#redis.del(heartbeatKey(this.#prefix, incarnation)),
      this.#redis.pexpire(workerNameKey(this.#prefix, incarnation), this.#resultExpiresMs),
    ]);
  }

  async isAlive(incarnation: string): Promise<boolean> {
    return (await this.#redis.exists(heartbeatKey(this.#prefix, incarnation))) === 1;
  }
}
