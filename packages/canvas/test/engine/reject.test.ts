import { expect, test } from "@jest/globals";
import { Reject, UnknownTaskIdError } from "@umbel/core";
import { chain } from "../../src/primitives/chain.ts";
import { group } from "../../src/primitives/group.ts";
import { describeOnEachBroker } from "../kit/each-broker.ts";

describeOnEachBroker("T13 Reject", (open) => {
  test("ends FAILURE and keeps the call, which can be listed, requeued and discarded", async () => {
    const shop = open();
    await shop.work({ name: "here" });
    let isOpen = false;
    const take = shop.app.task(
      { name: "take", retries: 5 },
      (cents: number, how: { at: Date; list: number[] }, note = "none") => {
        how.list.push(0);
        if (!isOpen) throw new Reject(`closed to ${note}`);
        return [cents, how.at.getTime(), how.list.length, note];
      },
    );
    const { same, give } = shop.tasks;
    const how = { at: new Date(5), list: [1] };
    const sent = take.signature([how], { kwargs: { note: "Ann" } });
    const result = await chain(give.s(7), sent, same.s()).delay();
    const error = await result.get({ timeout: 10, propagate: false });
    expect(error).toBeInstanceOf(Reject);
    expect(error).toMatchObject({ message: "closed to Ann", code: "REJECTED" });
    const { deadLetters } = shop.app;
    const [letter, ...others] = await deadLetters.list();
    expect(others).toEqual([]);
    expect(letter).toMatchObject({
      task: "take",
      args: [7, how],
      kwargs: { note: "Ann" },
      error: { name: "Reject", message: "closed to Ann" },
      hostname: "here",
    });
    expect(await shop.app.asyncResult(letter?.id ?? "").state()).toBe("FAILURE");
    isOpen = true;
    const again = await deadLetters.requeue(letter?.id ?? "");
    expect(await again.get({ timeout: 10 })).toEqual([7, 5, 2, "Ann"]);
    expect(await deadLetters.list()).toEqual([]);
    isOpen = false;
    const group2 = await group([1, 2].map((cents) => take.s(cents, how))).delay();
    await group2.get({ timeout: 10, propagate: false });
    const [latest, before] = await deadLetters.list();
    expect(await deadLetters.list({ limit: 1 })).toEqual([latest]);
    await deadLetters.discard(before?.id ?? "");
    expect(await deadLetters.list()).toEqual([latest]);
    const message = `no call with the id ${before?.id} is in the dead-letter list: it was requeued, discarded, or never rejected; \`app.deadLetters.list()\` gives those that are`;
    await expect(deadLetters.requeue(before?.id ?? "")).rejects.toThrow(new UnknownTaskIdError(message));
    await expect(deadLetters.discard(before?.id ?? "")).rejects.toThrow(new UnknownTaskIdError(message));
  });

  test("with `requeue` it is delivered again, and no try is counted", async () => {
    const shop = open();
    await shop.work();
    let deliveries = 0;
    const retries = new Set<number>();
    const busy = shop.app.task({ name: "busy", bind: true }, (self) => {
      deliveries += 1;
      retries.add(self.request.retries);
      if (deliveries < 4) throw new Reject({ requeue: true });
      return "taken";
    });
    expect(await busy.delay().get({ timeout: 10 })).toBe("taken");
    expect([deliveries, [...retries]]).toEqual([4, [0]]);
    expect(await shop.app.deadLetters.list()).toEqual([]);
  });

  test("without `acksLate` there is nothing to reject: it is FAILURE, and no call is kept", async () => {
    const shop = open();
    await shop.work();
    const taken = shop.app.task({ name: "taken", acksLate: false }, (requeue: boolean): number => {
      throw new Reject("no", { requeue });
    });
    for (const requeue of [true, false]) {
      expect(await taken.delay(requeue).get({ timeout: 10, propagate: false })).toBeInstanceOf(Reject);
    }
    expect(await shop.app.deadLetters.list()).toEqual([]);
  });
});
