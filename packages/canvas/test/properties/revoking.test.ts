import { expect, test } from "@jest/globals";
import { isReady, nodeId, parseNodeId, type RevokeOptions, type SignatureData } from "@umbel/core";
import fc from "fast-check";
import { CanvasEngine } from "../../src/engine/engine.ts";
import type { Faults } from "../../src/engine/memory/faults.ts";
import { MemoryBroker } from "../../src/engine/memory/memory-broker.ts";
import { VirtualClock } from "../../src/engine/memory/virtual-clock.ts";
import { serveByItself } from "../../src/worker/own-workers.ts";
import { anyCanvas, compileAny } from "../kit/arbitrary-canvas.ts";
import { actingApp, giveDeeds } from "./acting-canvas.ts";

/** What is revoked, and when. */
interface Revoking extends RevokeOptions {
  readonly afterMs: number;
  /** Its node, among those that can be asked for. */
  readonly which: number;
}

const SEED = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const anyActingCanvas = fc
  .tuple(anyCanvas(true), SEED, fc.boolean())
  .map(([data, seed, failsFast]) => ({ data: giveDeeds(data, seed), failsFast }));
const anyRevoking: fc.Arbitrary<Revoking> = fc.record({
  afterMs: fc.constantFrom(0, 1, 5, 20, 30),
  which: fc.nat(40),
  terminate: fc.boolean(),
  cascade: fc.boolean(),
  run: fc.oneof({ arbitrary: fc.constant(false), weight: 4 }, { arbitrary: fc.constant(true), weight: 1 }),
});

/** Runs a canvas, revokes meanwhile, and looks at every node in between. @returns what each node came to */
async function runRevoked(
  { data, failsFast }: { readonly data: SignatureData; readonly failsFast: boolean },
  revokings: readonly Revoking[],
  seed: number,
  faults: Faults | undefined,
): Promise<readonly string[]> {
  const { app } = actingApp();
  const clock = new VirtualClock(Date.now(), false);
  const broker = new MemoryBroker({ clock, seed, workers: 2, ...(faults === undefined ? {} : { faults }) });
  const engine = new CanvasEngine(app, { openBroker: async () => broker, window: 1 + (seed % 5) });
  serveByItself(broker, app, () => engine, { concurrency: 1 + (seed % 7) });
  try {
    const submitted = engine.submit({ signature: data, args: [], kwargs: {}, options: { failFast: failsFast } });
    const { runKey } = parseNodeId(submitted.resultId) ?? {};
    if (runKey === undefined) throw new Error("every id in these canvases is ours");
    await submitted.stored;
    const nodes = [...compileAny(data).nodes.entries()].flatMap(([index, { kind }]) =>
      kind === "spread" ? [] : [index],
    );
    const { store, results } = await engine.runtime();
    const final = new Map<number, string>();
    const look = async (): Promise<void> => {
      for (const [position, state] of (await results.states(runKey, nodes)).entries()) {
        const index = nodes[position] ?? 0;
        // What is final stays as it is.
        const before = final.get(index);
        if (before !== undefined) expect(`${index} ${state}`).toBe(`${index} ${before}`);
        if (isReady(state)) final.set(index, state);
      }
    };
    for (const { afterMs, which, ...options } of revokings) {
      await clock.advance(afterMs);
      await look();
      const index = nodes[which % nodes.length] ?? 0;
      const revoking = engine.revoke(nodeId(runKey, index), options);
      // A clock that is held lets nothing happen by itself that needs time.
      const reply = await revoking;
      if (reply === "revoked" && !options.run)
        expect(["REVOKED", "FAILURE"]).toContain((await results.read(runKey, index)).state);
      await look();
    }
    for (let round = 0; (await store.inspect(runKey)).endedAt === undefined; round += 1) {
      if (round > 100) throw new Error("the run does not end");
      await clock.advance(60_000);
      await look();
    }
    await look();
    return nodes.map((index) => final.get(index) ?? `node ${index} has not ended`);
  } finally {
    await engine.close();
  }
}

test.each<[what: string, faults: Faults | undefined]>([
  ["in any order", undefined],
  [
    "with any accident",
    { duplicateDelivery: 0.2, crashBeforeSettle: 0.1, crashBeforeDispatch: 0.1, lostNews: 0.3, mostCrashes: 2 },
  ],
])(
  "whatever is revoked whenever, each node ends once and for all, and the run with them, %s",
  async (_what, faults) => {
    await fc.assert(
      fc.asyncProperty(
        anyActingCanvas,
        fc.array(anyRevoking, { maxLength: 4 }),
        SEED,
        async (data, revokings, seed) => {
          for (const state of await runRevoked(data, revokings, seed, faults)) expect(isReady(state)).toBe(true);
        },
      ),
      { numRuns: 120 },
    );
  },
  120_000,
);
