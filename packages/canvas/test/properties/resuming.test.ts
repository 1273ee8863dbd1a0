import { expect, test } from "@jest/globals";
import { nodeId, parseNodeId, RunNotEndedError, type SignatureData } from "@umbel/core";
import fc from "fast-check";
import { CanvasEngine } from "../../src/engine/engine.ts";
import type { Faults } from "../../src/engine/memory/faults.ts";
import { MemoryBroker } from "../../src/engine/memory/memory-broker.ts";
import { VirtualClock } from "../../src/engine/memory/virtual-clock.ts";
import { serveByItself } from "../../src/worker/own-workers.ts";
import { anyCanvas } from "../kit/arbitrary-canvas.ts";
import { actingApp, giveDeeds } from "./acting-canvas.ts";

/** What is done to a run, and when. */
interface Interruption {
  readonly afterMs: number;
  readonly does: "pause" | "continue" | "cancel" | "resume" | "resumeTwice";
}

const SEED = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const anyActingCanvas = fc.tuple(anyCanvas(true), SEED).map(([data, seed]) => giveDeeds(data, seed));
const anyInterruption: fc.Arbitrary<Interruption> = fc.record({
  afterMs: fc.constantFrom(0, 1, 5, 20, 30),
  does: fc.constantFrom("pause", "continue", "cancel", "resume", "resumeTwice"),
});

/** Runs a canvas, interrupts it, and resumes it until it has succeeded. @returns its result */
async function runInterrupted(
  data: SignatureData,
  interruptions: readonly Interruption[],
  seed: number,
  faults: Faults | undefined,
): Promise<unknown> {
  let isHealed = interruptions.length === 0;
  const { app } = actingApp(() => isHealed);
  const clock = new VirtualClock(Date.now(), false);
  const broker = new MemoryBroker({ clock, seed, workers: 2, ...(faults === undefined ? {} : { faults }) });
  const engine = new CanvasEngine(app, { openBroker: async () => broker, window: 1 + (seed % 5) });
  serveByItself(broker, app, () => engine, { concurrency: 1 + (seed % 7) });
  try {
    const { resultId: id, stored } = engine.submit({ signature: data, args: [], kwargs: {}, options: {} });
    await stored;
    const { runs } = engine;
    const resume = async (): Promise<number> => {
      try {
        return (await runs.resume(id)).again;
      } catch (error) {
        // It goes on, or somebody else resumes it.
        if (error instanceof RunNotEndedError) return 0;
        throw error;
      }
    };
    for (const { afterMs, does } of interruptions) {
      await clock.advance(afterMs);
      if (does === "resume") await resume();
      else if (does === "resumeTwice") {
        const { resumes } = await runs.find(id);
        const counts = await Promise.all([resume(), resume()]);
        // Where nothing takes time, the second may come when the run has ended once more.
        expect((await runs.find(id)).resumes - resumes).toBe(counts.filter((count) => count > 0).length);
      } else await runs[does](id);
    }
    isHealed = true;
    await runs.continue(id);
    for (let round = 0; ; round += 1) {
      if (round > 100) throw new Error("the run does not succeed");
      await clock.advance(60_000);
      const { state, endedAt } = await runs.find(id);
      if (endedAt === undefined) continue;
      // A callback may have failed though the result is there.
      if ((await resume()) === 0 && state === "SUCCESS") break;
    }
    const { runKey, index } = parseNodeId(id) ?? {};
    if (runKey === undefined || index === undefined) throw new Error("every id in these canvases is ours");
    const states: string[] = [];
    for await (const node of (await runs.inspect(nodeId(runKey, 0))).nodes()) states.push(node.state);
    // Errbacks are not called when all is well.
    expect(states.filter((state) => state !== "SUCCESS" && state !== "REVOKED")).toEqual([]);
    return (await engine.read(id)).value;
  } finally {
    await engine.close();
  }
}

const EVERYTHING: Faults = {
  duplicateDelivery: 0.2,
  crashBeforeSettle: 0.1,
  crashBeforeDispatch: 0.1,
  lostNews: 0.3,
  mostCrashes: 2,
};

test.each<[name: string, faults: Faults | undefined]>([
  ["without faults", undefined],
  ["with any accident", EVERYTHING],
])(
  "a run that was paused, cancelled, failed and resumed gives what it gives without that, %s",
  async (_name, faults) => {
    await fc.assert(
      fc.asyncProperty(
        anyActingCanvas,
        fc.array(anyInterruption, { minLength: 1, maxLength: 5 }),
        SEED,
        async (data, interruptions, seed) => {
          const undisturbed = await runInterrupted(data, [], seed, undefined);
          expect(await runInterrupted(data, interruptions, seed, faults)).toEqual(undisturbed);
        },
      ),
      { numRuns: 20 },
    );
  },
  60_000,
);
