import { expect, test } from "@jest/globals";
import {
  type AnySignature,
  type AsyncResult,
  GroupResult,
  OptionError,
  RunExpiredError,
  UnknownTaskIdError,
} from "@umbel/core";
import { chain } from "../../src/primitives/chain.ts";
import { chord } from "../../src/primitives/chord.ts";
import { group } from "../../src/primitives/group.ts";
import { describeOnEachBroker, Gates } from "../kit/each-broker.ts";
import type { Shop } from "../kit/shop.ts";

/** Sends any canvas. */
const send = async (shop: Shop, canvas: AnySignature): Promise<AsyncResult> =>
  await shop.app.signature(canvas.data).delay();

/** A result and all before it, as what each gave. */
async function valuesToTheRoot(result: AsyncResult): Promise<unknown[]> {
  const values: unknown[] = [];
  for (let at: AsyncResult | undefined = result; at !== undefined; at = await at.parent()) {
    const value = await at.get({ propagate: false });
    values.push(value instanceof Error ? value.name : value);
  }
  return values;
}

const values = async (results: readonly AsyncResult[]): Promise<unknown[]> =>
  await Promise.all(results.map((result) => result.get({ propagate: false })));

describeOnEachBroker("the results before a result", (open) => {
  test.each<[what: string, canvas: (tasks: Shop["tasks"]) => AnySignature, before: unknown[]]>([
    ["of a task: none", ({ give }) => give.s(1), [1]],
    ["of a chain: the steps", ({ give, add }) => chain(give.s(1), add.s(1), add.s(1)), [3, 2, 1]],
    ["of steps that take nothing", ({ give, add }) => chain(give.s(1), add.si(2, 2), add.si(3, 3)), [6, 4, 1]],
    [
      "of a chain in a chain",
      ({ give, add }) => chain(chain(give.s(1), add.s(1)), chain(add.s(1), add.s(1))),
      [4, 3, 2, 1],
    ],
    ["of a group: none", ({ give }) => group(give.s(1), give.s(2)), [[1, 2]]],
    ["of a group behind a step", ({ give, add }) => chain(give.s(1), group(add.s(1), add.s(2))), [[2, 3], 1]],
    ["of a chord: its header", ({ give, sum }) => chord([give.s(1), give.s(2)], sum.s()), [3, [1, 2]]],
    ["of a body that takes nothing", ({ give }) => chord([give.s(1), give.s(2)], give.si(5)), [5, [1, 2]]],
    [
      "of a body behind a chain in the header",
      ({ give, add }) => chord([give.s(1), chain(give.s(1), add.s(1))], give.si(5)),
      [5, [1, 2]],
    ],
    [
      "of a body behind a group at the end of a member",
      ({ give, add }) => chord([give.s(1), chain(give.s(1), group(add.s(1), add.s(2)))], give.si(5)),
      [5, [1, [2, 3]]],
    ],
    [
      "of groups that follow each other",
      ({ give, sum }) => chain(give.s(0), group(give.si(1), give.si(2)), group(sum.s(), sum.s()), give.si(5)),
      [5, [3, 3], [1, 2], 0],
    ],
    ["of a step behind an empty group", ({ give, echo }) => chain(give.s(1), group([]), echo.s()), [[[]], [], 1]],
    [
      "of a step that takes nothing behind an empty group",
      ({ give }) => chain(give.s(1), group([]), give.si(2)),
      [2, [], 1],
    ],
    ["of a step behind two empty groups", ({ give }) => chain(group([]), group([]), give.si(2)), [2, [], []]],
    [
      "of a chain that failed",
      ({ give, fail, add }) => chain(give.s(1), fail.s(), add.s(1)),
      ["RangeError", "RangeError", 1],
    ],
  ])("%s", async (_what, canvas, before) => {
    const shop = open();
    await shop.work();
    expect(await valuesToTheRoot(await send(shop, canvas(shop.tasks)))).toEqual(before);
  });

  test("a group's members have those of their own steps alone", async () => {
    const shop = open();
    await shop.work();
    const { give, add } = shop.tasks;
    const handle = await chain(give.s(1), group(add.s(1), chain(add.s(2), add.s(3)), add.si(0, 0))).delay();
    expect(await handle.get()).toEqual([2, 6, 0]);
    const members = await handle.results();
    expect(await Promise.all(members.map(valuesToTheRoot))).toEqual([[2], [6, 3], [0]]);
    const first = await members[1].parent();
    expect(await first?.parent()).toBeUndefined();
  });

  test("are known from ids of people's own, before anything has run", async () => {
    const shop = open();
    const { give, add } = shop.tasks;
    const [a, b] = [`${shop.place.prefix}-a`, `${shop.place.prefix}-b`];
    await chain(give.s(1).set({ taskId: a }), add.s(1).set({ taskId: b })).delay();
    const parent = await shop.app.asyncResult(b).parent();
    expect(parent?.id).toBe(a);
    expect(await parent?.parent()).toBeUndefined();
  });

  test("of what is not known or not stored", async () => {
    const shop = open();
    await expect(shop.app.asyncResult("nobody").parent()).rejects.toThrow(UnknownTaskIdError);
    await expect(shop.app.asyncResult("0192e0a0-0000-8000-8000-000000000000").parent()).rejects.toThrow(
      RunExpiredError,
    );
  });
});

