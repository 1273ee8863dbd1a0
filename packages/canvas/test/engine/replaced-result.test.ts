import { expect, test } from "@jest/globals";
import { type AnySignature, type AsyncResult, GroupResult, type TaskRequest, UnknownTaskIdError } from "@umbel/core";
import { chain } from "../../src/primitives/chain.ts";
import { each } from "../../src/primitives/each.ts";
import { group } from "../../src/primitives/group.ts";
import { describeOnEachBroker, Gates } from "../kit/each-broker.ts";
import { until } from "../kit/redis-server.ts";
import type { Shop } from "../kit/shop.ts";

/** Sends any canvas. */
const send = async (shop: Shop, canvas: AnySignature): Promise<AsyncResult> =>
  await shop.app.signature(canvas.data).delay();

const values = async (results: readonly AsyncResult[]): Promise<unknown[]> =>
  await Promise.all(results.map((result) => result.get({ propagate: false })));

/** A call of a task that is replaced by this. */
function replacedBy(shop: Shop, by: AnySignature): AnySignature {
  const name = `replaced by ${String(by)}`;
  shop.app.task({ name, bind: true }, (self) => self.replace(by));
  return shop.app.signature(name);
}

/** A task that waits for its gate, which has its argument's name. */
function holdingTask(shop: Shop, gates: Gates) {
  return shop.app.task("hold", async (name: string) => {
    await gates.pass(name);
    return name;
  });
}

/** Canvases whose value is [10, 20], which they get by becoming a group. */
const LISTS: readonly (readonly [what: string, canvas: (shop: Shop) => AnySignature])[] = [
  ["an each", ({ tasks: { same, mul } }) => chain(same.s([1, 2]).as<number[]>(), each(mul.s(10)))],
  [
    "an each of chains",
    ({ tasks: { same, add, mul } }) => chain(same.s([0, 1]).as<number[]>(), each(chain(add.s(1), mul.s(10)))),
  ],
  [
    "a task that is replaced by a group",
    (shop) => replacedBy(shop, group(shop.tasks.give.s(10), shop.tasks.give.s(20))),
  ],
  [
    "a task that is replaced by a chain that ends in a group",
    (shop) => replacedBy(shop, chain(shop.tasks.give.s(10), group(shop.tasks.add.s(0), shop.tasks.add.s(10)))),
  ],
  [
    "a task that is replaced by an each",
    (shop) => replacedBy(shop, chain(shop.tasks.same.s([1, 2]).as<number[]>(), each(shop.tasks.mul.s(10)))),
  ],
];

