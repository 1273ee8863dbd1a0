import { expect, test } from "@jest/globals";
import { type AsyncResult, RunExpiredError, RunNotEndedError } from "@umbel/core";
import { chain } from "../../src/primitives/chain.ts";
import { each } from "../../src/primitives/each.ts";
import { group } from "../../src/primitives/group.ts";
import { describeOnEachBroker, Gates } from "../kit/each-broker.ts";
import { until } from "../kit/redis-server.ts";
import type { Shop } from "../kit/shop.ts";

/** The keys of runs, which are all but the queue's. */
const keysOfRuns = async (shop: Shop): Promise<string[]> =>
  (await shop.place.keys()).filter(
    (key) => !key.includes(":{default}:") && !/:(active|runs$|failed$|worker|janitor|heartbeat)/.test(key),
  );

const states = async (results: readonly AsyncResult[]): Promise<string[]> =>
  await Promise.all(results.map((result) => result.state()));

describeOnEachBroker("a result that is forgotten", (open, broker) => {
  test("of a run: nothing of the run is left", async () => {
    const shop = open();
    const worker = await shop.work();
    const { give, add, echo } = shop.tasks;
    const taskId = `${shop.place.prefix}-own`;
    const sendOwn = (value: number) =>
      chain(give.s(value), group(add.s(1), add.s(2)), echo.s().set({ taskId })).delay();
    const handle = await sendOwn(1);
    expect(await handle.get()).toEqual([[2, 3]]);
    const before = await handle.parent();
    if (broker === "Redis") expect(await keysOfRuns(shop)).not.toEqual([]);
    await handle.forget();
    expect(await keysOfRuns(shop)).toEqual([]);
    expect(await handle.state()).toBe("PENDING");
    expect(await before?.state()).toBe("PENDING");
    await handle.forget();
    // Its id is free for another.
    expect(await (await sendOwn(5)).get()).toEqual([[6, 7]]);
    await worker.close();
  });

  test("of a run that goes on stays", async () => {
    const shop = open();
    const gates = new Gates();
    const hold = shop.app.task("hold", async (value: number) => {
      await gates.pass("hold");
      return value;
    });
    await shop.work();
    const handle = await chain(shop.tasks.give.s(1), hold.s()).delay();
    const first = await handle.parent();
    expect(await first?.get()).toBe(1);
    for (const result of [handle, first]) {
      await expect(result?.forget()).rejects.toThrow(
        new RunNotEndedError(
          `the result of ${result?.id} cannot be forgotten: its run goes on and may need it; wait until the run has ended`,
        ),
      );
    }
    gates.open("hold");
    expect(await handle.get()).toBe(1);
    expect(await first?.get()).toBe(1);
  });

  test("of a step: it and the steps before it, and what follows stays", async () => {
    const shop = open();
    await shop.work();
    const { give, add } = shop.tasks;
    const last = await chain(give.s(1), add.s(1), add.s(1), add.s(1)).delay();
    await last.get();
    const third = await last.parent();
    const second = await third?.parent();
    const first = await second?.parent();
    if (first === undefined || second === undefined || third === undefined) throw new Error("a step is missing");
    await second.forget();
    expect(await states([first, second, third, last])).toEqual(["PENDING", "PENDING", "SUCCESS", "SUCCESS"]);
    await expect(second.get()).rejects.toThrow(RunExpiredError);
    await expect(second.get()).rejects.toThrow("was forgotten: somebody called `forget()`");
    expect(await last.get()).toBe(4);
  });

  test("of what became a group while it ran: its members and the steps before it", async () => {
    const shop = open();
    await shop.work();
    const { same, add, mul, sum } = shop.tasks;
    const member = chain(add.s(1), mul.s(10));
    const last = await chain(same.s([1, 2]).as<number[]>(), each(member), sum.s()).delay();
    expect(await last.get()).toBe(50);
    const result = await last.parent();
    if (result === undefined) throw new Error("a step before it");
    const members = (await result.children()).slice(0, 2);
    const steps = await Promise.all(members.map(async (one) => (await one.parent()) ?? one));
    const first = (await result.parent()) ?? result;
    await result.forget();
    expect(await states([first, ...steps, ...members, result])).toEqual(new Array(6).fill("PENDING"));
    expect(await last.get()).toBe(50);
  });

  test("of a group in the middle: its members and the steps before it", async () => {
    const shop = open();
    await shop.work();
    const { give, add, sum } = shop.tasks;
    const last = await chain(give.s(1), group(add.s(1), chain(add.s(2), add.s(3))), sum.s()).delay();
    await last.get();
    const header = await last.parent();
    const before = await header?.parent();
    const members = await header?.children();
    if (header === undefined || before === undefined || members === undefined) throw new Error("no header");
    await header.forget();
    expect(await states([before, ...members, header, last])).toEqual([
      "PENDING",
      "PENDING",
      "PENDING",
      "PENDING",
      "SUCCESS",
    ]);
    await expect(header.get()).rejects.toThrow(RunExpiredError);
  });

  test("of a member takes the group's list with it", async () => {
    const shop = open();
    await shop.work();
    const handle = await group(shop.tasks.give.s(1), shop.tasks.give.s(2)).delay();
    const [first, second] = await handle.results();
    await second.get();
    await until("the run has ended", () => handle.ready());
    await first.forget();
    expect(await second.get()).toBe(2);
    await expect(handle.get()).rejects.toThrow("was forgotten, and what is asked for needs it");
    await expect(async () => {
      for await (const _pair of handle);
    }).rejects.toThrow(RunExpiredError);
  });

  test("of a failed step takes the errors with it that followed from it", async () => {
    const shop = open();
    await shop.work();
    const last = await chain(shop.tasks.fail.s(1), shop.tasks.add.s(1), shop.tasks.add.s(1)).delay();
    await last.get({ propagate: false });
    const first = await (await last.parent())?.parent();
    await first?.forget();
    expect(await last.state()).toBe("FAILURE");
    await expect(last.get()).rejects.toThrow(RunExpiredError);
  });

  test("of a group that was made of results: of each of them", async () => {
    const shop = open();
    await shop.work();
    const { give } = shop.tasks;
    const members = [await give.delay(1), await give.delay(2)] as const;
    const handle = shop.app.groupResult(members);
    await handle.save();
    await handle.get();
    await handle.forget();
    expect(await states(members)).toEqual(["PENDING", "PENDING"]);
    expect(await shop.app.restoreGroup(handle.id)).toBeUndefined();
    expect(await keysOfRuns(shop)).toEqual([]);
  });

  test("that nobody knows is forgotten already", async () => {
    const shop = open();
    await shop.app.asyncResult("nobody").forget();
    await shop.app.asyncResult("0192e0a0-0000-8000-8000-000000000000").forget();
  });
});
