import { expect, test } from "@jest/globals";
import type { SignatureData } from "@umbel/core";
import { compileAny } from "../kit/arbitrary-canvas.ts";
import { until } from "../kit/redis-server.ts";
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

test.each(shopsOnEachBroker)(
  "a join for whose end one script had no room is ended by the janitor if whoever settled is lost, on %s",
  async (_broker, open) => {
    const shop = open();
    try {
      // 1,200 spreads, then t, then their joins
      const depth = 1200;
      let nested: SignatureData = { kind: "task", task: "nothing" };
      for (let level = 0; level < depth; level += 1) {
        nested = { kind: "group", members: [level === 0 ? nested : { kind: "chain", steps: [nested] }] };
      }
      const graph = compileAny(nested);
      const { runKey } = graph;
      const { store, activeRuns } = await shop.engine.runtime();
      await activeRuns.add(runKey);
      await store.create(graph, {});
      for (const [index, node] of graph.nodes.entries()) {
        if (node.kind !== "spread") continue;
        const starts = node.starts.map(({ kind, first }) => `${kind}${first}`);
        await store.expand(runKey, { index, join: node.join, total: 1 }, { from: 0, to: 1, starts });
      }
      const node = graph.nodes[depth];
      if (node?.kind !== "task") throw new Error("a task");
      await store.claim(runKey, "lost", [{ first: depth, count: 1, generation: 1, withPage: false }]);
      const outcome = { kind: "succeeded", payload: "1" } as const;
      const settlement = { first: depth, count: 1, index: depth, token: 1, outcome, node };
      expect(await store.settle(runKey, [settlement])).toMatchObject({ spreads: [depth + 1000], runEnded: false });
      await shop.work({ overdueMs: 200 });
      await until("the run has ended", async () => (await store.inspect(runKey)).endedAt !== undefined, 10_000);
      expect((await store.read(runKey, graph.result)).kind).toBe("joined");
    } finally {
      await shop.close();
    }
  },
  20_000,
);
