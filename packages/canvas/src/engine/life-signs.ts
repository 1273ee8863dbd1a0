/**
 * Signs of life of worker processes. One rule: the store's clock decides (a key that expires), so a worker whose own
 * clock is wrong is neither lost too early nor too late.
 */
import { heartbeatKey, workerNameKey } from "../store/keys.ts";
import { primariesOf, type RedisConnection } from "../store/redis/connection.ts";
import { scanKeys } from "../store/redis/scan-keys.ts";

/** What a worker tells of itself. */
export interface WorkerInfo {
  readonly name: string;
  /** Of the package that it runs; empty where nobody said. */
  readonly version: string;
  readonly queues: readonly string[];
  /** Names of the tasks that it knows, without those that every App has. */
  readonly tasks: readonly string[];
  /** Epoch milliseconds, by its own clock. */
  readonly startedAt: number;
}

/** Who is alive. */
export interface LifeSigns {
  /** Gives a sign of life, which holds for a while, and tells with it what the worker is. */
  give(incarnation: string, lifeMs: number, about: WorkerInfo): Promise<void>;
  /** The workers that are alive, in the order of their names. For people: it looks at all keys. */
  alive(): Promise<readonly WorkerInfo[]>;
  /** Says what a worker is called. It is known for as long as results of what it ran are. */
  name(incarnation: string, name: string): Promise<void>;
  /** Gives the name of a worker, also of one that is gone. */
  nameOf(incarnation: string): Promise<string | undefined>;
  /** Takes it back at once. */
  end(incarnation: string): Promise<void>;
  isAlive(incarnation: string): Promise<boolean>;
}

/** Workers by their names. */
export function sorted(workers: readonly WorkerInfo[]): readonly WorkerInfo[] {
  return workers.toSorted((one, other) => (one.name < other.name ? -1 : 1));
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

  async give(incarnation: string, lifeMs: number, about: WorkerInfo): Promise<void> {
    await this.#redis.set(heartbeatKey(this.#prefix, incarnation), JSON.stringify(about), "PX", lifeMs);
  }

  async alive(): Promise<readonly WorkerInfo[]> {
    const found: (string | null)[] = [];
    for (const node of primariesOf(this.#redis)) {
      for await (const keys of scanKeys(node, heartbeatKey(this.#prefix, ""))) {
        found.push(...(await Promise.all(keys.map((key) => node.get(key)))));
      }
    }
    // What was there when it was scanned may be gone.
    return sorted(found.flatMap((text) => (text === null ? [] : [JSON.parse(text) as WorkerInfo])));
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
