/** Opens what the conformance command runs cases by: an App with the task library, its worker, and a prefix of its own. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Broker, CanvasEngine, startWorker } from "@umbel/canvas";
import { App, OperationalError, parseNodeId } from "@umbel/core";
import { Redis, type RedisOptions } from "ioredis";
import { deleteKeys } from "../kit/redis-keys.ts";
import { defineConformanceTasks } from "../tasks/library.ts";
import { RedisRecords } from "../tasks/records.ts";
import { AppEngine } from "./app-engine.ts";
import type { ConformanceEngine } from "./engine.ts";

/** Slots of the worker: enough that no case waits for the sleeps of another. */
const SLOTS = 400;

/** How often it is asked whether a run has ended. */
const POLL_MS = 20;

/** Opens an engine on a broker, with a fresh prefix. @throws OperationalError when it cannot be reached */
export async function openEngine(broker: string): Promise<ConformanceEngine> {
  const prefix = `conformance-${randomUUID()}`;
  const redis = await reach(broker);
  const connections = new Connections(broker);
  const records = new RedisRecords(redis, prefix);
  const app: App = new App("conformance", {}, () => engine);
  const engine: CanvasEngine = new CanvasEngine(app, { openBroker: async () => connections, prefix });
  defineConformanceTasks(app, records);
  const runtime = await engine.runtime();
  const worker = await startWorker(app, engine, { queues: ["default"], concurrency: SLOTS });
  return new AppEngine({
    app,
    records,
    runEnded: async (resultId, signal) => {
      const place = parseNodeId(resultId) ?? (await runtime.aliases.find(resultId));
      if (place === undefined) return;
      while ((await redis.zscore(`${prefix}:active`, place.runKey)) !== null) {
        await sleep(POLL_MS, undefined, { signal });
      }
    },
    close: async () => {
      await worker.close();
      await app.close();
      connections.end();
      await deleteKeys(redis, prefix);
      redis.disconnect();
    },
  });
}

/** Connects once, without a second try, so that a wrong address is told at once. */
async function reach(url: string): Promise<Redis> {
  const redis = connect(url, { retryStrategy: null });
  let reason: unknown;
  // connect() rejects with a mere "Connection is closed"; the reason is in the event before it.
  redis.on("error", (error: unknown) => {
    reason = error;
  });
  try {
    await redis.connect();
    return redis;
  } catch (cause) {
    throw new OperationalError(`cannot reach Redis at ${url}: ${String(reason ?? cause)}`, { cause });
  }
}

/** A broker that remembers its connections, so that one the engine forgot keeps no process alive. */
class Connections implements Broker {
  readonly address: string;
  readonly #all: Redis[] = [];

  constructor(address: string) {
    this.address = address;
  }

  connect(): Redis {
    const redis = connect(this.address);
    this.#all.push(redis);
    return redis;
  }

  async release(): Promise<void> {}

  end(): void {
    for (const redis of this.#all) redis.disconnect();
  }
}

function connect(url: string, more: Pick<RedisOptions, "retryStrategy"> = {}): Redis {
  const options = { maxRetriesPerRequest: null, lazyConnect: true, ...more };
  if (url.startsWith("unix://")) return new Redis({ path: url.slice("unix://".length), ...options });
  if (/^rediss?:\/\//.test(url)) return new Redis(url, options);
  throw new OperationalError(`the conformance runner cannot reach "${url}" yet; give a unix:// or redis:// URL`);
}
