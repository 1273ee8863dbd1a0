import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { parseNodeId, type SignatureData } from "@umbel/core";
import fc from "fast-check";
import { CanvasEngine } from "../../src/engine/engine.ts";
import type { Faults } from "../../src/engine/memory/faults.ts";
import { MemoryBroker } from "../../src/engine/memory/memory-broker.ts";
import { VirtualClock } from "../../src/engine/memory/virtual-clock.ts";
import { serveByItself } from "../../src/worker/own-workers.ts";
import { startWorker } from "../../src/worker/start-worker.ts";
import { anyCanvas, compileAny } from "../kit/arbitrary-canvas.ts";
import { SocketBroker, TestPrefix } from "../kit/redis-server.ts";
import { actingApp, giveDeeds } from "./acting-canvas.ts";
import { runInOrder } from "./in-order.ts";
import { observe } from "./observe.ts";

/** What a canvas comes to: each node's state, value and errors, and how often each task ran. */
interface Outcome {
  readonly nodes: readonly string[];
  readonly ran: Readonly<Record<string, number>>;
}

/** Long enough for every late delivery, milliseconds. */
const AFTERWARDS_MS = 60_000;

const SEED = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const anyActingCanvas = fc.tuple(anyCanvas(true), SEED).map(([data, seed]) => giveDeeds(data, seed));

async function inOrder(data: SignatureData): Promise<Outcome> {
  const { app, ran } = actingApp();
  return { nodes: await runInOrder(app, compileAny(data)), ran: sorted(ran) };
}

async function inMemory(data: SignatureData, seed: number, faults?: Faults): Promise<Outcome> {
  const { app, ran } = actingApp();
  const clock = new VirtualClock(Date.now(), true);
  const workers = 1 + (seed % 2);
  const broker = new MemoryBroker({ clock, seed, workers, ...(faults === undefined ? {} : { faults }) });
  const options = { window: 1 + (seed % 5), sliceSize: 1 + (seed % 4) };
  const engine = new CanvasEngine(app, { openBroker: async () => broker, ...options });
  serveByItself(broker, app, () => engine, { concurrency: 1 + (seed % 7) });
  try {
    const nodes = await applyTo(engine, data, () => clock.advance(AFTERWARDS_MS));
    return { nodes, ran: sorted(ran) };
  } finally {
    await engine.close();
  }
}

/** Applies a canvas, waits for its result, and then in rounds for its end. */
async function applyTo(
  engine: CanvasEngine,
  data: SignatureData,
  round: () => Promise<unknown>,
): Promise<readonly string[]> {
  const run = engine.submit({ signature: data, args: [], kwargs: {}, options: {} });
  await run.stored;
  await engine.wait(run.resultId, {});
  const { store, results } = await engine.runtime();
  const place = parseNodeId(run.resultId);
  if (place === undefined) throw new Error("every id in these canvases is ours");
  do await round();
  while ((await store.inspect(place.runKey)).endedAt === undefined);
  return await observe(results, place.runKey, compileAny(data));
}

function sorted(ran: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...ran].sort(([one], [other]) => (one < other ? -1 : 1)));
}

test("a canvas comes to the same in every order", async () => {
  await fc.assert(
    fc.asyncProperty(anyActingCanvas, SEED, async (data, seed) => {
      expect(await inMemory(data, seed)).toEqual(await inOrder(data));
    }),
    { numRuns: 300 },
  );
}, 120_000);

test("news that is lost and slices that come twice change nothing, not even how often tasks run", async () => {
  await fc.assert(
    fc.asyncProperty(anyActingCanvas, SEED, async (data, seed) => {
      expect(await inMemory(data, seed, { lostNews: 0.5, duplicateDelivery: 0.4 })).toEqual(await inOrder(data));
    }),
    { numRuns: 200 },
  );
}, 120_000);

test("a canvas comes to the same when workers crash, and only what they ran is run again", async () => {
  const mostCrashes = 2;
  const faults: Faults = {
    duplicateDelivery: 0.2,
    redeliveryWhileRunning: 0.1,
    crashBeforeSettle: 0.1,
    crashBeforeDispatch: 0.1,
    lostNews: 0.2,
    mostCrashes,
  };
  await fc.assert(
    fc.asyncProperty(anyActingCanvas, SEED, async (data, seed) => {
      const [actual, expected] = [await inMemory(data, seed, faults), await inOrder(data)];
      expect(actual.nodes).toEqual(expected.nodes);
      expect(Object.keys(actual.ran)).toEqual(Object.keys(expected.ran));
      for (const [key, times] of Object.entries(actual.ran)) {
        const least = expected.ran[key] ?? 0;
        expect(times).toBeGreaterThanOrEqual(least);
        expect(times).toBeLessThanOrEqual(least + mostCrashes * least);
      }
    }),
    { numRuns: 300 },
  );
}, 120_000);

test("a canvas comes to the same on Redis", async () => {
  const place = new TestPrefix();
  const { app, ran } = actingApp();
  const options = { prefix: place.prefix, window: 5, sliceSize: 3 };
  const engine = new CanvasEngine(app, { openBroker: async () => new SocketBroker(), ...options });
  const worker = await startWorker(app, engine, { queues: ["default"], name: `properties-${randomUUID()}` });
  try {
    await fc.assert(
      fc.asyncProperty(anyActingCanvas, async (data) => {
        ran.clear();
        const nodes = await applyTo(engine, data, () => sleep(2));
        expect({ nodes, ran: sorted(ran) }).toEqual(await inOrder(data));
      }),
      { numRuns: 40 },
    );
  } finally {
    await worker.close();
    await engine.close();
    await place.close();
  }
}, 120_000);
