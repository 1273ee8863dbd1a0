/** Apps on a Redis Cluster of three primaries with a replica each; one is started for this file. */
import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { CanvasEngine, type CanvasWorker, startWorker } from "@umbel/canvas";
import { Cluster, type Redis } from "ioredis";
import { App, type AppOptions, chord, group } from "umbel";
import { readAllCases, readHeld } from "../src/conformance/case-files.ts";
import { openEngine } from "../src/conformance/open-engine.ts";
import { reportLine } from "../src/conformance/report.ts";
import { concurrency, runCases } from "../src/conformance/runner.ts";
import { startCluster, type TestCluster } from "../src/kit/redis-cluster.ts";
import { listKeys } from "../src/kit/redis-keys.ts";

let cluster: TestCluster;
let redis: Cluster;
let ends: (() => Promise<void>)[] = [];
let opened = 0;

beforeAll(async () => {
  cluster = await startCluster();
  redis = new Cluster(cluster.ports.map((port) => ({ host: "127.0.0.1", port })));
}, 60_000);

afterEach(async () => {
  for (const end of ends.reverse()) await end();
  ends = [];
});

afterAll(async () => {
  redis.disconnect();
  await cluster.stop();
});

/** An App with a worker, both of which end with the test. */
function open(options: AppOptions = {}) {
  opened += 1;
  const prefix = `app-${opened}`;
  const app = new App("shop", {
    ...(options.connection === undefined ? { broker: cluster.url } : {}),
    prefix,
    ...options,
  });
  ends.push(() => app.close());
  const add = app.task("add", (x: number, y: number) => x + y);
  const sum = app.task("sum", (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0));
  const errors: string[] = [];
  const work = async (): Promise<CanvasWorker> => {
    const onError = (error: Error): void => {
      errors.push(error.message);
    };
    const { engine } = app;
    if (!(engine instanceof CanvasEngine)) throw new Error("no engine of @umbel/canvas");
    const worker = await startWorker(app, engine, { queues: ["default"], concurrency: 20, onError });
    ends.push(() => worker.close());
    return worker;
  };
  return { app, add, sum, prefix, errors, work };
}

test("a sample of the conformance cases holds", async () => {
  const held = new Set(await readHeld());
  const sample = (await readAllCases()).filter(({ id }) => held.has(id)).filter((_case, place) => place % 12 === 0);
  expect(sample.length).toBeGreaterThan(30);
  const before = process.env.FLOW_BROKER;
  const engine = await openEngine(cluster.url);
  try {
    const reports = await runCases(sample, engine, { level: 4, concurrency });
    expect(reports.filter(({ differences }) => differences.length > 0).map(reportLine)).toEqual([]);
  } finally {
    await engine.close();
    if (before === undefined) delete process.env.FLOW_BROKER;
    else process.env.FLOW_BROKER = before;
  }
}, 120_000);

function isOnCluster(runtime: object): runtime is { readonly commands: Cluster } {
  return "commands" in runtime && runtime.commands instanceof Cluster;
}

test.each([
  ["of ours", (connection: Cluster) => connection],
  ["of BullMQ", (connection: Cluster) => connection.duplicate()],
])("a connection %s fails what is sent over it when its nodes have ended", async (_whose, connectionOf) => {
  const { engine } = open().app;
  if (!(engine instanceof CanvasEngine)) throw new Error("no engine of @umbel/canvas");
  const runtime = await engine.runtime();
  if (!isOnCluster(runtime)) throw new Error("no connection to a cluster");
  const connection = connectionOf(runtime.commands);
  await connection.get("{a}");
  const nodes = connection.nodes();
  await Promise.all(nodes.map((node) => node.ping()));
  const ended = nodes.map((node) => new Promise((resolve) => node.once("end", resolve)));
  connection.disconnect();
  await Promise.all(ended);
  // The state that it has by the last node's end comes a moment later.
  await new Promise(setImmediate);
  await expect(connection.bzpopmin("{a}", 0)).rejects.toThrow("Connection is closed");
  expect(connection.status).toBe("end");
});

