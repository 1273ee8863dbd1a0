import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type BoundTask, currentTask, type Task } from "@umbel/core";
import { chain } from "../../src/primitives/chain.ts";
import { chord } from "../../src/primitives/chord.ts";
import { type Shop, shopsOnEachBroker } from "../kit/shop.ts";

describe.each(shopsOnEachBroker)("a mapped task on %s", (_broker, open) => {
  let shop: Shop;
  const ran: number[] = [];
  /** Does for 2 what the test wants. */
  let act: Task<[x: number], number>;
  let deed: (self: BoundTask) => unknown = () => undefined;

  beforeAll(async () => {
    shop = open();
    act = shop.app.task({ name: "act", bind: true }, (self: BoundTask, x: number) => {
      ran.push(x);
      if (x === 2) deed(self);
      return x * 10;
    });
    await shop.work();
  });
  beforeEach(() => {
    ran.length = 0;
    deed = () => undefined;
  });
  afterAll(() => shop.close());

  const add = () => shop.tasks.add.s(1, 10);
  const DEEDS: readonly (readonly [method: string, deed: (self: BoundTask) => unknown])[] = [
    ["replace", (self) => self.replace(add())],
    ["retry", (self) => self.retry({ countdown: 0.01 })],
    ["addToChord", (self) => self.addToChord(add())],
  ];

  describe.each(DEEDS)("cannot call `%s` for an item: it is called as a function there", (method, does) => {
    const refused = (word: string, id: string) => ({
      name: "ImproperlyConfigured",
      message: `\`${method}\` needs a call of its own, but task "act" was called for an item of a ${word} (${id}); send each item by itself, with \`group\` or \`each\``,
    });

    test("of a map, nor elsewhere in what it calls", async () => {
      for (const wanted of [does, () => does(currentTask() as BoundTask)]) {
        ran.length = 0;
        deed = wanted;
        const result = await act.map([1, 2, 3]).delay();
        await expect(result.get()).rejects.toMatchObject(refused("map", result.id));
        expect(ran).toEqual([1, 2]);
      }
    });

    test("of a starmap, nor of chunks, in a chain and in a header", async () => {
      deed = does;
      const result = await chain(shop.tasks.give.s(1), act.starmap([[1], [2]])).delay();
      await expect(result.get()).rejects.toMatchObject(refused("starmap", result.id));
      const chunks = await act.chunks([[1], [2]], 1).delay();
      const [, second] = await chunks.results();
      await expect(chunks.get()).rejects.toMatchObject(refused("starmap", String(second?.id)));
      await expect(
        chord([act.map([2]) as never], shop.tasks.echo.s())
          .delay()
          .get(),
      ).rejects.toMatchObject({
        name: "ImproperlyConfigured",
      });
    });
  });

  test("tells why it wanted to be tried again", async () => {
    deed = (self) => self.retry({ exc: new RangeError("the reason") });
    const error: unknown = await act.map([2]).delay().get({ propagate: false });
    expect(error).toMatchObject({ name: "ImproperlyConfigured", cause: { name: "RangeError", message: "the reason" } });
  });

  test("is told the map's request, shows the map's state, and is tried again with the map by its `retries`", async () => {
    const ids: string[] = [];
    deed = (self) => {
      ids.push(self.request.id);
      void self.updateState("PROGRESS", { retries: self.request.retries });
      if (self.request.retries === 0) throw new RangeError("the first time");
    };
    const result = await act.map([1, 2, 3]).set({ retries: 1, retryDelay: 0.01 }).delay();
    expect(await result.get()).toEqual([10, 20, 30]);
    expect(ran).toEqual([1, 2, 1, 2, 3]);
    expect(ids).toEqual([result.id, result.id]);
  });
});
