import { expect, test } from "@jest/globals";
import { Content } from "@umbel/core";
import fc from "fast-check";
import { PageCache } from "../../src/engine/page-cache.ts";
import { Relatives } from "../../src/engine/relatives.ts";
import { Results } from "../../src/engine/results.ts";
import type { Graph } from "../../src/graph/graph.ts";
import { MemoryGraphStore } from "../../src/store/memory/memory-graph-store.ts";
import { MemoryRuns } from "../../src/store/memory/memory-runs.ts";
import { anyCanvas, compileAny } from "../kit/arbitrary-canvas.ts";
import { anyChoices } from "../store/contract.ts";
import { simulate } from "../store/simulation.ts";

function open() {
  const store = new MemoryGraphStore(new MemoryRuns(), { now: () => 1, resultExpiresMs: 1000, window: 10 });
  const pages = new PageCache(store);
  const results = new Results(store, pages, new Content());
  return { store, results, relatives: new Relatives(pages, results) };
}

/** Every node whose end starts the key, found by looking at all nodes. */
function parentsOf(graph: Graph): ReadonlyMap<number, readonly number[]> {
  const parents = new Map<number, number[]>();
  for (const [index, node] of graph.nodes.entries()) {
    if (node.kind === "spread") continue;
    for (const token of [...node.next, ...node.onError]) {
      const started = Number(/\d+/.exec(token)?.[0]);
      const spread = graph.nodes[started];
      const result = spread?.kind === "spread" ? spread.join : started;
      parents.set(result, [...(parents.get(result) ?? []), index]);
    }
  }
  return parents;
}

test("the result before any node of any canvas is one whose end starts it", async () => {
  await fc.assert(
    fc.asyncProperty(anyCanvas(true), async (data) => {
      const graph = compileAny(data);
      const { store, relatives } = open();
      await store.create(graph, {});
      const parents = parentsOf(graph);
      for (const [index, node] of graph.nodes.entries()) {
        if (node.kind === "spread") continue;
        const parent = await relatives.parent(graph.runKey, index);
        expect(parents.get(index) ?? [undefined]).toContain(parent);
      }
    }),
    { numRuns: 200 },
  );
});

test("states that are read together are those that are read one by one, and children those that have run", async () => {
  await fc.assert(
    fc.asyncProperty(anyCanvas(true), anyChoices(), async (data, choices) => {
      const graph = compileAny(data);
      const { store, results, relatives } = open();
      const { runKey } = graph;
      await simulate(store, graph, choices());
      const indices = [...graph.nodes.keys()].filter((index) => graph.nodes[index]?.kind !== "spread");
      const states = await results.states(runKey, indices);
      const each = await Promise.all(indices.map((index) => results.read(runKey, index)));
      expect(states).toEqual(each.map(({ state }) => state));
      for (const index of indices) {
        for (const child of await relatives.children(runKey, index)) {
          const { kind } = await store.read(runKey, child);
          if (graph.nodes[index]?.kind === "task")
            expect(["succeeded", "failed", "joined", "joinFailed"]).toContain(kind);
        }
      }
    }),
    { numRuns: 100 },
  );
});
