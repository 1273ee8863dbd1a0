/** What the store and the subscriber do on a Redis Cluster; one is started for this file. */
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { listKeys, startCluster, type TestCluster } from "@umbel/testing";
import { Cluster } from "ioredis";
import { RedisAliases } from "../../src/engine/aliases.ts";
import { NodeSubscriber } from "../../src/engine/node-subscriber.ts";
import { RedisGraphStore } from "../../src/store/redis/redis-graph-store.ts";
import { readStoreClock } from "../../src/store/redis/store-clock.ts";
import { until } from "../kit/redis-server.ts";
import { describeGraphStore } from "../store/contract.ts";

// With the whole suite and eight servers at once on two cores, the longest of these took 5 s.
jest.setTimeout(30_000);

let cluster: TestCluster;
let redis: Cluster;
let opened = 0;

beforeAll(async () => {
  // None is killed here, and none shall be thought dead.
  cluster = await startCluster({ nodeTimeoutMs: 15_000 });
  redis = new Cluster(cluster.ports.map((port) => ({ host: "127.0.0.1", port })));
}, 60_000);

afterAll(async () => {
  redis.disconnect();
  await cluster.stop();
});

describeGraphStore("graphs in a Redis Cluster", async (options) => {
  opened += 1;
  const prefix = `cluster-${opened}`;
  const keys = (): Promise<string[]> => listKeys(redis, `${prefix}:`);
  return {
    store: new RedisGraphStore(redis, { ...options, prefix }),
    expire: async () => {
      for (const key of await keys()) {
        expect(await redis.pttl(key)).toBeGreaterThan(0);
        await redis.pexpire(key, 1);
      }
      await until("nothing is left", async () => (await keys()).length === 0);
    },
    pass: async (ms) => {
      const end = (await readStoreClock(redis, prefix)) + ms;
      await until("the time has passed", async () => (await readStoreClock(redis, prefix)) >= end);
    },
    leftovers: keys,
    // The cluster goes with this file.
    close: async () => undefined,
  };
});

describe("on a Redis Cluster", () => {
  test("all primaries know the scripts once they were loaded, and those of a run stay on its node", async () => {
    const primaries = redis.nodes("master");
    await Promise.all(primaries.map((node) => node.script("FLUSH")));
    await new RedisGraphStore(redis, { prefix: "loads", resultExpiresMs: 1000, window: 10 }).loadScripts();
    const counts = await Promise.all(
      primaries.map(async (node) => /number_of_cached_scripts:(\d+)/.exec(await node.info("memory"))?.[1]),
    );
    expect(new Set(counts).size).toBe(1);
    expect(Number(counts[0])).toBeGreaterThan(8);
  });

  test("ids of one's own are reserved all or none, on whichever nodes they are", async () => {
    const aliases = new RedisAliases(redis, "aliases", 60_000);
    const named = (...ids: string[]) => ids.map((id) => ({ id, nodeId: `node of ${id}` }));
    await aliases.reserve([{ id: "taken", nodeId: "somebody else's node" }]);
    const many = Array.from({ length: 12 }, (_, number) => `id ${number}`);
    await expect(aliases.reserve(named(...many, "taken"))).rejects.toThrow('a task with the id "taken" exists already');
    expect(await listKeys(redis, "aliases:")).toEqual(["aliases:alias:taken"]);
  });
});

describe("a subscriber to a cluster", () => {
  const heard: string[] = [];
  let subscriber: NodeSubscriber;
  const tell = async (channel: string, word: string): Promise<void> => {
    await redis.publish(channel, word);
  };

  beforeAll(() => {
    subscriber = new NodeSubscriber(redis);
    subscriber.on("message", (channel: string, message: string) => heard.push(`${channel} ${message}`));
    subscriber.on("close", () => heard.push("close"));
    subscriber.on("ready", () => heard.push("ready"));
  });
  afterAll(() => subscriber.disconnect());

  test("hears what is published on any node", async () => {
    await Promise.all([subscriber.subscribe("a"), subscriber.subscribe("b")]);
    const nodes = redis.nodes();
    const expected = nodes.map(({ options }) => `a ${options.port}`).sort();
    expect(nodes.length).toBeGreaterThanOrEqual(3);
    for (const node of nodes) await node.publish("a", String(node.options.port));
    await until("all were heard", () => heard.length >= nodes.length);
    expect([...heard].sort()).toEqual(expected);
    heard.length = 0;
  });

  test("tells of the loss of its node, and hears all channels by another one, but those it gave up", async () => {
    await subscriber.subscribe("c");
    await subscriber.unsubscribe("b");
    // All at once: it may be on any of them, and must not be cut again where it goes.
    await Promise.all(redis.nodes().map((node) => node.call("CLIENT", "KILL", "TYPE", "pubsub")));
    await until("it is back", () => heard.includes("ready"));
    await subscriber.ping();
    expect(heard).toEqual(["close", "ready"]);
    heard.length = 0;
    for (const channel of ["a", "b", "c"]) await tell(channel, "again");
    await until("both were heard", () => heard.length === 2);
    expect([...heard].sort()).toEqual(["a again", "c again"]);
  });

  test("one that was ended takes no channel and looks for no node", async () => {
    const other = new NodeSubscriber(redis);
    other.disconnect();
    await expect(other.subscribe("a")).rejects.toThrow(/abort/);
  });
});
