/**
 * What all processes know of how long tasks hold the event loop. One rule: it is a hint for the size of slices; whoever
 * cannot read or write it goes on with what it has measured itself.
 */

import { taskLoadsKey } from "../store/keys.ts";
import type { RedisConnection } from "../store/redis/connection.ts";
import type { Slicing } from "./slicing.ts";

/** How often what was measured here is told, and what others have told is read again; milliseconds. */
const TELL_MS = 2000;
const READ_MS = 30_000;

/** How long it is kept after somebody told something, milliseconds. */
const KEPT_MS = 86_400_000;

/** Shares estimates through a hash in Redis. */
export class RedisTaskLoads {
  readonly #redis: RedisConnection;
  readonly #key: string;
  readonly #slicing: Slicing;
  #readAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(redis: RedisConnection, prefix: string, slicing: Slicing) {
    this.#redis = redis;
    this.#key = taskLoadsKey(prefix);
    this.#slicing = slicing;
    slicing.onAsked(() => void this.#refresh());
    slicing.onLearned(() => this.#tellSoon());
  }

  /** Reads what others have told. */
  async read(): Promise<void> {
    this.#readAt = performance.now();
    for (const [task, ms] of Object.entries(await this.#redis.hgetall(this.#key))) this.#slicing.hear(task, Number(ms));
  }

  /** Ends the telling. */
  close(): void {
    clearTimeout(this.#timer);
  }

  async #refresh(): Promise<void> {
    if (performance.now() - this.#readAt < READ_MS) return;
    await this.read().catch(() => undefined);
  }

  #tellSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const learned = this.#slicing.takeLearned();
      if (learned.length === 0) return;
      const fields = learned.flatMap(([task, ms]) => [task, ms.toPrecision(3)]);
      this.#redis
        .multi()
        .hset(this.#key, ...fields)
        .pexpire(this.#key, KEPT_MS)
        .exec()
        // It is a hint, and told again when more is known.
        .catch(() => undefined);
    }, TELL_MS).unref();
  }
}
