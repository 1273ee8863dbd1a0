import { afterEach, describe, expect, test } from "@jest/globals";
import { Redis } from "ioredis";
import { chain } from "../../src/primitives/chain.ts";
import { chord } from "../../src/primitives/chord.ts";
import { group } from "../../src/primitives/group.ts";
import { queuePrefix } from "../../src/store/keys.ts";
import { redisPath } from "../kit/redis-server.ts";
import { Shop, shopsOnEachBroker } from "../kit/shop.ts";

/** Opens once as many have arrived as are waited for. */
class Gate {
  readonly #most: number;
  #open: () => void = () => undefined;
  readonly passed: Promise<void>;
  arrived = 0;

  constructor(most: number) {
    this.#most = most;
    this.passed = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  async arrive(): Promise<void> {
    this.arrived += 1;
    if (this.arrived >= this.#most) this.#open();
    await this.passed;
  }
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe("a group that is dealt out in slices", () => {
  let shop: Shop;

  const open = (sliceSize: number | "adaptive"): Shop => {
    shop = new Shop({ sliceSize });
    return shop;
  };
  /** How many jobs the queue has ever had: BullMQ counts them. */
  const jobsAdded = async (): Promise<number> => {
    const redis = new Redis({ path: redisPath() });
    try {
      return Number(await redis.get(`${queuePrefix(shop.place.prefix, "default")}:default:id`));
    } finally {
      redis.disconnect();
    }
  };

  afterEach(() => shop.close());

  test("takes far fewer jobs than it has members", async () => {
    open("adaptive");
    await shop.work();
    const { give, sum } = shop.tasks;
    const canvas = chord(
      numbers(2000).map((index) => give.s(index)),
      sum.s(),
    );
    expect(await canvas.delay().get()).toBe((2000 * 1999) / 2);
    expect(await jobsAdded()).toBeLessThan(400);
  });

  test("keeps a job for each member where it is small", async () => {
    open("adaptive");
    await shop.work();
    const { give } = shop.tasks;
    expect(
      await group(numbers(20).map((index) => give.s(index)))
        .delay()
        .get(),
    ).toEqual(numbers(20));
    expect(await jobsAdded()).toBe(20);
  });

  test("runs as many members at once as there are slots in all workers", async () => {
    const { app } = open(64);
    const gate = new Gate(20);
    const meet = app.task("meet", () => gate.arrive());
    await Promise.all([shop.work({ concurrency: 10 }), shop.work({ concurrency: 10 })]);
    // One slice: what finds no slot where it arrives is given to the other worker.
    expect(
      await group(numbers(60).map(() => meet.s()))
        .delay()
        .get(),
    ).toHaveLength(60);
    expect(gate.arrived).toBe(60);
  });

  test("is not held up by a slow member", async () => {
    const { app } = open(16);
    const others = new Gate(199);
    const work = app.task("work", async (index: number) => {
      if (index === 3) await others.passed;
      else void others.arrive();
      return index;
    });
    await shop.work({ concurrency: 2 });
    expect(
      await group(numbers(200).map((index) => work.s(index)))
        .delay()
        .get(),
    ).toEqual(numbers(200));
  });

  test("lets a worker that ends give back what it has not begun", async () => {
    const { app } = open(32);
    const begun = new Gate(2);
    const ended = new Gate(1);
    const ran: number[] = [];
    const work = app.task("work", async (index: number) => {
      ran.push(index);
      void begun.arrive();
      await ended.passed;
      return index;
    });
    const first = await shop.work({ concurrency: 2 });
    const result = await group(numbers(30).map((index) => work.s(index))).delay();
    await begun.passed;
    const closing = first.close();
    const second = await shop.work({ concurrency: 2 });
    void ended.arrive();
    await closing;
    expect(await result.get()).toEqual(numbers(30));
    expect(ran.sort((one, other) => one - other)).toEqual(numbers(30));
    await second.close();
  });

  test("tries members again one by one", async () => {
    const { app } = open(8);
    const tries = new Map<number, number>();
    const work = app.task({ name: "work", bind: true, maxRetries: 2 }, (self, index: number) => {
      const tried = (tries.get(index) ?? 0) + 1;
      tries.set(index, tried);
      if (index % 3 === 0 && tried <= 2) self.retry({ countdown: 0 });
      return tried;
    });
    await shop.work();
    const expected = numbers(40).map((index) => (index % 3 === 0 ? 3 : 1));
    expect(
      await group(numbers(40).map((index) => work.s(index)))
        .delay()
        .get(),
    ).toEqual(expected);
    expect([...tries.values()].reduce((sum, tried) => sum + tried, 0)).toBe(
      expected.reduce((sum, tried) => sum + tried, 0),
    );
  });

  test("gives each call of a task a job of its own that may run only once", async () => {
    const { app } = open(8);
    const once = app.task({ name: "once", acksLate: false }, (index: number) => index);
    await shop.work();
    expect(
      await group(numbers(24).map((index) => once.s(index)))
        .delay()
        .get(),
    ).toEqual(numbers(24));
    expect(await jobsAdded()).toBeGreaterThanOrEqual(24);
  });

  test("runs the first steps of chains together", async () => {
    open(16);
    await shop.work();
    const { add, mul } = shop.tasks;
    const canvas = group(numbers(100).map((index) => chain(add.s(index, 1), mul.s(2), add.s(1))));
    expect(await canvas.delay().get()).toEqual(numbers(100).map((index) => (index + 1) * 2 + 1));
    expect(await jobsAdded()).toBeLessThan(100);
  });

  test("fails as it would without slices", async () => {
    open(8);
    await shop.work();
    const { give, fail, sum } = shop.tasks;
    const members = numbers(50).map((index) => (index === 17 || index === 33 ? fail.s(index) : give.s(index)));
    await expect(chord(members, sum.s()).delay().get()).rejects.toThrow("failed with [17]");
  });
});

test.each(shopsOnEachBroker)(
  "tasks that are tried again at once are, on %s",
  async (_broker, openShop) => {
    const again = openShop();
    try {
      const tries = again.app.task({ name: "tries", bind: true }, (self, value: number): number =>
        self.request.retries < 2 ? self.retry({ countdown: 0 }) : value,
      );
      // Were one left to the janitor, this would take ten seconds.
      await again.work({ overdueMs: 600_000 });
      for (const round of numbers(10)) expect(await tries.delay(round).get({ timeout: 20 })).toBe(round);
      const results = await group(numbers(100).map((value) => tries.s(value)))
        .delay()
        .get({ timeout: 20 });
      expect(results).toEqual(numbers(100));
    } finally {
      await again.close();
    }
  },
  30_000,
);
