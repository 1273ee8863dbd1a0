import { expect, test } from "@jest/globals";
import { chain } from "../../src/primitives/chain.ts";
import { each } from "../../src/primitives/each.ts";
import { group } from "../../src/primitives/group.ts";
import { describeOnEachBroker } from "../kit/each-broker.ts";

describeOnEachBroker("R4 ignoreResult", (open) => {
  test("drops what nobody takes, of a task or a call; what a later step takes goes on", async () => {
    const shop = open();
    await shop.work();
    const { give, add } = shop.tasks;
    const quiet = shop.app.task({ name: "quiet", ignoreResult: true }, (value: number) => ({ value }).value);
    const failing = shop.app.task({ name: "failing", ignoreResult: true }, (): number => {
      throw new RangeError("seen");
    });
    const ignored = await quiet.delay(7);
    expect(await ignored.get({ timeout: 10 })).toBeUndefined();
    expect([await ignored.state(), await ignored.result(), await ignored.info()]).toEqual([
      "SUCCESS",
      undefined,
      undefined,
    ]);
    expect(await give.applyAsync([1], { ignoreResult: true }).get({ timeout: 10 })).toBeUndefined();
    expect(await quiet.applyAsync([1], { ignoreResult: false }).get({ timeout: 10 })).toBe(1);
    expect(await chain(quiet.s(1), add.s(2)).delay().get({ timeout: 10 })).toBe(3);
    expect(await chain(give.s(1), quiet.s()).delay().get({ timeout: 10 })).toBeUndefined();
    expect(await group(quiet.s(1), quiet.s(2)).delay().get({ timeout: 10 })).toEqual([1, 2]);
    await expect(failing.delay().get({ timeout: 10 })).rejects.toMatchObject({ name: "RangeError", message: "seen" });
  });

  test("C12 shadow and headers go with a call", async () => {
    const shop = open();
    const failures: string[] = [];
    await shop.work({ onFailure: ({ task }) => failures.push(task) });
    const { headers } = (await shop.tasks.request
      .applyAsync([], { headers: { tenant: "a" } })
      .get({ timeout: 10 })) as { headers: unknown };
    expect(headers).toEqual({ tenant: "a" });
    const failing = shop.tasks.fail.applyAsync([], { shadow: "the import of monday", headers: { tenant: "a" } });
    await failing.get({ timeout: 10, propagate: false });
    expect(failures).toEqual(["the import of monday"]);
  });

  test("C12 stamps are in the request of each task, in events and where a run is shown", async () => {
    const shop = open();
    await shop.work();
    const { app, tasks } = shop;
    const stampsOf = app.task({ name: "stampsOf", bind: true }, (self, ..._before: unknown[]) => [
      self.request.stamps,
      self.request.stampedHeaders,
    ]);
    const later = app.task({ name: "later", bind: true }, (self): unknown => self.replace(stampsOf.si()));
    const region = { region: "eu" };
    const shown = [region, ["region"]];
    const canvas = chain(group(stampsOf.si(), later.si()), each(stampsOf.s())).stamp(region);
    expect(await canvas.delay().get({ timeout: 10 })).toEqual([shown, shown]);
    expect(await group(stampsOf.si(), later.si()).stamp(region).delay().get({ timeout: 10 })).toEqual([shown, shown]);
    expect(await stampsOf.si().delay().get({ timeout: 10 })).toEqual([null, null]);
    expect(
      await stampsOf
        .s(1)
        .applyAsync([], { stamps: { a: [1] } })
        .get({ timeout: 10 }),
    ).toEqual([{ a: [1] }, ["a"]]);
    const both = chain(stampsOf.s(1).stamp({ a: 1, b: 1 }), tasks.same.s());
    expect(await both.applyAsync([], { stamps: { b: 2, c: 2 } }).get({ timeout: 10 })).toEqual([
      { a: 1, b: 2, c: 2 },
      ["a", "b", "c"],
    ]);
    const result = await chain(tasks.give.s(1), tasks.add.s(2)).stamp({ monitoringId: 7 }).delay();
    const events: unknown[] = [];
    for await (const event of result.events({ timeout: 10 })) events.push(event);
    expect(events.at(-1)).toEqual({ id: result.id, state: "SUCCESS", info: 3, stamps: { monitoringId: 7 } });
    const nodes: unknown[] = [];
    for await (const { task, stamps } of (await app.runs.inspect(result.id)).nodes()) nodes.push([task, stamps]);
    expect(nodes).toEqual([
      ["give", { monitoringId: 7 }],
      ["add", { monitoringId: 7 }],
    ]);
  });
});
