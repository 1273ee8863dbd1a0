/**
 * Signs of life of worker processes. One rule: the store's clock decides (a key that expires), so a worker whose own
 * clock is wrong is neither lost too early nor too late.
 */
import type { Redis } from "ioredis";
import { heartbeatKey } from "../store/keys.ts";

/** Who is alive. */
export interface LifeSigns {
  /** Gives a sign of life, which holds for a while. */
  give(incarnation: string, lifeMs: number): Promise<void>;
  /** Takes it back at once. */
  end(incarnation: string): Promise<void>;
  isAlive(incarnation: string): Promise<boolean>;
}

/** Keys that expire in Redis. */
export class RedisLifeSigns implements LifeSigns {
  readonly #redis: Redis;
  readonly #prefix: string;

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  async give(incarnation: string, lifeMs: number): Promise<void> {
    await this.#redis.set(heartbeatKey(this.#prefix, incarnation), Date.now(), "PX", lifeMs);
  }

  async end(incarnation: string): Promise<void> {
    await this.#redis.del(heartbeatKey(this.#prefix, incarnation));
  }

  async isAlive(incarnation: string): Promise<boolean> {
    return (await this.#redis.exists(heartbeatKey(this.#prefix, incarnation))) === 1;
  }
}
