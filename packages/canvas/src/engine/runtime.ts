/**
 * What engine, worker and janitor share of one broker: its connections, the store, the queues. One rule: it is opened
 * by the first who needs it and closed once, in the order in which things depend on each other.
 */
import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import type { RedisGraphStoreOptions } from "../store/redis/redis-graph-store.ts";
import { RedisGraphStore } from "../store/redis/redis-graph-store.ts";
import { ActiveRuns } from "./active-runs.ts";
import { Aliases } from "./aliases.ts";
import type { Broker } from "./broker.ts";
import { Driver } from "./driver.ts";
import { News } from "./news.ts";
import { PageCache } from "./page-cache.ts";
import { Queues } from "./queues.ts";
import { Results } from "./results.ts";

/** The parts of an open engine. */
export class Runtime {
  readonly broker: Broker;
  readonly prefix: string;
  readonly commands: Redis;
  readonly store: RedisGraphStore;
  readonly pages: PageCache;
  readonly results: Results;
  readonly queues: Queues;
  readonly activeRuns: ActiveRuns;
  readonly aliases: Aliases;
  readonly driver: Driver;
  readonly news: News;
  readonly #subscriber: Redis;

  constructor(broker: Broker, options: RedisGraphStoreOptions) {
    this.broker = broker;
    this.prefix = options.prefix;
    this.commands = broker.connect("commands");
    this.#subscriber = broker.connect("subscriber");
    for (const connection of [this.commands, this.#subscriber]) {
      // Each command tells of its own failure; the event is the same news without an address.
      connection.on("error", () => undefined);
      // What keeps a process is a pending submit or get, or a worker; never these sockets by themselves.
      connection.on("connect", () => connection.stream.unref());
    }
    this.store = new RedisGraphStore(this.commands, options);
    this.pages = new PageCache(this.store);
    this.results = new Results(this.store, this.pages);
    this.queues = new Queues(this.commands, options.prefix);
    this.activeRuns = new ActiveRuns(this.commands, options.prefix);
    this.aliases = new Aliases(this.commands, options.prefix, options.resultExpiresMs);
    this.driver = new Driver({
      store: this.store,
      pages: this.pages,
      queues: this.queues,
      activeRuns: this.activeRuns,
      window: options.window,
    });
    this.news = new News({ subscriber: this.#subscriber, commands: this.commands }, options.prefix, randomUUID());
  }

  /** Connects; rejects with what ioredis says when the server does not answer. */
  async open(): Promise<void> {
    await Promise.all([connected(this.commands), connected(this.#subscriber)]);
    await Promise.all([this.store.loadScripts(), this.news.open()]);
  }

  /** Ends all connections. Safe to repeat. */
  async close(): Promise<void> {
    await this.queues.close();
    this.#subscriber.disconnect();
    this.commands.disconnect();
    await this.broker.release();
  }
}

async function connected(redis: Redis): Promise<void> {
  if (redis.status === "wait") await redis.connect();
  else await redis.ping();
}
