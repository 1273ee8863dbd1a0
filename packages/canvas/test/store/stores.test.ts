import { expect, test } from "@jest/globals";
import type { SignatureData } from "@umbel/core";
import fc from "fast-check";
import { Redis } from "ioredis";
import { type Graph, PAGE_SIZE } from "../../src/graph/graph.ts";
import { type GraphStore, STAGED_MS } from "../../src/store/graph-store.ts";
import { MemoryGraphStore } from "../../src/store/memory/memory-graph-store.ts";
import { MemoryRuns } from "../../src/store/memory/memory-runs.ts";
import { RedisGraphStore } from "../../src/store/redis/redis-graph-store.ts";
import { anyCanvas, compileAny } from "../kit/arbitrary-canvas.ts";
import { redisPath, TestPrefix, until } from "../kit/redis-server.ts";
import { anyChoices, describeGraphStore, type OpenStore, type StoreOptions } from "./contract.ts";
import { describeResuming } from "./resume-contract.ts";
import { type Choices, simulate } from "./simulation.ts";

async function openRedisStore(options: StoreOptions): Promise<OpenStore> {
  const place = new TestPrefix();
  return {
    store: new RedisGraphStore(place.redis, { ...options, prefix: place.prefix }),
    // Each key must have an expiry; that is then shortened, so that nobody waits for it.
    expire: async () => {
      for (const key of await place.keys()) {
        expect(await place.redis.pttl(key)).toBeGreaterThan(0);
        await place.redis.pexpire(key, 1);
      }
      await until("nothing is left", async () => (await place.keys()).length === 0);
    },
    // Redis's clock is nobody's to move.
    pass: async (ms) => {
      const now = async (): Promise<number> => {
        const [seconds, micros] = await place.redis.time();
        return Number(seconds) * 1000 + Number(micros) / 1000;
      };
      const end = (await now()) + ms;
      await until("the time has passed", async () => (await now()) >= end);
    },
    leftovers: () => place.keys(),
    close: () => place.close(),
  };
}

async function openMemoryStore(options: StoreOptions): Promise<OpenStore> {
  let now = 1_000_000;
  const runs = new MemoryRuns();
  const store = new MemoryGraphStore(runs, { ...options, now: () => now });
  return {
    store,
    pass: async (ms) => {
      now += ms;
    },
    // Ended runs are forgotten when another one is stored.
    expire: async () => {
      now += Math.max(options.resultExpiresMs, STAGED_MS);
      const other = compileAny({ kind: "task", task: "t" });
      await store.create(other, {});
      await store.delete(other.runKey);
    },
    leftovers: async () => Array.from({ length: runs.size }, () => "a run"),
    close: async () => undefined,
  };
}

describeGraphStore("graphs in Redis", openRedisStore);
describeGraphStore("graphs in memory", openMemoryStore);
describeResuming("graphs in Redis", openRedisStore);
describeResuming("graphs in memory", openMemoryStore);

/** A store that notes what it has answered. */
function listening(store: GraphStore, log: unknown[]): GraphStore {
  return new Proxy(store, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      return async (...args: unknown[]): Promise<unknown> => {
        const reply: unknown = await Reflect.apply(method, target, args);
        log.push({ name, reply });
        return reply;
      };
    },
  });
}

test("Redis and memory answer alike, step by step, whatever the canvas, the order and the failures", async () => {
  const place = new TestPrefix();
  const options = { resultExpiresMs: 60_000, window: 6 };
  const redis = new RedisGraphStore(place.redis, { ...options, prefix: place.prefix });
  const memory = new MemoryGraphStore(new MemoryRuns(), { ...options, now: Date.now });
  /** All that a store answered; which of several open groups is to be refilled is not said. */
  const answers = async (store: GraphStore, graph: Graph, choices: Choices): Promise<unknown> => {
    const log: unknown[] = [];
    log.push(await simulate(listening(store, log), graph, choices));
    for (const index of graph.nodes.keys()) log.push(await store.read(graph.runKey, index));
    return JSON.parse(JSON.stringify(log, (name, value: unknown) => (name === "refills" ? undefined : value)));
  };
  try {
    await fc.assert(
      fc.asyncProperty(anyCanvas(true), anyChoices(), async (data, choices) => {
        const graph = compileAny(data);
        expect(await answers(redis, graph, choices())).toEqual(await answers(memory, graph, choices()));
      }),
      { numRuns: 60 },
    );
  } finally {
    await place.close();
  }
}, 20_000);

test("no call of a script takes more than 1,000 nodes, however large the run", async () => {
  const place = new TestPrefix();
  const sizes: number[] = [];
  const counting = new Redis({ path: redisPath() });
  const send = counting.sendCommand.bind(counting);
  counting.sendCommand = (command, stream) => {
    if (["evalsha", "eval", "hset"].includes(command.name)) {
      sizes.push(command.args.map(String).reduce((sum, argument) => sum + nodesIn(argument), 0));
    }
    return send(command, stream);
  };
  try {
    const store = new RedisGraphStore(counting, { prefix: place.prefix, resultExpiresMs: 60_000, window: 1000 });
    const t: SignatureData = { kind: "task", task: "t" };
    const header = { kind: "group" as const, members: Array.from({ length: 2500 }, () => t) };
    const graph = compileAny({ kind: "chord", header, body: t });
    const pick = (count: number): number => count - 1;
    const { executed } = await simulate(store, graph, {
      pick,
      fails: () => false,
      handOut: 900,
      together: 200,
      sliceSize: 1,
    });
    expect(executed.length).toBe(2501);
    expect(Math.max(...sizes)).toBe(900);
  } finally {
    counting.disconnect();
    await place.close();
  }
}, 20_000);

/** How many nodes an argument stands for: a page is full, a start token is one. */
function nodesIn(argument: string): number {
  if (argument.startsWith("[{")) return PAGE_SIZE;
  return argument.split(",").filter((token) => /^[ts]\d+/.test(token)).length;
}
