import { expect, test } from "@jest/globals";
import { chain } from "../../src/primitives/chain.ts";
import { chord } from "../../src/primitives/chord.ts";
import { each } from "../../src/primitives/each.ts";
import { group } from "../../src/primitives/group.ts";
import { describeOnEachBroker } from "../kit/each-broker.ts";

const DATE = new Date(86_400_000);
const ALL = {
  at: DATE,
  big: 12n,
  map: new Map([["a", new Set([1n])]]),
  bytes: new Uint8Array([1, 2]),
  plain: { a: [1] },
};

describeOnEachBroker("C7 json: what is more than JSON has", (open) => {
  test("goes through arguments, results, steps, groups, chords, maps, each, replaced tasks and callbacks", async () => {
    const shop = open();
    await shop.work();
    const { app } = shop;
    const seen: unknown[] = [];
    const kinds = app.task("kinds", (value: unknown, named: unknown = undefined) => [
      value instanceof Date || (value as typeof ALL).at instanceof Date,
      named instanceof Map,
    ]);
    const same = app.task("keep", (value: unknown) => value);
    const note = app.task("note", (value: unknown) => {
      seen.push(value);
    });
    const later = app.task({ name: "later", bind: true }, (self, value: unknown): unknown =>
      self.replace(same.s(value)),
    );
    expect(await kinds.applyAsync([ALL], { kwargs: { named: new Map() } }).get({ timeout: 10 })).toEqual([true, true]);
    expect(await same.delay(ALL).get({ timeout: 10 })).toStrictEqual(ALL);
    expect(await chain(same.s(ALL), same.s(), same.s()).delay().get({ timeout: 10 })).toStrictEqual(ALL);
    expect(await group(same.s(DATE), same.s(1n)).delay().get({ timeout: 10 })).toStrictEqual([DATE, 1n]);
    expect(
      await chord([same.s(DATE), same.s(1n)], same.s())
        .delay()
        .get({ timeout: 10 }),
    ).toStrictEqual([DATE, 1n]);
    expect(await same.map([DATE, 2n]).delay().get({ timeout: 10 })).toStrictEqual([DATE, 2n]);
    expect(await each(same.s()).delay([DATE, ALL]).get({ timeout: 10 })).toStrictEqual([DATE, ALL]);
    const given = each(shop.tasks.echo.s({ __type__: "mine", of: DATE }));
    expect(await given.delay([1]).get({ timeout: 10 })).toStrictEqual([[1, { __type__: "mine", of: DATE }]]);
    expect(await later.delay(ALL).get({ timeout: 10 })).toStrictEqual(ALL);
    await chain(same.signature([DATE], { link: note.s() }), note.s())
      .delay()
      .get({ timeout: 10 });
    const kept = app.signature(JSON.parse(JSON.stringify(same.s(ALL))));
    expect(await kept.delay().get({ timeout: 10 })).toStrictEqual(ALL);
    expect(seen).toContainEqual(DATE);
  });

  test("is the task's own: what it changes is not seen by the next try", async () => {
    const shop = open();
    await shop.work();
    const grow = shop.app.task({ name: "grow", bind: true }, (self, map: Map<string, number>): number => {
      map.set(`try ${self.request.retries}`, 1);
      return self.request.retries === 0 ? self.retry({ countdown: 0 }) : map.size;
    });
    const map = new Map<string, number>();
    const sent = grow.delay(map);
    map.set("later", 1);
    expect(await sent.get({ timeout: 10 })).toBe(1);
  });

  test("is told with a state, and by errors", async () => {
    const shop = open();
    await shop.work();
    let goOn = (): void => undefined;
    const tell = shop.app.task({ name: "tell", bind: true }, async (self) => {
      const gate = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      await self.updateState("HALF", { since: DATE });
      await gate;
    });
    const result = await tell.delay();
    for (let info: unknown; info === undefined; info = await result.info()) {
      if ((await result.state()) === "HALF") expect(await result.info()).toStrictEqual({ since: DATE });
    }
    goOn();
    await result.get({ timeout: 10 });
  });
});
