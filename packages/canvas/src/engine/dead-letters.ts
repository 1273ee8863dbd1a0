/**
 * The list of rejected calls. One rule: it has an end, so that calls which nobody looks at do not fill the server: the
 * latest 10,000, for 30 days.
 */
import { type DeadLetter, type DeadLetterBox, decodeJson, encodeJson } from "@umbel/core";
import { deadLetterOrderKey, deadLettersKey } from "../store/keys.ts";
import type { RedisConnection } from "../store/redis/connection.ts";

/** What the worker adds to it. */
export interface DeadLetterStore extends DeadLetterBox {
  /** Keeps a letter. Safe to repeat: a second one with the same id takes the first one's place. */
  add(letter: DeadLetter): Promise<void>;
}

export const MOST_LETTERS = 10_000;
export const KEPT_MS = 30 * 86_400_000;

/** A hash and its order in Redis. */
export class RedisDeadLetters implements DeadLetterStore {
  readonly #redis: RedisConnection;
  readonly #letters: string;
  readonly #order: string;

  constructor(redis: RedisConnection, prefix: string) {
    this.#redis = redis;
    this.#letters = deadLettersKey(prefix);
    this.#order = deadLetterOrderKey(prefix);
  }

  async add(letter: DeadLetter): Promise<void> {
    const at = letter.rejectedAt.getTime();
    await this.#redis
      .multi()
      .hset(this.#letters, letter.id, encodeJson(letter, `the rejected call ${letter.id}`))
      .zadd(this.#order, at, letter.id)
      .pexpire(this.#letters, KEPT_MS)
      .pexpire(this.#order, KEPT_MS)
      .exec();
    await this.#trim(at);
  }

  async list(most: number): Promise<readonly DeadLetter[]> {
    const ids = await this.#redis.zrevrange(this.#order, 0, most - 1);
    if (ids.length === 0) return [];
    const texts = await this.#redis.hmget(this.#letters, ...ids);
    return texts.flatMap((text) => (text === null ? [] : [decodeJson(text) as DeadLetter]));
  }

  async find(id: string): Promise<DeadLetter | undefined> {
    const text = await this.#redis.hget(this.#letters, id);
    return text === null ? undefined : (decodeJson(text) as DeadLetter);
  }

  async discard(id: string): Promise<boolean> {
    await this.#redis.zrem(this.#order, id);
    return (await this.#redis.hdel(this.#letters, id)) === 1;
  }

  async #trim(now: number): Promise<void> {
    const [old, many] = await Promise.all([
      this.#redis.zrangebyscore(this.#order, "-inf", String(now - KEPT_MS)),
      this.#redis.zrange(this.#order, 0, String(-MOST_LETTERS - 1)),
    ]);
    const gone = [...new Set([...old, ...many])];
    if (gone.length === 0) return;
    await this.#redis
      .multi()
      .zrem(this.#order, ...gone)
      .hdel(this.#letters, ...gone)
      .exec();
  }
}
