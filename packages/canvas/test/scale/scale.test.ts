import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { chain } from "../../src/primitives/chain.ts";
import { SocketBroker, TestPrefix } from "../kit/redis-server.ts";
import { Shop, shopsOnEachBroker } from "../kit/shop.ts";
import { CountedRedis } from "./counted-redis.ts";
import { shapes } from "./shapes.ts";

/** How far the cost of a node may move when there are four times as many. */
const LINEAR = 0.15;

/** What it may be more in any case: how many members share a job depends on how busy the machine is. */
const SHARING = { commands: 2, bytes: 400 };

describe("the cost of a run on Redis", () => {
  let redis: CountedRedis;
  let place: TestPrefix;

  beforeAll(async () => {
    redis = await CountedRedis.start();
    place = new TestPrefix(redis.path);
  });

  afterAll(async () => {
    await place.close();
    await redis.close();
  });

  const open = (): Shop => new Shop({}, place, new SocketBroker(redis.path));

  test.each(shapes)(
    "$name grows in commands and bytes as it grows in tasks",
    async ({ name, make }) => {
      const shop = open();
      try {
        await shop.work();
        const costOf = async (n: number) => {
          const { canvas, result } = make(shop.tasks, n);
          let value: unknown;
          const cost = await redis.count(async () => {
            value = await canvas.delay().get();
          });
          expect(value).toEqual(result);
          return { commands: cost.commands / n, bytes: cost.bytes / n };
        };
        await costOf(30);
        const n = name.includes("chords") ? 300 : 1600;
        const [one, four] = [await costOf(n), await costOf(4 * n)];
        expect(four.commands).toBeLessThan(one.commands * (1 + LINEAR) + SHARING.commands);
        expect(four.bytes).toBeLessThan(one.bytes * (1 + LINEAR) + SHARING.bytes);
      } finally {
        await shop.close();
      }
    },
    60_000,
  );

  test("a chain that fails at its first step costs the same, however long it is", async () => {
    const costOf = async (n: number): Promise<number> => {
      const shop = open();
      try {
        const { fail, add } = shop.tasks;
        const result = await chain(fail.s(0), ...Array.from({ length: n }, () => add.s(1))).delay();
        const { commands } = await redis.count(async () => {
          await shop.work();
          await expect(result.get()).rejects.toThrow("failed with [0]");
          expect(await result.state()).toBe("FAILURE");
        });
        return commands;
      } finally {
        await shop.close();
      }
    };
    await costOf(10);
    const [short, long] = [await costOf(100), await costOf(20_000)];
    // What a worker does when it starts depends on what it finds, and when.
    expect(Math.abs(long - short)).toBeLessThan(40);
  }, 30_000);
});

describe.each(shopsOnEachBroker)("depth on %s", (_broker, open) => {
  test("chords 1,000 deep in one another run, from JSON too", async () => {
    const shop = open();
    const nested = shapes.find(({ name }) => name === "chords in one another");
    if (nested === undefined) throw new Error("there is no such shape");
    try {
      await shop.work();
      const { canvas, result } = nested.make(shop.tasks, 3000);
      expect(await canvas.delay().get()).toBe(result);
      expect(await shop.app.signature(JSON.stringify(canvas)).delay().get()).toBe(result);
    } finally {
      await shop.close();
    }
  }, 60_000);
});
