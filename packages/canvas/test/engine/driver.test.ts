import { expect, test } from "@jest/globals";
import type { SignatureData } from "@umbel/core";
import { compileAny } from "../kit/arbitrary-canvas.ts";
import { shopsOnEachBroker } from "../kit/shop.ts";

test.each(shopsOnEachBroker)(
  "a group is handed out though somebody else has handed out the one before it, on %s",
  async (_broker, open) => {
    const shop = open();
    try {
      const t: SignatureData = { kind: "task", task: "nothing" };
      const group: SignatureData = { kind: "group", members: [t, t] };
      // 0 t, then 1 spread, 2 t, 3 t, 4 join, 5 spread, 6 t, 7 t, 8 join
      const graph = compileAny({ ...t, options: { link: [group, group] } });
      const { runKey } = graph;
      const [node] = graph.nodes;
      const { store, driver } = await shop.engine.runtime();
      await store.create(graph, {});
      await store.claim(runKey, "w1", [{ first: 0, count: 1, generation: 1, withPage: false }]);
      if (node?.kind !== "task") throw new Error("a task");
      const outcome = { kind: "succeeded", payload: "1" } as const;
      const reply = await store.settle(runKey, [{ first: 0, count: 1, index: 0, token: 1, outcome, node }]);
      expect(reply.spreads).toEqual([1, 5]);
      // Such as a janitor, whose round comes in between. Who is too late is not told how many seats there are.
      await store.expand(runKey, { index: 1, join: 4, total: 2 }, { from: 0, to: 2, starts: ["t2", "t3"] });
      await driver.follow(runKey, { ...reply, refills: [] });
      const { flights, openSpreads } = await store.inspect(runKey);
      expect(openSpreads).toEqual([]);
      expect(flights.map((flight) => flight.first).sort()).toEqual([2, 3, 6, 7]);
    } finally {
      await shop.close();
    }
  },
);
