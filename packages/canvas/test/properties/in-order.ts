/**
 * The plainest way to run a graph: on the specification (`advance.ts`), one task after another in the order in which
 * they become ready, without queue, worker or clock.
 */
import { type App, Content } from "@umbel/core";
import { PageCache } from "../../src/engine/page-cache.ts";
import { Results } from "../../src/engine/results.ts";
import { type Graph, stretchIndices } from "../../src/graph/graph.ts";
import { ownNode } from "../../src/graph/own-arguments.ts";
import type { Dispatch, Refill, SettleReply, Started } from "../../src/store/graph-store.ts";
import { MemoryGraphStore } from "../../src/store/memory/memory-graph-store.ts";
import { MemoryRuns } from "../../src/store/memory/memory-runs.ts";
import { AttemptEndings } from "../../src/worker/attempt-endings.ts";
import { GraphAdditions } from "../../src/worker/graph-additions.ts";
import { TaskRunner } from "../../src/worker/run-task.ts";
import { observe } from "./observe.ts";

/** Runs a graph to its end and gives what it came to. */
export async function runInOrder(app: App, graph: Graph): Promise<readonly string[]> {
  let now = 0;
  const store = new MemoryGraphStore(new MemoryRuns(), { now: () => now, resultExpiresMs: 1, window: 1_000_000 });
  const pages = new PageCache(store);
  const content = new Content();
  const results = new Results(store, pages, content);
  const runner = new TaskRunner({
    registry: app,
    pages,
    results,
    content,
    endings: new AttemptEndings({
      pages,
      results,
      content,
      additions: new GraphAdditions(store, { taskDefaults: () => undefined }),
      hostname: "in order",
    }),
    hostname: "in order",
    isEager: false,
    maxResultBytes: 1_000_000,
    keepLine: () => undefined,
    report: (error) => {
      throw error;
    },
  });
  const { runKey } = graph;
  const dispatches: Dispatch[] = [];
  const spreads: Refill[] = [];
  const take = (started: Started | SettleReply): void => {
    dispatches.push(...started.dispatches);
    spreads.push(...started.spreads.map((spread) => ({ spread, handedOut: 0 })));
    if ("refills" in started) spreads.push(...started.refills);
  };
  const expand = async ({ spread: index, handedOut }: Refill): Promise<void> => {
    const spread = await pages.node(runKey, index);
    if (spread.kind !== "spread") throw new Error(`node ${index} is no spread`);
    const { join, total, limit, starts: stretches } = spread;
    const indices = [...stretchIndices(stretches, handedOut)];
    const starts = indices.map(({ index: start, stretch }) => `${stretch.kind}${start}`);
    const place = { index, join, total, ...(limit === undefined ? {} : { limit }) };
    take(await store.expand(runKey, place, { from: handedOut, to: handedOut + starts.length, starts }));
  };
  const openSignal = (): AbortSignal => new AbortController().signal;
  const showState = async (): Promise<void> => undefined;
  const run = async ({ first, generation, delayMs }: Dispatch): Promise<void> => {
    now += delayMs;
    const node = await pages.node(runKey, first);
    const [claim] = await store.claim(runKey, "in order", [{ first, count: 1, generation, withPage: false }]);
    if (node.kind !== "task" || claim?.kind !== "claimed") throw new Error(`node ${first} cannot be run`);
    const { retries, cause, token } = claim;
    const attempt = {
      runKey,
      index: first,
      node: ownNode(node, content),
      retries,
      cause,
      deliveries: 0,
      input: undefined,
      showState,
      openSignal,
      limit: () => {
        throw new Error("no task here has a time limit");
      },
      outlive: () => undefined,
    };
    const outcome = await runner.run(attempt);
    take(await store.settle(runKey, [{ first, count: 1, index: first, token, outcome, node }]));
  };
  take(await store.create(graph, {}));
  while (dispatches.length + spreads.length > 0) {
    const spread = spreads.shift();
    const dispatch = spread === undefined ? dispatches.shift() : undefined;
    if (spread !== undefined) await expand(spread);
    if (dispatch !== undefined) await run(dispatch);
  }
  return await observe(results, runKey, graph);
}
