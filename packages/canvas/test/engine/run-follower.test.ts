import { expect, jest, test } from "@jest/globals";
import { nodeId, parseNodeId, type SignatureData, type State } from "@umbel/core";
import fc from "fast-check";
import { CanvasEngine } from "../../src/engine/engine.ts";
import { MemoryBroker } from "../../src/engine/memory/memory-broker.ts";
import { VirtualClock } from "../../src/engine/memory/virtual-clock.ts";
import { type NodePhase, RunFollower } from "../../src/engine/run-follower.ts";
import { stepRows } from "../../src/graph/export/step-rows.ts";
import { chord } from "../../src/primitives/chord.ts";
import { group } from "../../src/primitives/group.ts";
import { serveByItself } from "../../src/worker/own-workers.ts";
import { anyCanvas } from "../kit/arbitrary-canvas.ts";
import { describeOnEachBroker, Gates } from "../kit/each-broker.ts";
import { actingApp, giveDeeds } from "../properties/acting-canvas.ts";

jest.setTimeout(30_000);

const SEED = fc.integer({ min: 0, max: 2 ** 31 - 1 });

/** The states that a result may have whose node stands so. */
const STATES: Readonly<Record<NodePhase, readonly State[]>> = {
  waiting: ["PENDING"],
  queued: ["PENDING"],
  running: ["STARTED", "PENDING"],
  retrying: ["RETRY"],
  succeeded: ["SUCCESS"],
  failed: ["FAILURE"],
  revoked: ["REVOKED"],
  ignored: ["IGNORED"],
  skipped: ["FAILURE", "REVOKED"],
  uncalled: ["REVOKED"],
};

function runKeyOf(resultId: string) {
  const { runKey } = parseNodeId(resultId) ?? {};
  if (runKey === undefined) throw new Error("every id here is ours");
  return runKey;
}

test("however often and whenever one looks, each node ends as its result says, and is in one row at most", async () => {
  await fc.assert(
    fc.asyncProperty(anyCanvas(true), SEED, fc.nat(3), async (canvas, seed, looks) => {
      const { app } = actingApp();
      const clock = new VirtualClock(0, false);
      const broker = new MemoryBroker({ clock, seed });
      const engine = new CanvasEngine(app, { openBroker: async () => broker, window: 3 });
      serveByItself(broker, app, () => engine, { concurrency: 2 });
      try {
        const signature: SignatureData = giveDeeds(canvas, seed);
        const { stored, resultId } = engine.submit({ signature, args: [], kwargs: {}, options: {} });
        await stored;
        const runtime = await engine.runtime();
        const follower = new RunFollower(runtime, runKeyOf(resultId));
        for (let count = 0; count < looks; count += 1) {
          await follower.look();
          await clock.advance(7);
        }
        await clock.advance(60_000);
        const { hasEnded } = await follower.look({ all: true });
        expect(hasEnded).toBe(true);
        const drawn = stepRows(follower.graph(), 4).flatMap(({ indices }) => indices);
        expect(new Set(drawn).size).toBe(drawn.length);
        for (const index of drawn) {
          const { state } = await engine.read(nodeId(follower.runKey, index));
          expect(STATES[follower.phaseOf(index)]).toContain(state);
        }
        await follower.close();
      } finally {
        await engine.close();
      }
    }),
    { numRuns: 25 },
  );
});

describeOnEachBroker("a follower", (open) => {
  test("tells each change once: what runs, what ended, what never runs", async () => {
    const shop = open();
    const gates = new Gates();
    const wait = shop.app.task("wait", async (x: number) => {
      await gates.pass("open");
      return x;
    });
    await shop.work();
    const { sum, fail, give } = shop.tasks;
    const result = await chord([wait.s(1), wait.s(2)], sum.s().pipe(fail.s()).pipe(give.s())).delay();
    const follower = new RunFollower(await shop.engine.runtime(), runKeyOf(result.id));
    const seen = new Map<number, NodePhase[]>();
    const look = async (): Promise<boolean> => {
      const { changes, hasEnded } = await follower.look();
      for (const { index, from, to } of changes) {
        const before = seen.get(index) ?? ["waiting"];
        expect(from).toBe(before.at(-1));
        seen.set(index, [...before, to]);
      }
      return hasEnded;
    };
    while (![1, 2].every((index) => seen.get(index)?.at(-1) === "running")) await look();
    gates.open("open");
    while (!(await look()));
    const ends = [...seen].sort(([one], [other]) => one - other).map(([, phases]) => phases.at(-1));
    // Two members, their join, the sum, what fails, and what comes after it.
    expect(ends).toEqual(["succeeded", "succeeded", "succeeded", "succeeded", "failed", "skipped"]);
    await follower.close();
  });

  test("a look at a large run reads a bounded number of nodes", async () => {
    const shop = open();
    const runtime = await shop.engine.runtime();
    const result = await group(Array.from({ length: 6000 }, (_, i) => shop.tasks.give.s(i))).delay();
    const reads: number[] = [];
    const store = new Proxy(runtime.store, {
      get: (target, name, receiver) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return Reflect.get(target, name, receiver) as unknown;
        return (...args: unknown[]) => {
          if (name === "readNodes") reads.push((args[1] as unknown[]).length);
          return Reflect.apply(value, target, args) as unknown;
        };
      },
    });
    const follower = new RunFollower({ ...runtime, store, news: runtime.news }, runKeyOf(result.id));
    await follower.look();
    expect(reads).toHaveLength(1);
    expect(Math.max(...reads)).toBeLessThanOrEqual(4000);
    const [, row] = stepRows(follower.graph(), 4);
    expect(row).toMatchObject({ title: "give × 6000", depth: 1 });
    await follower.close();
  });
});
