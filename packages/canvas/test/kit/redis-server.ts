/** The Redis of this Jest run, and a prefix of it for one test. One rule: when a test has ended, nothing of its prefix is left. */
import { randomUUID } from "node:crypto";
import { Redis, type RedisOptions } from "ioredis";
import type { Broker, ConnectionPurpose } from "../../src/engine/broker.ts";

/** The path of the socket of the server that `npm test` started. */
export function redisPath(): string {
  const url = process.env.UMBEL_TEST_REDIS;
  if (url === undefined) throw new Error("UMBEL_TEST_REDIS is not set; run the tests by `npm test`");
  return url.replace(/^unix:\/\//, "");
}

/** Connects as `umbel` does: clients give up after three tries, workers never do. */
export class SocketBroker implements Broker {
  readonly address: string;
  /** All connections that were made, so that a test can break them. */
  readonly connections: Redis[] = [];
  releases = 0;
  readonly #path: string;
  readonly #more: Pick<RedisOptions, "retryStrategy">;

  constructor(path = redisPath(), more: Pick<RedisOptions, "retryStrategy"> = {}) {
    this.address = `unix://${path}`;
    this.#path = path;
    this.#more = more;
  }

  connect(purpose: ConnectionPurpose): Redis {
    const maxRetriesPerRequest = purpose === "commands" ? 3 : null;
    const redis = new Redis({ path: this.#path, lazyConnect: true, maxRetriesPerRequest, ...this.#more });
    this.connections.push(redis);
    return redis;
  }

  async release(): Promise<void> {
    this.releases += 1;
  }
}

/** A prefix of the server that nobody else has, with a connection to look at it. */
export class TestPrefix {
  readonly prefix = `canvas-${randomUUID()}`;
  readonly redis: Redis;

  constructor(path = redisPath()) {
    this.redis = new Redis({ path, maxRetriesPerRequest: 1 });
  }

  /** The keys with this prefix, sorted. */
  async keys(): Promise<string[]> {
    const keys = new Set<string>();
    for await (const batch of this.redis.scanStream({ match: `*${this.prefix}*`, count: 1000 })) {
      for (const key of batch as string[]) keys.add(key);
    }
    return [...keys].sort();
  }

  /** Removes all of it. */
  async close(): Promise<void> {
    const keys = await this.keys();
    if (keys.length > 0) await this.redis.unlink(...keys);
    this.redis.disconnect();
  }
}

/** Asks again and again until the answer is yes. @throws Error when that takes longer than `withinMs` */
export async function until(what: string, ask: () => Promise<boolean> | boolean, withinMs = 20_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await ask())) {
    if (performance.now() > end) throw new Error(`waited ${withinMs} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