/** How many commands each primary has done so far, in the order of `nodes`. */
async function countCommands(nodes: readonly Redis[]): Promise<readonly number[]> {
  const infos = await Promise.all(nodes.map((node) => node.info("stats")));
  return infos.map((info) => Number(/total_commands_processed:(\d+)/.exec(info)?.[1]));
}

test("runs spread over the nodes, each has its keys on one, and all nodes have work", async () => {
  const { add, prefix, work } = open();
  await work();
  const values = await group(Array.from({ length: 30 }, (_, index) => add.s(index, 1)))
    .delay()
    .get({ timeout: 30 });
  expect(values).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
  const primaries = redis.nodes("master");
  const before = await countCommands(primaries);
  await Promise.all(Array.from({ length: 24 }, (_, index) => add.delay(index, index).get({ timeout: 30 })));
  const after = await countCommands(primaries);
  // A run costs three commands of its own, and there are about eight on each node.
  for (const [place, count] of after.entries()) expect(count - (before[place] ?? 0)).toBeGreaterThan(10);
  const graphs = (await listKeys(redis, prefix)).filter((key) => key.endsWith(":graph"));
  expect(graphs.length).toBe(25);
  const nodes = await Promise.all(graphs.map(primaryOf));
  expect(new Set(nodes).size).toBe(3);
}, 60_000);

test("a queue is on one node, and with shards on all of them alike", async () => {
  /** Which part of all commands each primary does, in the order of their parts. */
  const partsOf = async (shards: number): Promise<readonly number[]> => {
    const { add, work } = open({ taskQueues: [{ name: "default", shards }] });
    const worker = await work();
    await add.delay(1, 1).get({ timeout: 30 });
    const primaries = redis.nodes("master");
    const before = await countCommands(primaries);
    await Promise.all(Array.from({ length: 150 }, (_, index) => add.delay(index, index).get({ timeout: 30 })));
    const counts = (await countCommands(primaries)).map((count, place) => count - (before[place] ?? 0));
    const all = counts.reduce((sum, count) => sum + count, 0);
    await worker.close();
    return counts.map((count) => count / all).sort((one, other) => other - one);
  };
  const [most = 0] = await partsOf(1);
  expect(most).toBeGreaterThan(0.55);
  const [busiest = 0, , idlest = 0] = await partsOf(3);
  expect(busiest).toBeLessThan(0.5);
  expect(idlest).toBeGreaterThan(0.18);
}, 60_000);

test("a connection of one's own is only a pattern: it is not used, and not closed", async () => {
  const own = new Cluster(
    cluster.ports.map((port) => ({ host: "127.0.0.1", port })),
    { lazyConnect: true },
  );
  const { app, add, work } = open({ connection: own });
  const worker = await work();
  expect(await add.delay(2, 2).get({ timeout: 30 })).toBe(4);
  await worker.close();
  await app.close();
  expect(own.status).toBe("wait");
  own.disconnect();
}, 60_000);

/** The port of the primary that serves a key now. */
async function primaryOf(key: string): Promise<number> {
  const slot = await redis.cluster("KEYSLOT", key);
  for (const [first, last, node] of await redis.cluster("SLOTS")) {
    if (first <= slot && slot <= last && node !== undefined) return node[1];
  }
  throw new Error(`no node serves ${key}`);
}

// That of the queue is killed in brokers/failures.brokers.ts, which is not run each time.
test("a chord of 10,000 ends, and right, when the primary of its run is killed in the middle", async () => {
  const { add, sum, prefix, work } = open();
  await work();
  await work();
  const members = Array.from({ length: 10_000 }, (_, index) => add.s(index, index));
  const handle = await chord(members, sum.s()).delay();
  const graph = (await listKeys(redis, prefix)).find((key) => key.endsWith(":graph")) ?? "";
  // What a primary has confirmed and not passed on goes with it. Here that must not be the run itself.
  for (const primary of redis.nodes("master")) await primary.wait(1, 1000);
  const killed = await primaryOf(graph);
  expect(await handle.ready()).toBe(false);
  cluster.server(killed).kill();
  expect(await handle.get({ timeout: 60 })).toBe(99_990_000);
  await cluster.server(killed).revive();
  await cluster.ready();
}, 90_000);
