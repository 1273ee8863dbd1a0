import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { parseNodeId } from "@umbel/core";
import { Redis } from "ioredis";
import { chord } from "../../src/primitives/chord.ts";
import { group } from "../../src/primitives/group.ts";
import { queuePrefix } from "../../src/store/keys.ts";
import { redisPath, until } from "../kit/redis-server.ts";
import { Shop } from "../kit/shop.ts";

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const sumOf = (count: number): number => (count * (count - 1)) / 2;

describe("groups of many members", () => {
  let shop: Shop;
  let redis: Redis;

  beforeEach(() => {
    shop = new Shop();
    redis = new Redis({ path: redisPath() });
  });

  afterEach(async () => {
    redis.disconnect();
    await shop.close();
  });

  const queueKey = (name: string): string => `${queuePrefix(shop.place.prefix, "default")}:default:${name}`;
  const jobsNow = async (): Promise<number> => {
    const counts = [redis.llen(queueKey("wait")), redis.llen(queueKey("active")), redis.zcard(queueKey("delayed"))];
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  };
  const jobsAdded = async (): Promise<number> => Number(await redis.get(queueKey("id")));

  test.each([
    ["side by side", (shop: Shop) => group(numbers(300).map((value) => shop.tasks.give.s(value)))],
    [
      "in chains",
      (shop: Shop) => group(numbers(300).map((value) => shop.tasks.give.s(value).pipe(shop.tasks.add.s(1)))),
    ],
  ])("tell those who listen of each node that ended: members %s", async (_where, canvas) => {
    const result = await canvas(shop).delay();
    const { runKey } = parseNodeId(result.id) ?? { runKey: undefined };
    if (runKey === undefined) throw new Error("an id of ours");
    const { news, store } = await shop.engine.runtime();
    const told = new Set<number>();
    const stop = news.listen(runKey, (range) => {
      for (let index = range?.first ?? 0; index <= (range?.last ?? -1); index += 1) told.add(index);
    });
    await news.follow(runKey);
    await shop.work();
    await result.get();
    const { nodeCount } = await store.readMeta(runKey).then((meta) => meta ?? { nodeCount: 0 });
    await until("all were told of", () => told.size === nodeCount - 1);
    stop();
    await news.unfollow(runKey);
  });

  test("keep at most a window of jobs, and none is dispatched again that is in flight", async () => {
    // How short a task is found to be depends on what else the machine does; here slices are of one size.
    const window = 100;
    const few = new Shop({ window, sliceSize: 64 }, shop.place);
    const { give, sum } = few.tasks;
    const total = 30_000;
    const result = await group
      .stream(
        few.app,
        numbers(total).map((index) => give.s(index)),
      )
      .pipe(sum.s())
      .delay();
    await few.work({ concurrency: 20 });
    let most = 0;
    let hasEnded = false;
    const ended = result.get().finally(() => {
      hasEnded = true;
    });
    while (!hasEnded) most = Math.max(most, await jobsNow());
    expect(await ended).toBe(sumOf(total));
    // A slice that waited for too long is two.
    expect(most).toBeLessThanOrEqual(2 * window + 20);
    // Slices of half a page, some given back in halves; a job for each more would be a storm.
    expect(await jobsAdded()).toBeLessThan(4 * (total / 64));
    await few.close();
  }, 30_000);

  test("cost less than 40 bytes a member while they wait", async () => {
    const { add } = shop.tasks;
    const total = 20_000;
    const result = await group(numbers(total).map((index) => add.s(100_000 + index, 100_000 + index))).delay();
    let bytes = 0;
    for (const key of await shop.place.keys()) bytes += Number(await redis.memory("USAGE", key, "SAMPLES", 0));
    expect(bytes / total).toBeLessThan(40);
    await result.revoke({ run: true });
  });

  test("share the workers with others: a single call does not wait for two of them to end", async () => {
    const { give, sum } = shop.tasks;
    await shop.work({ concurrency: 20 });
    const huge = () =>
      chord(
        numbers(25_000).map((index) => give.s(index)),
        sum.s(),
      ).delay();
    const [one, other] = await Promise.all([huge(), huge()]);
    const ended: string[] = [];
    const note = (what: string) => (value: number) => {
      ended.push(what);
      return value;
    };
    const [first, second, single] = await Promise.all([
      one.get().then(note("group")),
      other.get().then(note("group")),
      give.delay(7).get().then(note("single call")),
    ]);
    expect([first, second, single]).toEqual([sumOf(25_000), sumOf(25_000), 7]);
    expect(ended[0]).toBe("single call");
  }, 30_000);

  test("all end, a thousand of them at once", async () => {
    const { give } = shop.tasks;
    await Promise.all([shop.work({ concurrency: 20 }), shop.work({ concurrency: 20 })]);
    const groups = numbers(1000).map((index) => group(numbers(4).map((member) => give.s(index + member))));
    const results = await Promise.all(groups.map((one) => one.delay().get()));
    for (const [index, values] of results.entries()) expect(values).toEqual(numbers(4).map((member) => index + member));
  }, 60_000);

  test("keep their values packed, and each can be read, asked and forgotten by itself", async () => {
    const { same } = shop.tasks;
    await shop.work();
    const long = "x".repeat(500);
    const values = numbers(400).map((index) =>
      index % 7 === 3 ? `${long}${index}` : index % 5 === 2 ? { index } : index,
    );
    const handle = await group(values.map((value) => same.s(value))).delay();
    expect(await handle.get()).toEqual(values);
    const results = await handle.results();
    expect(await results[300]?.get()).toBe(values[300]);
    expect(await results[17]?.state()).toBe("SUCCESS");
    await results[300]?.forget();
    expect(await results[300]?.state()).toBe("PENDING");
    expect(await results[301]?.get()).toEqual(values[301]);
    expect(await results[299]?.get()).toEqual(values[299]);
    expect(await handle.completedCount()).toBe(399);
  });
});
