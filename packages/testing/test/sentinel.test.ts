/** An App on a primary that sentinels watch, which dies. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { CanvasEngine, startWorker } from "@umbel/canvas";
import { App, chord } from "umbel";
import { startSentinels, type TestSentinels, untilServer } from "../src/kit/redis-sentinels.ts";

let sentinels: TestSentinels;

beforeAll(async () => {
  sentinels = await startSentinels();
}, 60_000);

afterAll(() => sentinels.stop());

test("a chord of 10,000 ends, and right, when the primary is killed in the middle; calls wait meanwhile", async () => {
  const app = new App("shop", { broker: sentinels.url, prefix: "sentinel" });
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
    await untilServer(sentinels.primary.port, async (redis) => (await redis.wait(1, 1000)) === 1);
    expect(await handle.ready()).toBe(false);
    sentinels.primary.kill();
    const [value, other] = await Promise.all([handle.get({ timeout: 60 }), add.delay(2, 2).get({ timeout: 60 })]);
    expect(value).toBe(99_990_000);
    expect(other).toBe(4);
  } finally {
    await worker.close();
    await app.close();
  }
}, 90_000);
