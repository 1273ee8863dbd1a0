/**
 * The parts of an engine on Redis and BullMQ. One rule: connections are made here and closed here, in the order in which
 * things depend on each other.
 */
import { randomUUID } from "node:crypto";
import type { Content } from "@umbel/core";
import { janitorLeaseKey } from "../store/keys.ts";
import { connected, cork, holdNoProcess, isCluster, type RedisConnection } from "../store/redis/connection.ts";
import { RedisGraphStore } from "../store/redis/redis-graph-store.ts";
import { RedisActiveRuns } from "./active-runs.ts";
import { RedisAliases } from "./aliases.ts";
import type { Broker } from "./broker.ts";
import { BullQueues } from "./bull-queues.ts";
import { BullWorkSource } from "./bull-work-source.ts";
import { RedisDeadLetters } from "./dead-letters.ts";
import { RedisDeduplicationKeys } from "./deduplication.ts";
import { Driver } from "./driver.ts";
import { RedisLease } from "./lease.ts";
import { RedisLifeSigns } from "./life-signs.ts";
import { RedisNews } from "./news.ts";
import { NodeSubscriber } from "./node-subscriber.ts";
import { PageCache } from "./page-cache.ts";
import { RedisRateLimits } from "./rate-limits.ts";
import { Relatives } from "./relatives.ts";
import { Results } from "./results.ts";
import { Revoker } from "./revoker.ts";
import { RedisRunIndex } from "./run-index.ts";
import type { Runtime, RuntimeOptions } from "./runtime.ts";
import { RedisSavedGroups } from "./saved-groups.ts";
import { Shards } from "./shards.ts";
import { Slicing } from "./slicing.ts";
import { RedisTaskLoads } from "./task-loads.ts";
import { systemTimers } from "./timers.ts";
import type { Workplace } from "./work-source.ts";

/** An engine's connections to one Redis, or to a cluster. */
export class RedisRuntime implements Runtime {
  readonly broker: Broker;
  readonly prefix: string;
  readonly commands: RedisConnection;
  readonly store: RedisGraphStore;
  readonly pages: PageCache;
  readonly results: Results;
  readonly content: Content;
  readonly relatives: Relatives;
  readonly queues: BullQueues;
  readonly activeRuns: RedisActiveRuns;
  readonly runIndex: RedisRunIndex;
  readonly aliases: RedisAliases;
  readonly deduplication: RedisDeduplicationKeys;
  readonly savedGroups: RedisSavedGroups;
  readonly slicing: Slicing;
  readonly driver: Driver;
  readonly news: RedisNews;
  readonly lifeSigns: RedisLifeSigns;
  readonly rateLimits: RedisRateLimits;
  readonly deadLetters: RedisDeadLetters;
  readonly janitorLease: RedisLease;
  readonly timers = systemTimers;
  readonly upkeepTimers = systemTimers;
  readonly #subscriber: RedisConnection | NodeSubscriber;
  readonly #options: RuntimeOptions;
  readonly #taskLoads: RedisTaskLoads;

  constructor(broker: Broker, options: RuntimeOptions) {
    this.broker = broker;
    this.#options = options;
    this.prefix = options.prefix;
    this.commands = broker.connect("commands");
    this.#openQuietly(this.commands);
    if (isCluster(this.commands)) this.#subscriber = new NodeSubscriber(this.commands);
    else this.#subscriber = this.#openQuietly(broker.connect("subscriber"));
    this.store = new RedisGraphStore(this.commands, options);
    this.pages = new PageCache(this.store);
    this.content = options.content;
    this.results = new Results(this.store, this.pages, options.content);
    this.relatives = new Relatives(this.pages, this.results);
    this.queues = new BullQueues(
      this.commands,
      options.prefix,
      new Shards(this.commands, options.prefix, options.shardsOf),
    );
    this.activeRuns = new RedisActiveRuns(this.commands, options.prefix);
    this.runIndex = new RedisRunIndex(this.commands, options.prefix, options.resultExpiresMs);
    this.aliases = new RedisAliases(this.commands, options.prefix, options.resultExpiresMs);
    this.deduplication = new RedisDeduplicationKeys(this.commands, options.prefix);
    this.savedGroups = new RedisSavedGroups(this.commands, options.prefix, options.resultExpiresMs);
    this.slicing = new Slicing(options.sliceSize ?? "adaptive");
    this.#taskLoads = new RedisTaskLoads(this.commands, options.prefix, this.slicing);
    this.driver = new Driver({
      store: this.store,
      pages: this.pages,
      queues: this.queues,
      activeRuns: this.activeRuns,
      runIndex: this.runIndex,
      slicing: this.slicing,
      window: options.window,
      onRevoked: (runKey) => new Revoker(this).finish(runKey),
    });
    this.news = new RedisNews(this.#subscriber, this.store, options.prefix, randomUUID());
    this.lifeSigns = new RedisLifeSigns(this.commands, options.prefix, options.resultExpiresMs);
    this.deadLetters = new RedisDeadLetters(this.commands, options.prefix);
    this.rateLimits = new RedisRateLimits(this.commands, options.prefix);
    this.janitorLease = new RedisLease(this.commands, janitorLeaseKey(options.prefix));
  }

  /** Connects; rejects with what ioredis says when the server does not answer. */
  async open(): Promise<void> {
    const subscriber = this.#subscriber;
    await Promise.all([
      connected(this.commands),
      subscriber instanceof NodeSubscriber ? undefined : connected(subscriber),
    ]);
    await Promise.all([this.store.loadScripts(), this.news.open(), this.#taskLoads.read()]);
  }

  openWorkplace(onError: (error: Error) => void): Workplace {
    const connection = this.broker.connect("worker");
    connection.on("error", onError);
    const place = { connection, prefix: this.prefix, shardsOf: this.#options.shardsOf };
    return {
      store: new RedisGraphStore(connection, this.#options),
      serve: (queue, deliver, options) => new BullWorkSource(queue, place, deliver, options),
      close: () => connection.disconnect(),
    };
  }

  together<Value>(send: () => Value): Value {
    process.nextTick(cork(this.commands));
    return send();
  }

  onConnected(listener: () => void): void {
    this.commands.on("ready", listener);
    // A cluster is there as long as one of its nodes is; what is lost and comes back is what was listened to.
    if (this.#subscriber instanceof NodeSubscriber) this.#subscriber.on("ready", listener);
  }

  #openQuietly(connection: RedisConnection): RedisConnection {
    // Each command tells of its own failure; the event is the same news without an address.
    connection.on("error", () => undefined);
    // What keeps a process is a pending submit or get, or a worker; never these sockets by themselves.
    holdNoProcess(connection);
    return connection;
  }

  /** Ends all connections. Safe to repeat. */
  async close(): Promise<void> {
    this.#taskLoads.close();
    await this.queues.close();
    // A server that cannot be reached is told nothing; the janitor finds out by itself.
    if (this.commands.status === "ready") {
      await Promise.all([this.activeRuns.flush(), this.runIndex.flush()]).catch(() => undefined);
    }
    this.#subscriber.disconnect();
    this.commands.disconnect();
    await this.broker.release();
  }
}
