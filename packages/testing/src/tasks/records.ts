/**
 * What the tasks `record` and the errbacks write down: one list a key. One rule: a record outlives the process that
 * wrote it whenever the worker may be another one, so those of a run on Redis are kept in Redis.
 */
import type { Cluster, Redis } from "ioredis";

/** Lists of recorded values, by key. */
export interface Records {
  append(key: string, value: unknown): Promise<void>;
  /** Gives the values of a key in the order in which they came; none for an unknown key. */
  read(key: string): Promise<readonly unknown[]>;
}

/** Records of one process, for the tests of the tasks themselves. */
export class MemoryRecords implements Records {
  readonly #lists = new Map<string, unknown[]>();

  async append(key: string, value: unknown): Promise<void> {
    const list = this.#lists.get(key);
    if (list === undefined) this.#lists.set(key, [value]);
    else list.push(value);
  }

  async read(key: string): Promise<readonly unknown[]> {
    return this.#lists.get(key) ?? [];
  }
}

/** Records in Redis. The connection is not ours to close, and the keys go with whoever owns the prefix. */
export class RedisRecords implements Records {
  readonly #redis: Redis | Cluster;
  readonly #prefix: string;

  constructor(redis: Redis | Cluster, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  async append(key: string, value: unknown): Promise<void> {
    await this.#redis.rpush(this.#keyOf(key), JSON.stringify(value));
  }

  async read(key: string): Promise<readonly unknown[]> {
    const values = await this.#redis.lrange(this.#keyOf(key), 0, -1);
    return values.map((value): unknown => JSON.parse(value));
  }

  #keyOf(key: string): string {
    return `${this.#prefix}:records:${key}`;
  }
}
