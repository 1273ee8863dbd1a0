import { expect, test } from "@jest/globals";
import { RunExpiredError } from "@umbel/core";
import { MemoryBroker } from "../../src/engine/memory/memory-broker.ts";
import { VirtualClock } from "../../src/engine/memory/virtual-clock.ts";
import { chain } from "../../src/primitives/chain.ts";
import { group } from "../../src/primitives/group.ts";
import { startWorker } from "../../src/worker/start-worker.ts";
import { until } from "../kit/redis-server.ts";
import { Shop } from "../kit/shop.ts";

const DAY_MS = 86_400_000;

/** What a prefix keeps that is no run's: BullMQ's own record of a queue, and of the worker that is there. */
const NO_RUNS = /:\{default\}:|:(janitor|heartbeat|worker|loads)(:|$)/;

test("of a large run nothing is left when its time has passed: the janitor deletes it, and Redis is not held up", async () => {
  const shop = new Shop({ resultExpiresMs: 1500, sliceSize: 256 });
  try {
    await shop.work({ overdueMs: 200 });
    const { give } = shop.tasks;
    const result = await group(Array.from({ length: 9000 }, (_, value) => give.s(value))).delay();
    expect(await result.get({ timeout: 60 })).toHaveLength(9000);
    await until("it has ended", async () => (await shop.app.runs.find(result.id)).state === "SUCCESS");
    const kept = (await shop.place.keys()).filter((key) => !NO_RUNS.test(key));
    const tag = result.id.slice(0, 28);
    const ofRun = kept.filter((key) => key.includes(tag));
    expect(ofRun).not.toEqual([]);
    // Its keys do not expire by themselves at that time: freeing so many nodes at once would hold up Redis.
    for (const key of ofRun) expect(await shop.place.redis.pttl(key)).toBeGreaterThan(60_000);
    await until("nothing is left", async () => (await shop.place.keys()).every((key) => NO_RUNS.test(key)), 30_000);
    await expect(shop.app.runs.find(result.id)).rejects.toThrow(RunExpiredError);
  } finally {
    await shop.close();
  }
}, 90_000);

test("what was paused, resumed, forked and cancelled is gone a day after its end, and not before", async () => {
  const clock = new VirtualClock(Date.now(), false);
  const broker = new MemoryBroker({ clock });
  const shop = new Shop({ openBroker: async () => broker });
  let isBroken = true;
  const { add } = shop.tasks;
  const fragile = shop.app.task("fragile", (value: number) => {
    if (isBroken) throw new RangeError("broken");
    return value;
  });
  try {
    const { name } = await startWorker(shop.app, shop.engine, { queues: ["default"], version: "1.2.3" });
    const { lifeSigns } = await shop.engine.runtime();
    const tasks: unknown = expect.arrayContaining(["add", "fragile"]);
    expect(await lifeSigns.alive()).toMatchObject([{ name, queues: ["default"], tasks, version: "1.2.3" }]);
    const settle = async (): Promise<void> => void (await clock.advance(30_000));
    const { id } = await chain(add.s(1, 1), fragile.s()).delay();
    await settle();
    const { runs } = shop.app;
    isBroken = false;
    await runs.resume(id);
    await settle();
    await runs.fork(id, { from: 0, args: [2, 2] });
    await settle();
    const cancelled = await add.applyAsync([1, 1], { countdown: 3600 });
    await runs.pause(cancelled.id);
    await runs.cancel(cancelled.id);
    await settle();
    const states = async (): Promise<string[]> => (await runs.list()).runs.map(({ state }) => state);
    expect((await states()).sort()).toEqual(["REVOKED", "SUCCESS", "SUCCESS"]);
    await clock.advance(DAY_MS - 120_000);
    expect((await states()).sort()).toEqual(["REVOKED", "SUCCESS", "SUCCESS"]);
    await clock.advance(120_000);
    expect(await states()).toEqual([]);
    for (const gone of [id, cancelled.id]) await expect(runs.find(gone)).rejects.toThrow(RunExpiredError);
  } finally {
    await shop.close();
  }
});
