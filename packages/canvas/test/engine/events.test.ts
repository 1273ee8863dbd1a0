import { expect, test } from "@jest/globals";
import type { ResultEvent } from "@umbel/core";
import { describeOnEachBroker, Gates } from "../kit/each-broker.ts";

describeOnEachBroker("C3 events", (open) => {
  test("are each state that a task gives itself, with what it tells, and its end", async () => {
    const shop = open();
    await shop.work();
    const gates = new Gates();
    const work = shop.app.task({ name: "work", bind: true, trackStarted: true }, async (self, fails: boolean) => {
      for (const done of [1, 2]) {
        await self.updateState("PROGRESS", { done });
        await gates.pass(`${self.request.id} ${done}`);
      }
      if (fails) throw new RangeError("lost");
      return "all";
    });
    for (const fails of [false, true]) {
      const result = await work.delay(fails);
      const events: ResultEvent[] = [];
      for await (const event of result.events({ timeout: 20 })) {
        events.push(event);
        const { done } = (event.info ?? {}) as { done?: number };
        if (event.state === "PROGRESS") gates.open(`${result.id} ${done}`);
      }
      const progress = events.filter(({ state }) => state === "PROGRESS").map(({ info }) => info);
      expect(progress).toEqual([{ done: 1 }, { done: 2 }]);
      expect(events.at(-1)).toMatchObject(
        fails
          ? { id: result.id, state: "FAILURE", info: { name: "RangeError", message: "lost" } }
          : { id: result.id, state: "SUCCESS", info: "all" },
      );
    }
  });

  test("`onMessage` hears them while `get` waits, also of a call that is on its way", async () => {
    const shop = open();
    await shop.work();
    const heard: string[] = [];
    const onMessage = ({ state }: ResultEvent): void => {
      heard.push(state);
    };
    expect(await shop.tasks.add.delay(1, 2).get({ timeout: 10, onMessage })).toBe(3);
    expect(heard.at(-1)).toBe("SUCCESS");
    await expect(shop.tasks.fail.delay().get({ timeout: 10, onMessage })).rejects.toMatchObject({ name: "RangeError" });
    expect(heard.at(-1)).toBe("FAILURE");
  });

  test("end with the limit", async () => {
    const shop = open();
    const result = await shop.tasks.add.delay(1, 2);
    await expect(result.get({ timeoutMs: 30, onMessage: () => undefined })).rejects.toThrow(
      `the result of ${result.id} was not there after 30 ms; the run goes on, and can be watched again`,
    );
  });
});
