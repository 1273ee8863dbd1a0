import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { bindSignature, OptionError, type Task } from "@umbel/core";
import { chain } from "../../src/primitives/chain.ts";
import { each } from "../../src/primitives/each.ts";
import { group } from "../../src/primitives/group.ts";
import { type Shop, shopsOnEachBroker } from "../kit/shop.ts";

describe.each(shopsOnEachBroker)("each on %s", (_broker, open) => {
  let shop: Shop;
  let running = 0;
  let most = 0;
  let enter: Task<[x: number], Promise<number>>;
  let leave: Task<[x: number], Promise<number>>;

  beforeAll(async () => {
    shop = open();
    enter = shop.app.task("enter", async (x: number) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, x % 3));
      return x;
    });
    leave = shop.app.task("leave", async (x: number) => {
      await new Promise((resolve) => setTimeout(resolve, x % 2));
      running -= 1;
      return x * 10;
    });
    await shop.work({ concurrency: 20 });
  });
  afterAll(() => shop.close());

  const items = Array.from({ length: 25 }, (_, index) => index);

  test.each([[1], [4], [25]])("runs at most %d members at a time, each until all of it has ended", async (limit) => {
    most = 0;
    const result = await each(chain(enter.s(), leave.s()), { limit }).delay(items).get();
    expect(result).toEqual(items.map((x) => x * 10));
    expect(running).toBe(0);
    // How many it comes to depends on how soon workers are there.
    expect(most).toBeLessThanOrEqual(limit);
  });

  test("counts a group as one member, and goes on behind a member that fails", async () => {
    most = 0;
    const member = chain(enter.s(), group(leave.s(), shop.tasks.give.s()), shop.tasks.sum.s());
    expect(await each(member, { limit: 2 }).delay(items).get()).toEqual(items.map((x) => x * 11));
    expect(most).toBe(2);
    const ran: number[] = [];
    const odd = shop.app.task("odd", (x: number) => {
      ran.push(x);
      if (x % 2 === 0) throw new RangeError(`${x} is even`);
      return x;
    });
    await expect(each(odd.s(), { limit: 3 }).delay(items).get()).rejects.toThrow("0 is even");
    expect(ran.sort((a, b) => a - b)).toEqual(items);
  });

  test("with a limit may stand in another, and in the middle of a chain", async () => {
    const rows = [[1, 2, 3], [], [4]];
    const inner = each(chain(enter.s(), leave.s()), { limit: 1 });
    most = 0;
    const canvas = chain(shop.tasks.same.s(rows).as<number[][]>(), each(inner, { limit: 2 }), shop.tasks.echo.s());
    expect(await canvas.delay().get()).toEqual([[[10, 20, 30], [], [40]]]);
    expect(most).toBeLessThanOrEqual(2);
  });

  test("of nothing gives an empty list", async () => {
    expect(await each(enter.s(), { limit: 3 }).delay([]).get()).toEqual([]);
  });
});

test.each([[0], [1.5], [-1], [Number.NaN]])("a limit of %d is refused", (limit) => {
  const member = bindSignature({ kind: "task", task: "t" }, undefined);
  expect(() => each(member, { limit })).toThrow(OptionError);
});
