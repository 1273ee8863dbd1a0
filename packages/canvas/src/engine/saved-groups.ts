/** Groups that no run made. One rule: what is kept of one is its members' ids; the members are their runs' own. */
import type { ResultTuple } from "@umbel/core";
import { savedGroupKey } from "../store/keys.ts";
import type { RedisConnection } from "../store/redis/connection.ts";

/** Keeps groups by their ids, each as long as an ended run. */
export interface SavedGroups {
  save(id: string, members: readonly ResultTuple[]): Promise<void>;
  find(id: string): Promise<readonly ResultTuple[] | undefined>;
  delete(id: string): Promise<void>;
}

/** Strings in Redis. */
export class RedisSavedGroups implements SavedGroups {
  readonly #redis: RedisConnection;
  readonly #prefix: string;
  readonly #expiresMs: number;

  constructor(redis: RedisConnection, prefix: string, expiresMs: number) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.#expiresMs = expiresMs;
  }

  async save(id: string, members: readonly ResultTuple[]): Promise<void> {
    await this.#redis.set(savedGroupKey(this.#prefix, id), JSON.stringify(members), "PX", this.#expiresMs);
  }

  async find(id: string): Promise<readonly ResultTuple[] | undefined> {
    const text = await this.#redis.get(savedGroupKey(this.#prefix, id));
    return text === null ? undefined : (JSON.parse(text) as readonly ResultTuple[]);
  }

  async delete(id: string): Promise<void> {
    await this.#redis.del(savedGroupKey(this.#prefix, id));
  }
}
