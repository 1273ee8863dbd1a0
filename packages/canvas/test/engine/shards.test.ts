/** Queues that are spread over several of BullMQ's. What that does to the nodes of a cluster: packages/testing/test/cluster.test.ts. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { newRunKey, type RunKey } from "@umbel/core";
import calculateSlot from "cluster-key-slot";
import fc from "fast-check";
import { BullQueues } from "../../src/engine/bull-queues.ts";
import { Shards, shardName, shardOf, shardTag } from "../../src/engine/shards.ts";
import { surveyRedis } from "../../src/ops/survey.ts";
import { shardCountKey } from "../../src/store/keys.ts";
import { TestPrefix, until } from "../kit/redis-server.ts";
import { Shop } from "../kit/shop.ts";

const SLOTS = 16_384;

describe("the place of a shard", () => {
  test.each([3, 6, 12, 24])("%d shards are evenly apart, whatever the queue is called", (count) => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 20 }), (queue) => {
        const slots = Array.from({ length: count }, (_, shard) => calculateSlot(`{${shardTag(queue, shard)}}`));
        slots.sort((one, other) => one - other);
        const gaps = slots.map((slot, place) => (slots[place + 1] ?? (slots[0] ?? 0) + SLOTS) - slot);
        for (const gap of gaps) expect(Math.abs(gap - SLOTS / count)).toBeLessThan(10);
      }),
      { numRuns: 10, examples: [["{mail}"], ["mail}s"], ["}"], ["{"], ["a{b}c{d}"]] },
    );
  });

  test("the first shard is the queue itself, so nothing moves when a queue gets shards", () => {
    expect([shardName("mail", 0), shardTag("mail", 0)]).toEqual(["mail", "mail"]);
    expect(shardName("mail", 2)).toBe("mail#2");
  });

  test("runs spread evenly over shards, and a run always has the same", () => {
    const counts = [0, 0, 0, 0, 0];
    for (let run = 0; run < 5000; run += 1) {
      const runKey = newRunKey();
      const shard = shardOf(runKey, 5);
      expect(shardOf(runKey, 5)).toBe(shard);
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    for (const count of counts) expect(count).toBeGreaterThan(800);
  });
});

describe("a queue with shards", () => {
  let place: TestPrefix;
  let shops: Shop[];
  beforeEach(() => {
    place = new TestPrefix();
    shops = [];
  });
  afterEach(async () => {
    await Promise.all(shops.map((shop) => shop.close()));
    await place.close();
  });

  /** An engine with its own idea of how many shards there are. */
  function open(shards: number): Shop {
    const shop = new Shop({ shardsOf: () => shards }, place);
    shops.push(shop);
    return shop;
  }

  test("a worker takes no more than it has room for, from whichever shards: the rest is there for others", async () => {
    const shop = open(6);
    const waiting: (() => void)[] = [];
    const wait = shop.app.task("wait", () => new Promise<void>((resolve) => void waiting.push(resolve)));
    // The first waits for jobs on all shards, and finds several at the same time; the others look once.
    await shop.work({ concurrency: 1, name: "worker 1" });
    await until("it waits on all", async () => {
      const clients = String(await place.redis.client("LIST")).split("\n");
      return clients.filter((line) => line.includes(`name=${place.prefix}`) && / flags=\w*b/.test(line)).length === 6;
    });
    const sent = await Promise.all(Array.from({ length: 24 }, () => wait.delay()));
    const lengths = async (list: string): Promise<number> => {
      const keys = (await place.keys()).filter(
        (key) => key.startsWith(`${place.prefix}:{default`) && key.endsWith(list),
      );
      const counts = await Promise.all(keys.map((key) => place.redis.llen(key)));
      return counts.reduce((sum, count) => sum + count, 0);
    };
    for (const workers of [1, 2, 3]) {
      if (workers > 1) await shop.work({ concurrency: 1, name: `worker ${workers}` });
      await until("it has begun", () => waiting.length === workers);
      expect([await lengths("active"), await lengths("wait")]).toEqual([workers, 24 - workers]);
    }
    for (let ended = 0; ended < sent.length; ended += 1) {
      await until("one more has begun", () => waiting.length > 0);
      waiting.shift()?.();
    }
    await Promise.all(sent.map((call) => call.get({ timeout: 10 })));
  });

  test("no shard has to wait until another is empty", async () => {
    const shop = open(3);
    const order: number[] = [];
    const note = shop.app.task({ name: "note", bind: true }, (self) => {
      order.push(shardOf(self.request.id.slice(0, 28) as RunKey, 3));
    });
    const sent = await Promise.all(Array.from({ length: 150 }, () => note.delay()));
    await shop.work({ concurrency: 1 });
    await Promise.all(sent.map((call) => call.get({ timeout: 10 })));
    const half = order.slice(0, order.length / 2);
    for (const shard of [0, 1, 2]) expect(half.filter((one) => one === shard).length).toBeGreaterThan(15);
  });

  test("calls are done that were sent to more shards, or to fewer, than a worker has", async () => {
    const one = open(1);
    const before = [one, open(6), open(2)].flatMap((shop) =>
      Array.from({ length: 20 }, (_, index) => shop.tasks.add.delay(index, 1)),
    );
    await Promise.all(before);
    // No janitor finds them.
    await one.work({ overdueMs: 100_000 });
    for (const call of before) expect(await call.get({ timeout: 10 })).toBeGreaterThan(0);
    expect(await place.redis.get(shardCountKey(place.prefix, "default"))).toBe("6");
  });

  test("a worker begins to serve shards that come while it runs", async () => {
    const [one, nine] = [open(1), open(9)];
    await one.work({ overdueMs: 100 });
    expect(await one.tasks.add.delay(1, 1).get({ timeout: 10 })).toBe(2);
    const sent = Array.from({ length: 30 }, (_, index) => nine.tasks.add.delay(index, 0));
    expect(await Promise.all(sent.map((call) => call.get({ timeout: 10 })))).toEqual(sent.map((_, index) => index));
  });

  test("a job is found on whichever shard it was put, and all of them are deleted together", async () => {
    const queues = [1, 8, 2].map(
      (count) => new BullQueues(place.redis, place.prefix, new Shards(place.redis, place.prefix, () => count)),
    );
    const [one, eight, two] = queues;
    const dispatch = { first: 0, count: 1, stride: 1, generation: 1, delayMs: 0 };
    const slices = Array.from({ length: 24 }, () => {
      return { runKey: newRunKey(), dispatch, queue: "mail", priority: undefined, taskName: "add" };
    });
    await eight?.add(slices);
    const states = async (): Promise<Set<string | undefined>> =>
      new Set(
        await Promise.all(
          queues.flatMap((some) => slices.map(({ runKey }) => some.jobState("mail", runKey, dispatch))),
        ),
      );
    expect(await states()).toEqual(new Set(["waiting"]));
    // To whoever looks for what waits it is one queue.
    expect((await surveyRedis(place.redis, place.prefix)).queues).toEqual([{ name: "mail", waiting: 24 }]);
    await two?.obliterate("mail");
    expect(await states()).toEqual(new Set(["unknown"]));
    await one?.add(slices);
    expect(await states()).toEqual(new Set(["waiting"]));
    await Promise.all(queues.map((some) => some.close()));
  });

  test("how many there are is told once, known for a day, and neither lowered nor kept by who sends to fewer", async () => {
    const key = shardCountKey(place.prefix, "mail");
    const shards = (count: number): Shards => new Shards(place.redis, place.prefix, () => count);
    const four = shards(4);
    await four.tell("mail", 4);
    expect(await place.redis.pttl(key)).toBeGreaterThan(80_000_000);
    await place.redis.pexpire(key, 60_000);
    await four.tell("mail", 4);
    await shards(2).tell("mail", 2);
    expect(await place.redis.pttl(key)).toBeLessThanOrEqual(60_000);
    expect(await shards(2).mostOf("mail")).toBe(4);
    await shards(4).tell("mail", 4);
    expect(await place.redis.pttl(key)).toBeGreaterThan(80_000_000);
    await shards(5).tell("mail", 5);
    expect(await shards(1).mostOf("mail")).toBe(5);
    await until("it is gone", async () => (await place.redis.del(key)) === 1);
    expect(await shards(1).mostOf("mail")).toBe(1);
  });
});
