/** A lease: what only one process may do at a time. One rule: it ends by itself when its holder does not renew it. */
import type { RedisConnection } from "../store/redis/connection.ts";

/** One lease. */
export interface Lease {
  /** Takes or renews it; false while somebody else holds it. */
  take(holder: string, lifeMs: number): Promise<boolean>;
  /** Gives it up, if it is held. */
  giveUp(holder: string): Promise<void>;
}

/** A key in Redis. */
export class RedisLease implements Lease {
  readonly #redis: RedisConnection;
  readonly #key: string;

  constructor(redis: RedisConnection, key: string) {
    this.#redis = redis;
    this.#key = key;
  }

  async take(holder: string, lifeMs: number): Promise<boolean> {
    const taken = await this.#redis.set(this.#key, holder, "PX", lifeMs, "NX");
    if (taken === "OK") return true;
    if ((await this.#redis.get(this.#key)) !== holder) return false;
    await this.#redis.pexpire(this.#key, lifeMs);
    return true;
  }

  async giveUp(holder: string): Promise<void> {
    if ((await this.#redis.get(this.#key)) === holder) await this.#redis.del(this.#key);
  }
}
