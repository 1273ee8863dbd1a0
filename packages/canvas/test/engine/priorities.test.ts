import { expect, test } from "@jest/globals";
import { describeOnEachBroker } from "../kit/each-broker.ts";

describeOnEachBroker("C10 priority", (open) => {
  test("a call without one comes first, then 9 down to 0, and equal ones in the order in which they were sent", async () => {
    const shop = open();
    const order: string[] = [];
    const note = shop.app.task("note", (name: string) => {
      order.push(name);
    });
    const own = shop.app.task({ name: "own", priority: 7 }, (name: string) => {
      order.push(name);
    });
    const sent = [0, 5, 9, 5, undefined, 1, 8].map((priority, place) => {
      const options = priority === undefined ? {} : { priority };
      return note.applyAsync([`${priority ?? "none"} ${place}`], options);
    });
    sent.push(own.delay("7 by its task"), own.applyAsync(["6 by its call"], { priority: 6 }));
    await Promise.all(sent);
    await shop.work({ concurrency: 1 });
    await Promise.all(sent.map((each) => each.get({ timeout: 10 })));
    expect(order).toEqual(["none 4", "9 2", "8 6", "7 by its task", "6 by its call", "5 1", "5 3", "1 5", "0 0"]);
  });
});
