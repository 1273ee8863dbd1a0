import { once } from "node:events";
import { afterAll, describe, expect, jest, test } from "@jest/globals";
import {
  App,
  Ignore,
  OptionError,
  parseNodeId,
  RunExpiredError,
  type SignatureData,
  UnknownTaskIdError,
} from "@umbel/core";
import fc from "fast-check";
import { CanvasEngine } from "../../src/engine/engine.ts";
import { MemoryBroker } from "../../src/engine/memory/memory-broker.ts";
import { VirtualClock } from "../../src/engine/memory/virtual-clock.ts";
import { readRunGraph } from "../../src/engine/run-graph.ts";
import type { JsonGraph } from "../../src/graph/export/json.ts";
import { pictureOf, stepsOf } from "../../src/graph/export/picture.ts";
import { chain } from "../../src/primitives/chain.ts";
import { chord } from "../../src/primitives/chord.ts";
import { group } from "../../src/primitives/group.ts";
import { serveByItself } from "../../src/worker/own-workers.ts";
import { anyCanvas } from "../kit/arbitrary-canvas.ts";
import { Shop } from "../kit/shop.ts";
import { actingApp, giveDeeds } from "../properties/acting-canvas.ts";

jest.setTimeout(30_000);

const SEED = fc.integer({ min: 0, max: 2 ** 31 - 1 });

function inMemory(app: App, clock: VirtualClock, seed?: number): CanvasEngine {
  const broker = new MemoryBroker({ clock, ...(seed === undefined ? {} : { seed }) });
  const engine = new CanvasEngine(app, { openBroker: async () => broker, window: 3 });
  serveByItself(broker, app, () => engine, { concurrency: 2 });
  return engine;
}

function submit(engine: CanvasEngine, signature: SignatureData) {
  return engine.submit({ signature, args: [], kwargs: {}, options: {} });
}

test("the state of each node is what its result says, and each that was ever started is drawn once", async () => {
  await fc.assert(
    fc.asyncProperty(anyCanvas(true), SEED, fc.boolean(), async (canvas, seed, isMidway) => {
      const { app } = actingApp();
      const clock = new VirtualClock(0, false);
      const engine = inMemory(app, clock, seed);
      try {
        const { stored, resultId } = submit(engine, giveDeeds(canvas, seed));
        await stored;
        // Retries come after 20 ms.
        if (isMidway) await clock.settled();
        else await clock.advance(60_000);
        const { store, results } = await engine.runtime();
        const { runKey } = parseNodeId(resultId) ?? {};
        if (runKey === undefined) throw new Error("every id in these canvases is ours");
        const { source, stateOf } = await readRunGraph(store, runKey);
        const drawn = [...stepsOf(pictureOf(source, { fold: false }))].flatMap(({ indices }) => indices);
        expect(new Set(drawn).size).toBe(drawn.length);
        for (const [index, node] of source.nodes.entries()) {
          if (node === undefined || node.kind === "spread") continue;
          const { state } = await results.read(runKey, index);
          expect(`${index} ${stateOf(index)}`).toBe(`${index} ${state}`);
          if (state !== "PENDING") expect(drawn).toContain(index);
        }
      } finally {
        await engine.close();
      }
    }),
    { numRuns: 60 },
  );
});

test("a run that goes on shows what runs, what is retried and what waits", async () => {
  const app = new App("going");
  const clock = new VirtualClock(0, false);
  const engine = inMemory(app, clock);
  const release = new AbortController();
  const started = new AbortController();
  app.task({ name: "slow", bind: true }, async (self) => {
    await self.updateState({ state: "HALF\u202eWAY" });
    started.abort();
    await once(release.signal, "abort");
  });
  app.task({ name: "again", bind: true }, (self) => self.retry({ countdown: 60 }));
  app.task("late", () => 1);
  const task = (name: string, options = {}): SignatureData => ({ kind: "task", task: name, options });
  const members = [task("again"), task("slow"), task("late", { countdown: 60 })];
  const run = submit(engine, { kind: "chain", steps: [{ kind: "group", members }, task("late")] });
  await run.stored;
  if (!started.signal.aborted) await once(started.signal, "abort");
  const again = run.resultId.replace(/.{8}$/, "00000001");
  while ((await engine.read(again)).state !== "RETRY") await new Promise((resolve) => setImmediate(resolve));
  expect(await engine.exportGraph(run.resultId, { format: "tree" })).toBe(
    "group of 3  PENDING\n  • again()  RETRY\n  • slow()  HALF\\u{202e}WAY\n  • late()  PENDING\n→ late()  PENDING\n",
  );
  release.abort();
  await engine.close();
});