describeOnEachBroker("the members of what became a group while it ran", (open) => {
  test.each(LISTS)("are those of a group with its id, and its children: %s", async (_what, canvas) => {
    const shop = open();
    await shop.work();
    const result = await send(shop, canvas(shop));
    expect(result).not.toBeInstanceOf(GroupResult);
    expect(await result.get()).toEqual([10, 20]);
    const children = await result.children();
    expect(await values(children)).toEqual([10, 20]);
    const handle = shop.app.groupResult<number[]>(result.id);
    expect((await handle.results()).map(({ id }) => id)).toEqual(children.map(({ id }) => id));
    expect(await handle.get()).toEqual([10, 20]);
    expect([await handle.completedCount(), await handle.waiting(), await handle.failed()]).toEqual([2, false, false]);
    const ends: unknown[] = [];
    for await (const end of handle) ends.push(end);
    expect(ends).toEqual([
      [0, 10],
      [1, 20],
    ]);
    expect(await shop.app.restoreGroup(result.id)).toEqual(handle);
    const [, members] = await handle.asTuple();
    expect(members?.map(([[id]]) => id)).toEqual(children.map(({ id }) => id));
  });

  test("are there while they run, by the id that each of them finds in its request", async () => {
    const shop = open();
    const gates = new Gates();
    const requests: TaskRequest[] = [];
    const member = shop.app.task({ name: "member", bind: true }, async (self, name: string) => {
      requests.push(self.request);
      await gates.pass(name);
      if (name === "b") throw new RangeError(name);
      return name;
    });
    await shop.work();
    const result = await each(member.s() as never).delay(["a", "b", "c"] as never);
    await until("they run", () => requests.length === 3);
    expect(new Set(requests.map((request) => request.group))).toEqual(new Set([result.id]));
    const handle = shop.app.groupResult<string[]>(result.id);
    const children = await result.children();
    expect(children).toHaveLength(3);
    expect(await Promise.all(children.map((child) => child.state()))).toEqual(["STARTED", "STARTED", "STARTED"]);
    expect([await result.state(), await handle.waiting(), await handle.completedCount()]).toEqual(["PENDING", true, 0]);
    const ends = handle.iterate({ propagate: false });
    gates.open("c");
    expect((await ends.next()).value).toEqual([2, "c"]);
    expect(await handle.completedCount()).toBe(1);
    gates.open("b");
    expect((await ends.next()).value).toMatchObject([1, { message: "b" }]);
    expect([await handle.failed(), await handle.waiting()]).toEqual([true, true]);
    gates.open("a");
    expect((await ends.next()).value).toEqual([0, "a"]);
    await expect(handle.get()).rejects.toThrow("b");
    expect(await values(await result.children())).toMatchObject(["a", { message: "b" }, "c"]);
  });

  test("stand in front of what follows from all of them", async () => {
    const shop = open();
    await shop.work();
    const { give, echo, sum } = shop.tasks;
    const total = await chain(each(give.s()).set({ link: echo.s() }), sum.s()).delay([1, 2]);
    expect(await total.get()).toBe(3);
    const result = await total.parent();
    if (result === undefined) throw new Error("a step before it");
    expect(await values(await result.children())).toEqual([1, 2, 3, [[1, 2]]]);
    expect(await values(await shop.app.groupResult(result.id).children())).toEqual([1, 2]);
    const collected: unknown[] = [];
    for await (const [, value] of result.collect()) collected.push(value);
    expect(collected).toEqual([[1, 2], 1, 2, 3, [[1, 2]]]);
  });

  test("are not known of an each that waits for its list, nor of one that got none", async () => {
    const shop = open();
    const gates = new Gates();
    const hold = holdingTask(shop, gates);
    await shop.work();
    const result = await chain(hold.s("no list").as<never>(), each(shop.tasks.give.s())).delay();
    const handle = shop.app.groupResult(result.id);
    const known = (problem: string): UnknownTaskIdError =>
      new UnknownTaskIdError(`${result.id} is the id of an \`each\`, and ${problem}`);
    const unknownYet = known("its members are not known before its list is there; wait for it with `get()`");
    expect(await result.children()).toEqual([]);
    await expect(handle.results()).rejects.toEqual(unknownYet);
    await expect(handle.completedCount()).rejects.toEqual(unknownYet);
    await expect(handle.iterate().next()).rejects.toEqual(unknownYet);
    expect(await shop.app.restoreGroup(result.id)).toBeUndefined();
    expect([await handle.state(), await handle.ready()]).toEqual(["PENDING", false]);
    gates.open("no list");
    await expect(handle.get()).rejects.toThrow('it got "no list"');
    expect(await result.children()).toEqual([]);
    await expect(handle.results()).rejects.toEqual(known("it ended without any members"));
  });

  test("are not those of a task that stayed one", async () => {
    const shop = open();
    await shop.work();
    const result = await send(shop, replacedBy(shop, shop.tasks.give.s(7)));
    expect(await result.get()).toBe(7);
    expect(await result.children()).toEqual([]);
    for (const { id } of [result, await shop.tasks.give.delay(1)]) {
      const handle = shop.app.groupResult(id);
      const none = new UnknownTaskIdError(
        `${id} is the id of a task and not of a group; use \`app.asyncResult\` for it`,
      );
      await expect(handle.results()).rejects.toEqual(none);
      await expect(handle.waiting()).resolves.toBe(false);
      await expect(handle.failed()).rejects.toEqual(none);
      await expect(handle.iterate().next()).rejects.toEqual(none);
      expect(await shop.app.restoreGroup(id)).toBeUndefined();
    }
  });
});

describeOnEachBroker("a task that was replaced", (open) => {
  test("is in the state of what is in its place", async () => {
    const shop = open();
    const gates = new Gates();
    const telling = shop.app.task({ name: "telling", bind: true }, async (self) => {
      await self.updateState("PROGRESS", { done: 1 });
      await gates.pass("told");
      if (self.request.retries === 0) self.retry({ countdown: 3600 });
    });
    await shop.work();
    const result = await send(shop, replacedBy(shop, replacedBy(shop, telling.s())));
    await until("it tells", async () => (await result.state()) === "PROGRESS");
    expect(await result.info()).toEqual({ done: 1 });
    gates.open("told");
    await until("it is to be tried again", async () => (await result.state()) === "RETRY");
    expect(await result.revoke()).toBe("revoked");
    expect(await result.state()).toBe("REVOKED");
  });
});