describeOnEachBroker("what a result led to", (open) => {
  test("is the next step and its callbacks, once it has ended", async () => {
    const shop = open();
    const { give, add, mul } = shop.tasks;
    const gates = new Gates();
    const hold = shop.app.task("hold", async (value: number) => {
      await gates.pass("hold");
      return value;
    });
    await shop.work();
    const last = await chain(hold.s(2).set({ link: [mul.s(10)] }), group(add.s(1), add.s(2))).delay();
    const first = await last.parent();
    if (first === undefined) throw new Error("no first step");
    expect(await first.children()).toEqual([]);
    gates.open("hold");
    expect(await last.get()).toEqual([3, 4]);
    const children = await first.children();
    expect(children.map((child) => child instanceof GroupResult)).toEqual([true, false]);
    expect(await values(children)).toEqual([[3, 4], 20]);
    expect(await children[1]?.parent()).toEqual(first);
    const handle = await give
      .s(1)
      .set({ linkError: [give.si(7)] })
      .delay();
    await handle.get();
    expect(await handle.children()).toEqual([]);
  });

  test("is its errbacks when it failed, and nothing when it never ran", async () => {
    const shop = open();
    const { fail, give, add } = shop.tasks;
    await shop.work();
    const last = await chain(fail.s(1).set({ linkError: [give.si(7)] }), add.s(1)).delay();
    await last.get({ propagate: false });
    expect(await last.children()).toEqual([]);
    const first = await last.parent();
    expect(await values((await first?.children()) ?? [])).toEqual([7]);
  });

  test("is collected in breadth", async () => {
    const shop = open();
    const { give, add, mul } = shop.tasks;
    await shop.work();
    const handle = await give
      .s(1)
      .set({ link: [add.s(1).set({ link: [mul.s(5)] }), group(add.s(2), add.s(3))] })
      .delay();
    const collected: unknown[] = [];
    for await (const [result, value] of handle.collect()) collected.push([result instanceof GroupResult, value]);
    expect(collected).toEqual([
      [false, 1],
      [false, 2],
      [true, [3, 4]],
      [false, 10],
      [false, 3],
      [false, 4],
    ]);
  });
});

describeOnEachBroker("a result as a tuple", (open) => {
  test("has Celery's form, and comes back as the same result", async () => {
    const shop = open();
    const { give, add, sum } = shop.tasks;
    await shop.work();
    const handle = await chain(give.s(1), group(add.s(1), chain(add.s(2), add.s(3))), sum.s()).delay();
    const header = await handle.parent();
    const first = await header?.parent();
    if (!(header instanceof GroupResult) || first === undefined) throw new Error("no header");
    const [one, two] = await header.results();
    const before = await two?.parent();
    const tuple = await handle.asTuple();
    const firstTuple = [[first.id, null], null];
    const members = [
      [[one?.id, null], null],
      [[two?.id, [[before?.id, null], null]], null],
    ];
    expect(tuple).toEqual([[handle.id, [[header.id, firstTuple], members]], null]);
    const restored = shop.app.resultFromTuple<number>(JSON.parse(JSON.stringify(tuple)));
    expect(await restored.get()).toBe(8);
    expect(await (await restored.parent())?.get()).toEqual([2, 6]);
    expect(shop.app.resultFromTuple(await header.asTuple())).toEqual(header);
  });

  test.each([
    [null],
    ["id"],
    [[]],
    [["id", null]],
    [[["id"], null]],
    [[["id", "parent"], null]],
    [[["id", null], ["member"]]],
  ])("%j is none", (tuple) => {
    const { app } = open();
    expect(() => app.resultFromTuple(tuple)).toThrow(OptionError);
  });
});

describeOnEachBroker("what can be read of a result", (open) => {
  test("without waiting", async () => {
    const shop = open();
    const { give, fail } = shop.tasks;
    const gates = new Gates();
    const hold = shop.app.task("hold", () => gates.pass("hold"));
    await shop.work();
    const running = await hold.delay();
    expect([await running.result(), await running.traceback(), await running.maybeThrow()]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    gates.open("hold");
    const good = await give.delay(5);
    await good.get();
    expect([await good.result(), await good.traceback(), await good.maybeThrow()]).toEqual([5, undefined, undefined]);
    const bad = await chain(fail.s(1), give.s()).delay();
    await bad.get({ propagate: false });
    expect(await bad.result()).toMatchObject({ name: "RangeError", message: "failed with [1]" });
    expect(await bad.traceback()).toContain("canvas/test/kit/shop.ts");
    await expect(bad.maybeThrow()).rejects.toThrow("failed with [1]");
  });

  test("of a body whose header failed: the stored error is the ChordError, the thrown one the member's", async () => {
    const shop = open();
    const { fail, sum } = shop.tasks;
    await shop.work();
    const handle = await chord([fail.s(1)], sum.s()).delay();
    await expect(handle.get()).rejects.toThrow("failed with [1]");
    expect(await handle.result()).toMatchObject({ name: "ChordError" });
    await expect(handle.maybeThrow()).rejects.toMatchObject({ name: "RangeError" });
  });
});
