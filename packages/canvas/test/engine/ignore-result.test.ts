import { expect, test } from "@jest/globals";
import { chain } from "../../src/primitives/chain.ts";
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
});
