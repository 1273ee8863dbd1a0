/** An App on a primary that sentinels watch, which dies. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { CanvasEngine, startWorker } from "@umbel/canvas";
import { Redis } from "ioredis";
import { App, chord } from "umbel";
import { freePorts, startServer, type TestServer } from "../src/kit/redis-server.ts";

let servers: TestServer[] = [];
let url = "";
let primary: TestServer | undefined;

/** Asks a server again and again. */
async function until(port: number, ask: (redis: Redis) => Promise<boolean>): Promise<void> {
  const redis = new Redis({ port, host: "127.0.0.1", maxRetriesPerRequest: null });
  redis.on("error", () => undefined);
  while (!(await ask(redis))) await new Promise((resolve) => setTimeout(resolve, 20));
  redis.disconnect();
}

beforeAll(async () => {
  const [first = 0, second = 0, ...sentinels] = await freePorts(5);
  primary = await startServer({ port: first });
  const replica = await startServer({ port: second, settings: [`replicaof 127.0.0.1 ${first}`] });
  servers = [primary, replica];
  await until(second, async (redis) => (await redis.info("replication")).includes("master_link_status:up"));
  const settings = [
    `sentinel monitor shop 127.0.0.1 ${first} 2`,
    "sentinel down-after-milliseconds shop 1500",
    "sentinel failover-timeout shop 5000",
  ];
  servers.push(...(await Promise.all(sentinels.map((port) => startServer({ port, settings, isSentinel: true })))));
  // They find each other and the replica by the primary.
  for (const port of sentinels) {
    await until(port, async (redis) => {
      const told = String(await redis.info("sentinel"));
      return told.includes("slaves=1") && told.includes("sentinels=3");
    });
  }
  url = `redis+sentinel://${sentinels.map((port) => `127.0.0.1:${port}`).join(",")}/shop`;
}, 60_000);

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
});

test("a chord of 10,000 ends, and right, when the primary is killed in the middle; calls wait meanwhile", async () => {
  const app = new App("shop", { broker: url, prefix: "sentinel" });
  const add = app.task("add", (x: number, y: number) => x + y);
  const sum = app.task("sum", (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0));
  const { engine } = app;
  if (!(engine instanceof CanvasEngine)) throw new Error("no engine of @umbel/canvas");
  const worker = await startWorker(app, engine, { queues: ["default"], concurrency: 20 });
  try {
    const handle = await chord(
      Array.from({ length: 10_000 }, (_, index) => add.s(index, index)),
      sum.s(),
    ).delay();
    // What a primary has confirmed and not passed on goes with it. Here that must not be the run itself.
    await until(primary?.port ?? 0, async (redis) => (await redis.wait(1, 1000)) === 1);
    expect(await handle.ready()).toBe(false);
    primary?.kill();
    const [value, other] = await Promise.all([handle.get({ timeout: 60 }), add.delay(2, 2).get({ timeout: 60 })]);
    expect(value).toBe(99_990_000);
    expect(other).toBe(4);
  } finally {
    await worker.close();
    await app.close();
  }
}, 90_000);