describe("on Redis", () => {
  const shop = new Shop();
  const { add, fail, give, sum, same } = shop.tasks;
  const grow = shop.app.task({ name: "grow", bind: true }, (self, count: number) => {
    if (count === 0) return self.replace(fail.s());
    for (let number = 0; number < count; number += 1) self.addToChord(give.s(number));
    return count;
  });
  const skip = shop.app.task("skip", (): number => {
    throw new Ignore();
  });
  afterAll(() => shop.close());

  test.each([
    [
      "a chord whose header grows",
      () => chord([grow.s(2), give.s(1)], sum.s().set({ link: same.s() })),
      "group of 4  SUCCESS\n  • grow(2)  SUCCESS\n  • give(1)  SUCCESS\n  • give(0)  SUCCESS\n  • give(1)  SUCCESS\n→ sum()  SUCCESS\n  on success: same()  SUCCESS\n",
    ],
    [
      "a chain with a task that was replaced by one that failed",
      () => chain(add.s(-1, 1), grow.s(), group(same.s(), same.s()), same.s()).set({ linkError: same.s() }),
      "add(-1, 1)  SUCCESS\n→ grow()  FAILURE\n  • fail()  FAILURE\n→ group of 2  FAILURE\n  • same()  FAILURE\n  • same()  FAILURE\n→ same()  FAILURE\n  on error of 3 steps: same()  SUCCESS\n",
    ],
    ["a step behind one that was ignored", () => chain(skip.s(), same.s()), "skip()  IGNORED\n→ same()  REVOKED\n"],
    [
      "many members of which one failed",
      () => group([...Array.from({ length: 300 }, (_, number) => same.s(number)), fail.s()]),
      "group of 301  FAILURE\n  • same × 300  300 SUCCESS\n  • fail()  FAILURE\n",
    ],
  ])("%s", async (_what, canvas, tree) => {
    await shop.work();
    const handle = await shop.app.signature(canvas().data).delay();
    await handle.get({ propagate: false, timeout: 20 });
    const treeNow = () => shop.engine.exportGraph(handle.id, { format: "tree" });
    while (/ (PENDING|STARTED)/.test(await treeNow())) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await treeNow()).toBe(tree);
  });

  test("ids in JSON are those that results have", async () => {
    await shop.work();
    const handle = await chain(add.s(1, 1), add.s(1)).delay();
    await handle.get({ timeout: 20 });
    const { nodes } = JSON.parse(await shop.engine.exportGraph(handle.id, { format: "json" })) as JsonGraph;
    expect(nodes.at(-1)).toMatchObject({ id: handle.id, state: "SUCCESS", task: "add" });
  });

  test.each<[what: string, id: string, format: string, error: typeof Error]>([
    ["an id that nobody knows", "nobody", "tree", UnknownTaskIdError as unknown as typeof Error],
    ["a run that is gone", "01890000-0000-8000-8000-000000000000", "tree", RunExpiredError as unknown as typeof Error],
    ["the format text", "nobody", "text", OptionError as unknown as typeof Error],
    ["an unknown format", "nobody", "png", OptionError as unknown as typeof Error],
  ])("%s is told", async (_what, id, format, error) => {
    await expect(shop.engine.exportGraph(id, { format: format as "tree" })).rejects.toThrow(error);
  });
});
