import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { type AsyncResult, type BoundTask, parseNodeId, TaskRevokedError } from "@umbel/core";
import { chain } from "../../src/primitives/chain.ts";
import { heartbeatKey, janitorLeaseKey } from "../../src/store/keys.ts";
import type { CanvasWorkerOptions } from "../../src/worker/worker.ts";
import { until } from "../kit/redis-server.ts";
import { Shop } from "../kit/shop.ts";

const HOURS = 3 * 3_600_000;

/** How soon the janitor finds what was not delivered; late is what comes after two of its rounds, and then some. */
const overdueMs = 300;
const LATE_MS = 2000;

/** What nobody's clock may decide: every time here is Redis's own. */
describe.each([
  ["ahead", HOURS],
  ["behind", -HOURS],
])("a clock that is three hours %s", (_where, skewMs) => {
  let shop: Shop;
  let setClock: (skewMs: number) => void;
  /** When each task began, by the store's clock. */
  let begun: Map<string, Promise<number>>;

  beforeEach(() => {
    const realNow = Date.now;
    let skew = 0;
    jest.spyOn(Date, "now").mockImplementation(() => realNow.call(Date) + skew);
    setClock = (ms) => {
      skew = ms;
    };
    shop = new Shop();
    begun = new Map();
    shop.app.task("note", (name: string) => {
      begun.set(name, storeNow());
      return name;
    });
    shop.app.task({ name: "again", bind: true }, (self: BoundTask, name: string) => {
      if (self.request.retries === 0) return self.retry({ countdown: 0.4 });
      begun.set(name, storeNow());
      return name;
    });
  });
  afterEach(async () => {
    setClock(0);
    jest.restoreAllMocks();
    await shop.close();
  });

  const storeNow = async (): Promise<number> => {
    const [seconds, micros] = await shop.place.redis.time();
    return Number(seconds) * 1000 + Number(micros) / 1000;
  };
  const work = (options: Partial<CanvasWorkerOptions> = {}) => shop.work({ overdueMs, ...options });
  /** Sends with this clock; whoever works has another one. */
  const send = async (name: string, options: { countdown?: number; eta?: string; expires?: number }, task = "note") =>
    await shop.app.signature(task, [name], options).delay();
  const dueAt = async ({ id }: AsyncResult): Promise<number> => {
    const { runKey } = parseNodeId(id) ?? {};
    if (runKey === undefined) throw new Error("an id of ours");
    const { flights } = await (await shop.engine.runtime()).store.inspect(runKey);
    return flights[0]?.dueAt ?? 0;
  };
  const expectInTime = async (name: string, due: number): Promise<void> => {
    const began = (await begun.get(name)) ?? 0;
    expect(began).toBeGreaterThanOrEqual(due);
    expect(began).toBeLessThan(due + LATE_MS);
  };

  test.each([
    ["who sends", skewMs, 0],
    ["who works", 0, skewMs],
    ["everybody", skewMs, skewMs],
  ])("of %s lets a countdown be over neither early nor hours late", async (_who, sender, worker) => {
    setClock(sender);
    const result = await send("counted", { countdown: 0.5 });
    const due = await dueAt(result);
    expect(Math.abs(due - (await storeNow()))).toBeLessThan(1000);
    setClock(worker);
    await work();
    expect(await result.get({ timeout: 10 })).toBe("counted");
    await expectInTime("counted", due);
  });

  test("lets an ETA be kept", async () => {
    const eta = (await storeNow()) + 400;
    setClock(skewMs);
    const result = await send("at its time", { eta: new Date(eta).toISOString() });
    setClock(0);
    await work();
    expect(await result.get({ timeout: 10 })).toBe("at its time");
    await expectInTime("at its time", Math.floor(eta));
  });

  test("of a worker that is lost lets a retry be made by another one, neither early nor hours late", async () => {
    setClock(skewMs);
    const first = await work({ lostAfterMs: 1000 });
    const result = await send("retried", {}, "again");
    await until("it is to be retried", async () => (await result.state()) === "RETRY");
    const due = await dueAt(result);
    await first.close({ force: true });
    setClock(0);
    await work();
    expect(await result.get({ timeout: 10 })).toBe("retried");
    await expectInTime("retried", due);
  });

  test("lets nothing expire that has time, and nothing be run whose time is over", async () => {
    setClock(skewMs);
    const [good, bad] = [await send("has time", { expires: 60 }), await send("is over", { expires: 0.05 })];
    const end = (await storeNow()) + 60;
    await until("its time is over", async () => (await storeNow()) > end);
    setClock(-skewMs);
    await work();
    expect(await good.get({ timeout: 10 })).toBe("has time");
    await expect(bad.get({ timeout: 10 })).rejects.toThrow(TaskRevokedError);
    expect([...begun.keys()]).toEqual(["has time"]);
  });

  test("of a worker ends neither its signs of life nor what it leads, before their time or after", async () => {
    setClock(skewMs);
    await work({ lostAfterMs: 5000, overdueMs: 3000 });
    const { lifeSigns } = await shop.engine.runtime();
    const { redis, prefix } = shop.place;
    await until("it leads", async () => (await redis.exists(janitorLeaseKey(prefix))) === 1);
    setClock(0);
    expect(await lifeSigns.isAlive(shop.engine.incarnation)).toBe(true);
    const tasks: unknown = expect.arrayContaining(["give"]);
    expect(await lifeSigns.alive()).toMatchObject([{ queues: ["default"], tasks, version: "" }]);
    const life = await redis.pttl(heartbeatKey(prefix, shop.engine.incarnation));
    expect(life).toBeLessThanOrEqual(5000);
    const lease = await redis.pttl(janitorLeaseKey(prefix));
    expect(lease).toBeGreaterThan(0);
    expect(lease).toBeLessThanOrEqual(6000);
  });

  test("lets an ended run be kept for as long as it should be", async () => {
    setClock(skewMs);
    await work();
    const result = await chain(shop.tasks.give.s(1), shop.tasks.add.s(1)).delay();
    expect(await result.get({ timeout: 10 })).toBe(2);
    const { runKey } = parseNodeId(result.id) ?? {};
    const keys = (await shop.place.keys()).filter((key) => key.includes(`{${runKey}}`));
    const lives = await Promise.all(keys.map((key) => shop.place.redis.pttl(key)));
    const DAY_MS = 86_400_000;
    for (const life of lives) expect(Math.abs(life - DAY_MS)).toBeLessThan(60_000);
    expect(lives.length).toBeGreaterThan(0);
  });
});
