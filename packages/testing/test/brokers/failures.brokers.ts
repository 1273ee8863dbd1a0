/** Servers that die or stand still, and how long calls wait for it: each test prints that, for docs/brokers.md. */

import { setTimeout as delay } from "node:timers/promises";
import { afterEach, expect, test } from "@jest/globals";
import { CanvasEngine, startWorker } from "@umbel/canvas";
import { Cluster } from "ioredis";
import { App, chain, chord } from "umbel";
import { startCluster } from "../../src/kit/redis-cluster.ts";
import { listKeys } from "../../src/kit/redis-keys.ts";
import { startSentinels, untilServer } from "../../src/kit/redis-sentinels.ts";
import type { TestServer } from "../../src/kit/redis-server.ts";

const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  // What one test leaves, because it cannot end, is not the next one's.
  const own = ends.splice(0).reverse();
  for (const end of own) await end();
});

/** An App with a worker, both of which end with the test. */
async function open(broker: string) {
  const app = new App("shop", { broker, prefix: "failures" });
  ends.push(() => app.close());
  const add = app.task("add", (x: number, y: number) => x + y);
  const sum = app.task("sum", (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0));
  const nap = app.task("nap", async (count: number) => {
    await delay(50);
    return count + 1;
  });
  const { engine } = app;
  if (!(engine instanceof CanvasEngine)) throw new Error("no engine of @umbel/canvas");
  const worker = await startWorker(app, engine, { queues: ["default"], concurrency: 20 });
  ends.push(() => worker.close());
  return { add, sum, nap };
}

function tell(what: string, sinceMs: number): void {
  process.stderr.write(`${what}: ${((performance.now() - sinceMs) / 1000).toFixed(1)} s\n`);
}

type Shop = Awaited<ReturnType<typeof open>>;

/** Sends a chord, lets a server fail in the middle of it, and sees that it ends right and that calls go on. */
async function failInTheMiddle(what: string, { add, sum }: Shop, fail: () => Promise<unknown>): Promise<void> {
  const members = Array.from({ length: 10_000 }, (_, index) => add.s(index, index));
  const handle = await chord(members, sum.s()).delay();
  expect(await handle.ready()).toBe(false);
  await fail();
  const failed = performance.now();
  expect(await add.delay(2, 2).get({ timeout: 100 })).toBe(4);
  tell(`${what}, a call that was sent at once has its result after`, failed);
  expect(await handle.get({ timeout: 100 })).toBe(99_990_000);
  tell(`${what}, the chord has its result after`, failed);
}

const failures: readonly (readonly [how: string, fail: (server: TestServer) => void])[] = [
  ["killed", (server) => server.kill()],
  ["frozen", (server) => server.freeze()],
];

test.each(failures)("a primary that sentinels watch is %s", async (how, fail) => {
  const { url, primary, stop } = await startSentinels({ downAfterMs: 5000 });
  ends.push(stop);
  const shop = await open(url);
  await failInTheMiddle(`sentinels, a primary ${how}`, shop, async () => {
    // What a primary has confirmed and not passed on goes with it. Here that must not be the run itself.
    await untilServer(primary.port, async (redis) => (await redis.wait(1, 1000)) === 1);
    fail(primary);
  });
  // It wakes up as a primary, and is told that it is none; nobody may take it for one meanwhile.
  if (how === "frozen") primary.thaw();
  expect(await shop.add.delay(3, 3).get({ timeout: 60 })).toBe(6);
});

test.each([
  ...failures.map((failure) => ["run", ...failure] as const),
  ...failures.map((failure) => ["queue", ...failure] as const),
])("the primary of a %s in a cluster is %s", async (what, how, fail) => {
  const cluster = await startCluster({ nodeTimeoutMs: 5000 });
  ends.push(() => cluster.stop());
  const redis = new Cluster(cluster.ports.map((port) => ({ host: "127.0.0.1", port })));
  const shop = await open(cluster.url);
  const slots = await redis.cluster("SLOTS");
  const primaryOf = async (key: string): Promise<TestServer> => {
    const slot = await redis.cluster("KEYSLOT", key);
    const node = slots.find(([first, last]) => first <= slot && slot <= last)?.[2];
    return cluster.server(node?.[1] ?? 0);
  };
  let primary: TestServer | undefined;
  await failInTheMiddle(`a cluster, the primary of the ${what} ${how}`, shop, async () => {
    const graph = (await listKeys(redis, "failures")).find((key) => key.endsWith(":graph")) ?? "";
    for (const node of redis.nodes("master")) await node.wait(1, 1000);
    primary = await primaryOf(what === "run" ? graph : "failures:{default}");
    // A connection of a test's own would go on looking for the node when the test is over.
    redis.disconnect();
    fail(primary);
  });
  if (how === "frozen") primary?.thaw();
  expect(await shop.add.delay(3, 3).get({ timeout: 60 })).toBe(6);
});

test.each([
  ["soon", 3000],
  ["when calls have given up", 35_000],
])("all nodes of a cluster die and come back %s, with what they wrote to disk", async (when, awayMs) => {
  const cluster = await startCluster({ isDurable: true });
  ends.push(() => cluster.stop());
  const { add, nap } = await open(cluster.url);
  const handle = await chain(nap.s(0), ...Array.from({ length: 39 }, () => nap.s())).delay();
  expect(await add.delay(2, 2).get({ timeout: 30 })).toBe(4);
  for (const port of cluster.ports) cluster.server(port).kill();
  const meanwhile = add.delay(3, 3).get({ timeout: 100 });
  // Whether it is done is what the test is about.
  meanwhile.catch(() => undefined);
  await delay(awayMs);
  await Promise.all(cluster.ports.map((port) => cluster.server(port).revive()));
  await cluster.ready();
  const back = performance.now();
  if (awayMs < 30_000) expect(await meanwhile).toBe(6);
  else await expect(meanwhile).rejects.toThrow(/cannot reach Redis/);
  expect(await add.delay(4, 4).get({ timeout: 60 })).toBe(8);
  tell(`all nodes back ${when}, a new call has its result after`, back);
  expect(await handle.get({ timeout: 60 })).toBe(40);
  tell(`all nodes back ${when}, the chain has its result after`, back);
});
