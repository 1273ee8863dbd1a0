import { afterEach, describe, expect, test } from "@jest/globals";
import { App, OptionError } from "@umbel/core";
import fc from "fast-check";
import { MemoryBroker } from "../../src/engine/memory/memory-broker.ts";
import { MemoryRateLimits } from "../../src/engine/memory/memory-rate-limits.ts";
import { VirtualClock } from "../../src/engine/memory/virtual-clock.ts";
import { RedisRateLimits } from "../../src/engine/rate-limits.ts";
import { chain } from "../../src/primitives/chain.ts";
import { group } from "../../src/primitives/group.ts";
import { TestPrefix, until } from "../kit/redis-server.ts";
import { Shop } from "../kit/shop.ts";

const MINUTE_MS = 60_000;

/** The most starts that any minute holds. */
function mostInAMinute(starts: readonly number[]): number {
  return Math.max(...starts.map((from) => starts.filter((at) => at >= from && at < from + MINUTE_MS).length));
}

describe("T17 rate limit", () => {
  const shops: Shop[] = [];
  afterEach(async () => {
    for (const shop of shops.splice(0)) await shop.close();
  });

  test("law: over any minute no more starts than said, by all workers, and every call runs once", async () => {
    const clock = new VirtualClock(0, true);
    const broker = new MemoryBroker({ clock });
    const open = (): Shop => {
      const shop = new Shop({ openBroker: async () => broker }, shops[0]?.place);
      shops.push(shop);
      return shop;
    };
    const starts: number[] = [];
    const done: number[] = [];
    const define = (shop: Shop) =>
      shop.app.task({ name: "limited", rateLimit: "10/m" }, (index: number) => {
        starts.push(clock.now());
        done.push(index);
        return index;
      });
    const first = open();
    const limited = define(first);
    const second = open();
    define(second);
    await first.work({ concurrency: 1 });
    await second.work({ concurrency: 1 });
    const indices = Array.from({ length: 45 }, (_, index) => index);
    const waiting = group(indices.map((index) => limited.s(index))).delay();
    // Those that wait hold no slot: others go past them.
    expect(await first.tasks.add.delay(1, 2).get()).toBe(3);
    expect(starts.length).toBeLessThan(2);
    expect(await waiting.get()).toEqual(indices);
    expect([...done].sort((one, other) => one - other)).toEqual(indices);
    expect(mostInAMinute(starts)).toBeLessThanOrEqual(10);
    // And not far fewer: it is a limit, no brake.
    expect(clock.now()).toBeLessThan(indices.length * 6000 * 1.5);
  });

  test("holds on Redis across workers, for steps of chains and tries, while others run", async () => {
    const first = new Shop();
    shops.push(first);
    const second = new Shop({}, first.place);
    shops.unshift(second);
    const starts: number[] = [];
    const define = (shop: Shop) =>
      shop.app.task({ name: "limited", rateLimit: "50/s", bind: true }, (self, index: number): number => {
        starts.push(performance.now());
        return index === 3 && self.request.retries === 0 ? self.retry({ countdown: 0 }) : index;
      });
    const limited = define(first);
    define(second);
    await first.work({ concurrency: 2 });
    await second.work({ concurrency: 2 });
    const { give } = first.tasks;
    const indices = Array.from({ length: 12 }, (_, index) => index);
    const all = group(indices.map((index) => chain(give.s(index), limited.s()))).delay();
    expect(await first.tasks.add.delay(1, 2).get({ timeout: 10 })).toBe(3);
    expect(await all.get({ timeout: 20 })).toEqual(indices);
    expect(starts).toHaveLength(13);
    // One start is told within a few milliseconds of when it was given, so a distance may be a little shorter.
    expect((starts.at(-1) ?? 0) - (starts[0] ?? 0)).toBeGreaterThan(12 * 20 - 20);
    await until(
      "nobody waits",
      async () => (await first.place.redis.zcard(`${first.place.prefix}:turns:limited`)) <= 1,
    );
  });

  test("a task that is revoked while it waits ends, and nobody waits for its turn for long", async () => {
    const shop = new Shop();
    shops.push(shop);
    const limited = shop.app.task({ name: "limited", rateLimit: "1/h" }, () => "ran");
    await shop.work();
    expect(await limited.delay().get({ timeout: 10 })).toBe("ran");
    const waits = await limited.delay();
    await until("it waits", async () => (await shop.place.redis.zcard(`${shop.place.prefix}:turns:limited`)) === 2);
    await until("it was put off", async () => (await waits.state()) === "PENDING");
    expect(await waits.revoke()).toBe("revoked");
    expect(await waits.state()).toBe("REVOKED");
  });

  test("Redis and memory give the same turns", async () => {
    const place = new TestPrefix();
    try {
      // The server's clock moves; the interval is so long that it does not matter.
      const redis = new RedisRateLimits(place.redis, place.prefix);
      const memory = new MemoryRateLimits({
        now: () => 1_000_000,
        after: () => () => undefined,
        every: () => () => undefined,
      });
      for (const who of ["a", "b", "c", "b", "d", "a", "c", "e"]) {
        const waitMs = await memory.take("t", who, 10_000);
        const onRedis = await redis.take("t", who, 10_000);
        expect(Math.abs(onRedis - waitMs)).toBeLessThan(2000);
      }
    } finally {
      await place.close();
    }
  });

  test("law: whoever asks whenever, two starts are never closer than said", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(20), fc.nat(300)), { maxLength: 200 }), async (asks) => {
        let now = 0;
        const limits = new MemoryRateLimits({
          now: () => now,
          after: () => () => undefined,
          every: () => () => undefined,
        });
        const starts: number[] = [];
        for (const [who, passMs] of asks) {
          now += passMs;
          if ((await limits.take("t", String(who), 100)) === 0) starts.push(now);
        }
        for (const [place, at] of starts.entries()) {
          if (place > 0) expect(at - (starts[place - 1] ?? 0)).toBeGreaterThanOrEqual(100);
        }
      }),
    );
  });

  test.each<[rateLimit: unknown, got: string]>([
    ["10/d", '"10/d"'],
    ["often", '"often"'],
    [-1, "-1"],
    [{}, "{}"],
  ])("refuses %p", (rateLimit, got) => {
    expect(() => new App("a").task({ name: "t", rateLimit: rateLimit as string }, () => 1)).toThrow(
      new OptionError(
        `option \`rateLimit\` of task "t" must be a number a second, or text such as "10/s", "100/m" or "1000/h"; got ${got}`,
      ),
    );
  });
});
