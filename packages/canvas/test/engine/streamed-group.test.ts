import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type AnySignature, InvalidSignatureError } from "@umbel/core";
import { PAGE_SIZE } from "../../src/graph/graph.ts";
import { chain } from "../../src/primitives/chain.ts";
import { chord } from "../../src/primitives/chord.ts";
import { group } from "../../src/primitives/group.ts";
import { until } from "../kit/redis-server.ts";
import { Shop, shopsOnEachBroker } from "../kit/shop.ts";

async function* later<Item>(items: Iterable<Item>): AsyncGenerator<Item> {
  for (const item of items) {
    await Promise.resolve();
    yield item;
  }
}

function* counted<Item>(count: number, make: (index: number) => Item): Generator<Item> {
  for (let index = 0; index < count; index += 1) yield make(index);
}

describe.each(shopsOnEachBroker)("a streamed group on %s", (broker, open) => {
  let shop: Shop;

  beforeAll(async () => {
    shop = open();
    await shop.work();
  });

  afterAll(async () => {
    await shop.close();
  });

  test.each([[0], [1], [PAGE_SIZE - 2], [PAGE_SIZE - 1], [900], [3000]])(
    "gives the results of %d members in order",
    async (count) => {
      const { app, tasks } = shop;
      const results = await group
        .stream(app, later(counted(count, (index) => tasks.give.s(index))))
        .delay()
        .get();
      expect(results).toEqual([...new Array(count).keys()]);
    },
  );

  test("takes members of every kind, and hands arguments down to them", async () => {
    const { app, tasks } = shop;
    const { add, mul, sum, echo } = tasks;
    const members = [
      add.s(1),
      chain(add.s(1), mul.s(10)),
      group(add.s(2), add.s(3)),
      chord([add.s(1), add.s(2)], sum.s()),
      chain(add.s(1), group(add.s(1), add.s(2))),
    ];
    const streamed = await group.stream(app, members).delay(5).get();
    expect(streamed).toEqual(await group(members).delay(5).get());
    expect(streamed).toEqual([6, 60, 7, 8, 13, [7, 8]]);
    expect(await group.stream(app, members).pipe(echo.s("end")).pipe(echo.s()).delay(5).get()).toEqual([
      [streamed, "end"],
    ]);
    expect(
      await group
        .stream(app, members)
        .pipe(group(echo.s(1), echo.s(2)))
        .delay(5)
        .get(),
    ).toEqual([
      [streamed, 1],
      [streamed, 2],
    ]);
  });

  test("fails as any chord does when a member fails", async () => {
    const { app, tasks } = shop;
    const members = [tasks.give.s(1), tasks.fail.si("first"), tasks.fail.si("second")];
    const result = await group.stream(app, members).pipe(tasks.sum.s()).delay();
    await expect(result.get()).rejects.toThrow('failed with ["first"]');
    expect(await result.state()).toBe("FAILURE");
  });

  test("calls links and errbacks as a group does that is data", async () => {
    const { app, tasks } = shop;
    const told: unknown[] = [];
    const note = app.task(`note-${broker}`, (...values: unknown[]) => void told.push(values.length));
    const members = [tasks.give.s(1), tasks.give.s(2)];
    await group.stream(app, members).set({ link: note.s() }).delay().get();
    const failing = group.stream(app, [tasks.fail.si(), tasks.fail.si()]).pipe(tasks.sum.s());
    await expect(failing.applyAsync([], { linkError: note.s() }).get()).rejects.toThrow("failed with []");
    await until("all callbacks ran", () => told.length === 3);
    expect(told).toEqual([1, 1, 3]);
  });

  test("keeps an id that its author gave it", async () => {
    const { app, tasks } = shop;
    const id = `own-${broker}-${shop.place.prefix}`;
    const submission = group.stream(app, [tasks.give.s(1)]).applyAsync([], { taskId: id });
    expect(submission.id).toBe(id);
    await submission;
    expect(await app.asyncResult(id).get()).toEqual([1]);
  });

  test("leaves nothing when its source throws, or gives what is no member", async () => {
    const { app, tasks } = shop;
    // Runs that have ended leave the active set a little later.
    const keysOfRuns = async (): Promise<string[]> =>
      (await shop.place.keys()).filter((key) => !key.endsWith(":active"));
    const before = await keysOfRuns();
    async function* broken() {
      yield* later(counted(1000, (index) => tasks.give.s(index)));
      throw new Error("the source is gone");
    }
    await expect(group.stream(app, broken()).delay()).rejects.toThrow("the source is gone");
    await expect(group.stream(app, later([tasks.give as never])).delay()).rejects.toThrow(
      "member 1 of the stream is no signature; write `task.s(...)` instead of the task",
    );
    const untyped = group.stream<AnySignature>(app, [tasks.add.s(1, 2), tasks.add.s(1)]);
    await expect(untyped.delay()).rejects.toThrow(TypeError);
    expect(await keysOfRuns()).toEqual(before);
  });

  test("is sent once where its members can be taken once", async () => {
    const { app, tasks } = shop;
    const once = group.stream(
      app,
      counted(2, (index) => tasks.give.s(index)),
    );
    expect(await once.delay().get()).toEqual([0, 1]);
    expect(() => once.pipe(tasks.sum.s()).delay()).toThrow(InvalidSignatureError);
    const often = group.stream(app, [tasks.give.s(1)]);
    expect([await often.delay().get(), await often.delay().get()]).toEqual([[1], [1]]);
  });

  test("is no data", () => {
    const streamed = group.stream(shop.app, []);
    expect(() => JSON.stringify(streamed)).toThrow("a streamed group is no data");
    expect(() => chain(streamed as never)).toThrow("step 1 of the chain is no signature");
  });
});

test("members are stored while others come, so that few are in memory at a time", async () => {
  const shop = new Shop();
  const { app, tasks, place } = shop;
  const held: number[] = [];
  async function* members() {
    for (let index = 0; index < 6000; index += 1) {
      if (index % 1500 === 1499) {
        const [graph = ""] = (await place.keys()).filter((key) => key.endsWith(":graph"));
        expect(await place.redis.pttl(graph)).toBeGreaterThan(0);
        held.push(index - PAGE_SIZE * (await place.redis.hlen(graph)));
      }
      yield tasks.give.s(index);
    }
  }
  try {
    await group.stream(app, members()).delay();
    expect(held.length).toBe(4);
    expect(Math.max(...held)).toBeLessThan(1100);
    const [graph = ""] = (await place.keys()).filter((key) => key.endsWith(":graph"));
    expect(await place.redis.pttl(graph)).toBe(-1);
  } finally {
    await shop.close();
  }
});
