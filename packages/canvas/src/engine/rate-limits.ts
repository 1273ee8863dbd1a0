/**
 * How often tasks may start, counted over all workers of a broker. One rule: two starts of a task are never closer than
 * its rate says, whoever makes them; so over any minute there are no more than it says.
 */

import { turnsKey } from "../store/keys.ts";
import type { RedisConnection } from "../store/redis/connection.ts";
import { Script } from "../store/redis/script.ts";
import { takeTurn } from "../store/redis/scripts.generated.ts";

/** Starts of tasks. */
export interface RateLimits {
  /**
   * Takes a start of a task. Gives 0 when it may start now, or the milliseconds until it should ask again.
   * @param who asks; the same whenever it asks  @param intervalMs between two starts of the task
   */
  take(task: string, who: string, intervalMs: number): Promise<number>;
}

/** How far ahead turns are given, milliseconds; whoever is further behind has none yet. */
export function horizonMs(intervalMs: number): number {
  return Math.max(30_000, 2 * intervalMs);
}

const turn = new Script(takeTurn);

/** Turns in Redis. */
export class RedisRateLimits implements RateLimits {
  readonly #redis: RedisConnection;
  readonly #prefix: string;

  constructor(redis: RedisConnection, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  async take(task: string, who: string, intervalMs: number): Promise<number> {
    return Number(
      await turn.run(this.#redis, [turnsKey(this.#prefix, task)], [who, intervalMs, horizonMs(intervalMs)]),
    );
  }
}
