/** What every GraphStore does of runs that are paused, resumed and forked. One rule: only the interface is used. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { newRunKey, type RunKey, type SignatureData } from "@umbel/core";
import fc from "fast-check";
import { type LeftRun, planResume, type ResumePlan } from "../../src/engine/resume-plan.ts";
import { readNodes, readRecords } from "../../src/engine/run-graph.ts";
import { metaOf } from "../../src/graph/codec.ts";
import { compilePart } from "../../src/graph/compile.ts";
import { type Graph, type GraphNode, PAGE_SIZE, type TaskNode } from "../../src/graph/graph.ts";
import type { ClaimReply, GraphStore, Settlement, Started, StoredOutcome } from "../../src/store/graph-store.ts";
import { NUMBERS_AN_EPOCH } from "../../src/store/slice.ts";
import { anyCanvas, compileAny } from "../kit/arbitrary-canvas.ts";
import { anyChoices, type OpenStore, type StoreOptions } from "./contract.ts";
import { type Choices, drive, simulate, taskAt } from "./simulation.ts";

const t: SignatureData = { kind: "task", task: "t" };
const chain = (...steps: SignatureData[]): SignatureData => ({ kind: "chain", steps });
const group = (...members: SignatureData[]): SignatureData & { kind: "group" } => ({ kind: "group", members });

const succeeded: StoredOutcome = { kind: "succeeded", payload: "1" };
const failed: StoredOutcome = { kind: "failed", payload: "{}" };

/** In order, without failures. */
const smooth: Choices = { pick: () => 0, fails: () => false, handOut: 3, together: 1, sliceSize: 2 };

type Nodes = (GraphNode | undefined)[];

/** Reads a run as it was left. */
async function leftOf(
  store: GraphStore,
  { runKey, nodes: { length } }: Pick<Graph, "runKey" | "nodes">,
): Promise<LeftRun> {
  const { pageCount } = await store.inspect(runKey);
  const nodes = await readNodes(store, runKey, pageCount);
  const records = await readRecords(store, runKey, nodes);
  const joins = [...nodes.keys()].filter((index) => nodes[index]?.kind === "join");
  const added = await store.readAdded(runKey, joins);
  return {
    nodes,
    staticCount: length,
    recordOf: (index) => records.get(index) ?? { kind: "waiting" },
    addedTo: (join) => added[joins.indexOf(join)] ?? [],
  };
}

/** Resumes a run, all but following what is started. */
async function resume(
  store: GraphStore,
  graph: Graph,
): Promise<{ readonly plan: ResumePlan; readonly started: Started; readonly nodes: Nodes }> {
  const { runKey } = graph;
  const left = await leftOf(store, graph);
  const { pageCount, epoch } = (await store.describe(runKey)) ?? { pageCount: 0, epoch: 0 };
  const plan = planResume(left, pageCount * PAGE_SIZE);
  expect(await store.reopen(runKey, { resumer: "me", takeOverMs: 60_000, epoch })).toBe("reopened");
  const nodes: Nodes = [...left.nodes];
  if (plan.spreads.length > 0) {
    const base = await store.allocate(runKey, plan.spreads.length);
    await store.addNodes(runKey, plan.spreads, base);
    for (const [position, spread] of plan.spreads.entries()) nodes[base + position] = spread;
  }
  expect(await store.reset(runKey, "me", { ...plan, adopted: [] })).toBe(true);
  const started = await store.restart(runKey, "me", plan.starts);
  if (started === undefined) throw new Error("nobody else resumes it");
  return { plan, started, nodes };
}

/** Defines the tests of a store. */
export function describeResuming(name: string, open: (options: StoreOptions) => Promise<OpenStore>): void {
  describe(`${name} of runs that are held`, () => {
    let opened: OpenStore;
    let store: GraphStore;

    beforeEach(async () => {
      opened = await open({ resultExpiresMs: 1000, window: 10 });
      ({ store } = opened);
    });
    afterEach(() => opened.close());

    const create = async (data: SignatureData): Promise<Graph> => {
      const graph = compileAny(data);
      await store.create(graph, {});
      return graph;
    };
    const claim = async (runKey: RunKey, first: number, generation = 1, by = "w1"): Promise<ClaimReply> => {
      const [reply] = await store.claim(runKey, by, [{ first, count: 1, generation, withPage: false }]);
      if (reply === undefined) throw new Error("a claim without an answer");
      return reply;
    };
    const settlement = (node: TaskNode, index: number, token: number, outcome = succeeded): Settlement => ({
      first: index,
      count: 1,
      index,
      token,
      outcome,
      node,
    });
    const end = async (graph: Graph, index: number, outcome = succeeded, generation = 1) => {
      const reply = await claim(graph.runKey, index, generation);
      if (reply.kind !== "claimed") throw new Error(`node ${index} is ${reply.kind}`);
      return await store.settle(graph.runKey, [settlement(taskAt(graph, index), index, reply.token, outcome)]);
    };

    test("nothing of a paused run is claimed, what runs goes on, and no attempt claims its successor", async () => {
      const graph = await create(chain(t, t));
      const { runKey } = graph;
      const running = await claim(runKey, 0);
      expect(await store.pause(runKey, true)).toBe(true);
      expect(await store.describe(runKey)).toMatchObject({ isPaused: true, epoch: 0 });
      const token = running.kind === "claimed" ? running.token : 0;
      const step = { ...settlement(taskAt(graph, 0), 0, token), claimNextAs: "w1" };
      expect(await store.settle(runKey, [step])).toMatchObject({
        accepted: [true],
        claimedNext: [false],
        dispatches: [{ first: 1 }],
      });
      expect(await claim(runKey, 1)).toEqual({ kind: "paused" });
      expect(await store.inspect(runKey)).toMatchObject({ isPaused: true, revocations: [], flights: [{ first: 1 }] });
      expect(await store.pause(runKey, false)).toBe(true);
      expect(await end(graph, 1)).toMatchObject({ runEnded: true });
      expect(await store.pause(runKey, true)).toBe(false);
      expect(await store.describe(runKey)).toMatchObject({ isPaused: false });
    });

    test("a paused run can be revoked", async () => {
      const graph = await create(chain(t, t));
      await store.pause(graph.runKey, true);
      expect(await store.revoke(graph.runKey, [{ first: 0, last: 1 }], true)).toBe(true);
      const ended = {
        ...settlement(taskAt(graph, 0), 0, 0, { kind: "revoked", payload: "" }),
        token: "waits" as const,
      };
      expect(await store.settle(graph.runKey, [ended])).toMatchObject({ accepted: [true], runEnded: true });
    });

    test("when and where a node ran last is kept, alone or with others of its slice", async () => {
      // 0 spread, 1 to 4 t, 5 join, 6 t
      const graph = await create(chain(group(t, t, t, t), t));
      const { runKey } = graph;
      const before = (await store.inspect(runKey)).now;
      await store.expand(runKey, { index: 0, join: 5, total: 4 }, { from: 0, to: 4, starts: ["t1x3/1", "t4"] });
      await opened.pass(20);
      const holder = "0123456789abcdef";
      const request = { first: 1, count: 3, generation: 1, withPage: false };
      const [slice] = await store.claim(runKey, holder, [request]);
      const token = slice?.kind === "claimed" ? slice.token : 0;
      await opened.pass(30);
      await store.settle(
        runKey,
        [1, 2, 3].map((index) => ({ ...settlement(taskAt(graph, index), index, token), first: 1, count: 3 })),
      );
      await claim(runKey, 4);
      const after = (await store.inspect(runKey)).now;
      const [first, , third, running, waiting] = await store.readTracks(runKey, [1, 2, 3, 4, 6]);
      expect(third).toEqual(first);
      expect(first).toMatchObject({ retries: 0, deliveries: 0, holder: "01234567" });
      const { readyAt = 0, startedAt = 0, endedAt = 0 } = first ?? {};
      expect(readyAt).toBeGreaterThanOrEqual(before);
      expect(startedAt - readyAt).toBeGreaterThanOrEqual(19);
      expect(endedAt - startedAt).toBeGreaterThanOrEqual(29);
      expect(endedAt).toBeLessThanOrEqual(after);
      expect(running?.endedAt).toBeUndefined();
      expect(waiting).toEqual({ retries: 0, deliveries: 0 });
    });

    test("only a run that has ended is opened again, and only one at a time resumes it", async () => {
      const graph = await create(chain(t, t));
      const { runKey } = graph;
      const reopening = { resumer: "one", takeOverMs: 50, epoch: 0 };
      expect(await store.reopen(runKey, reopening)).toBe("running");
      await end(graph, 0, failed);
      expect(await store.reopen(runKey, reopening)).toBe("reopened");
      expect(await store.describe(runKey)).toMatchObject({ endedAt: undefined, epoch: 1 });
      const other = { ...reopening, resumer: "other", epoch: 1 };
      expect(await store.reopen(runKey, other)).toBe("running");
      await opened.pass(60);
      // What was planned for the run as it was before is of no use now.
      expect(await store.reopen(runKey, { ...other, epoch: 0 })).toBe("running");
      expect(await store.reopen(runKey, other)).toBe("reopened");
      expect(await store.describe(runKey)).toMatchObject({ epoch: 1 });
      expect(await store.reset(runKey, "one", { again: [0], unreplaced: [], joins: [], adopted: [] })).toBe(false);
      expect(await store.restart(runKey, "one", ["t0"])).toBeUndefined();
      expect(await store.reset(runKey, "other", { again: [0], unreplaced: [], joins: [], adopted: [] })).toBe(true);
      expect((await store.restart(runKey, "other", ["t0"]))?.dispatches).toHaveLength(1);
      expect((await store.inspect(runKey)).resumingSince).toBeUndefined();
      expect(await store.reopen(runKey, other)).toBe("running");
      expect(await store.reopen(newRunKey(), other)).toBe("missing");
    });

    test("an attempt of before a resume changes nothing any more, whatever it brings", async () => {
      const graph = await create(chain(t, t));
      const { runKey } = graph;
      const old = await claim(runKey, 0);
      const token = old.kind === "claimed" ? old.token : 0;
      const revoked = { kind: "revoked", payload: "{}" } as const;
      await store.settle(runKey, [{ ...settlement(taskAt(graph, 0), 0, 0, revoked), token: "any" }]);
      const { started } = await resume(store, graph);
      const [dispatch] = started.dispatches;
      expect(dispatch).toMatchObject({ first: 0, generation: NUMBERS_AN_EPOCH + 1 });
      expect(await claim(runKey, 0, 1)).toEqual({ kind: "past" });
      const now = await claim(runKey, 0, NUMBERS_AN_EPOCH + 1);
      expect(now).toMatchObject({ kind: "claimed", token: NUMBERS_AN_EPOCH + 1 });
      expect((await store.settle(runKey, [settlement(taskAt(graph, 0), 0, token)])).accepted).toEqual([false]);
      const good = { ...settlement(taskAt(graph, 0), 0, NUMBERS_AN_EPOCH + 1), claimNextAs: "w1" };
      expect(await store.settle(runKey, [good])).toMatchObject({ accepted: [true], claimedNext: [false] });
      expect(await end(graph, 1, succeeded, NUMBERS_AN_EPOCH + 1)).toMatchObject({ runEnded: true, runFailed: false });
      expect(await store.read(runKey, 1)).toEqual({ kind: "succeeded", payload: "1" });
    });

    test("what replaced a task is kept by a resume, and goes on from where it failed", async () => {
      const graph = await create(chain(t, t));
      const { runKey } = graph;
      const lost = await store.allocate(runKey, 2);
      const base = await store.allocate(runKey, 2);
      const parts = [lost, base].map((at) =>
        compilePart(chain(t, t), { base: at, join: 0 }, { taskDefaults: () => undefined }),
      );
      for (const [position, part] of parts.entries())
        await store.addNodes(runKey, part?.nodes ?? [], position === 0 ? lost : base);
      const [, added] = parts;
      if (added === undefined) throw new Error("a chain");
      await end(graph, 0, { kind: "replaced", starts: added.starts, tail: added.tail });
      const steps = added.nodes as readonly TaskNode[];
      const run = { ...graph, nodes: Object.assign([...graph.nodes], { [base]: steps[0], [base + 1]: steps[1] }) };
      await end(run, base);
      await end(run, base + 1, failed);
      const { plan, started } = await resume(store, graph);
      expect([0, 1, base, base + 1, lost, lost + 1].map((index) => plan.fateOf(index))).toEqual([
        "replaced",
        "unfinished",
        "kept",
        "unfinished",
        "none",
        "none",
      ]);
      expect(started.dispatches).toMatchObject([{ first: base + 1 }]);
      await end(run, base + 1, succeeded, NUMBERS_AN_EPOCH + 1);
      expect(await store.read(runKey, 0)).toEqual({ kind: "replaced", by: base + 1 });
      expect(await end(run, 1, succeeded, NUMBERS_AN_EPOCH + 1)).toMatchObject({ runEnded: true });
    });

    test("members that a task added to its group are kept by a resume, and those that failed run again", async () => {
      // 0 spread, 1 t, 2 t, 3 join
      const graph = await create(group(t, t));
      const { runKey } = graph;
      await store.expand(runKey, { index: 0, join: 3, total: 2 }, { from: 0, to: 2, starts: ["t1", "t2"] });
      const base = await store.allocate(runKey, 1);
      const added = compilePart(t, { base, join: 3 }, { taskDefaults: () => undefined });
      if (added === undefined) throw new Error("a task");
      await store.addNodes(runKey, added.nodes, base);
      const addition = { join: 3, tails: [added.tail], start: added.starts[0] ?? "" };
      await end(graph, 1, { kind: "succeeded", payload: "1", addition });
      await end(graph, 2);
      const run = { ...graph, nodes: Object.assign([...graph.nodes], { [base]: added.nodes[0] }) };
      expect(await end(run, base, failed)).toMatchObject({ runEnded: true, runFailed: true });
      const { plan, started, nodes } = await resume(store, graph);
      expect(plan.again).toEqual([3, base]);
      await drive(store, { runKey, nodes: nodes as GraphNode[] }, started, smooth);
      expect(await store.read(runKey, 3)).toEqual({ kind: "joined", added: [base] });
    });

    test("a run that was abandoned in the middle goes on", async () => {
      const graph = await create(chain(t, group(t, t), t));
      await end(graph, 0);
      await store.abandon(graph.runKey);
      expect(await store.describe(graph.runKey)).toMatchObject({ isAbandoned: true });
      const { started, nodes } = await resume(store, graph);
      expect(await store.describe(graph.runKey)).toMatchObject({ isAbandoned: false });
      const { executed } = await drive(store, { ...graph, nodes: nodes as GraphNode[] }, started, smooth);
      expect([...executed].sort()).toEqual([2, 3, 5]);
      await opened.expire();
      expect(await opened.leftovers()).toEqual([]);
    });

    test("after a resume any canvas succeeds, and nothing runs again that had succeeded", async () => {
      await fc.assert(
        fc.asyncProperty(anyCanvas(), anyChoices(), anyChoices(), async (data, choices, later) => {
          const graph = compileAny(data);
          const before = await simulate(store, graph, choices());
          const done = before.executed.filter((index) => !before.failed.includes(index));
          if (before.failed.length === 0) {
            expect(planResume(await leftOf(store, graph), 0).isEmpty).toBe(true);
            return;
          }
          // It fails once more, elsewhere, before it succeeds.
          const second = await resume(store, graph);
          const mid = await drive(store, { ...graph, nodes: second.nodes as GraphNode[] }, second.started, later());
          for (const index of mid.executed) expect(done).not.toContain(index);
          const kept = [...done, ...mid.executed.filter((index) => !mid.failed.includes(index))];
          const left = planResume(await leftOf(store, graph), 0);
          if (!left.isEmpty) {
            const third = await resume(store, graph);
            const last = await drive(store, { ...graph, nodes: third.nodes as GraphNode[] }, third.started, {
              ...choices(),
              fails: () => false,
            });
            for (const index of last.executed) expect(kept).not.toContain(index);
          }
          const { flights, openSpreads, endedAt } = await store.inspect(graph.runKey);
          expect({ flights, openSpreads, hasEnded: endedAt !== undefined }).toEqual({
            flights: [],
            openSpreads: [],
            hasEnded: true,
          });
          for (const [index, node] of graph.nodes.entries()) {
            if (node.kind === "spread") continue;
            expect(["succeeded", "joined"]).toContain((await store.read(graph.runKey, index)).kind);
          }
        }),
        { numRuns: 60 },
      );
    }, 60_000);

    test("a fork keeps what does not follow from the node that it begins with", async () => {
      // 0 t, 1 spread, 2 t and then 3 t, 4 t, 5 join, 6 t
      const graph = await create(chain(t, group(chain(t, t), t), t));
      await end(graph, 0);
      await store.expand(graph.runKey, { index: 1, join: 5, total: 2 }, { from: 0, to: 2, starts: ["t2", "t4"] });
      for (const index of [2, 3, 4, 6]) await end(graph, index, { kind: "succeeded", payload: String(index) });
      const left = await leftOf(store, graph);
      const plan = planResume(left, PAGE_SIZE, 3);
      expect(graph.nodes.map((_node, index) => plan.fateOf(index))).toEqual([
        "kept",
        "kept",
        "kept",
        "chosen",
        "kept",
        "follows",
        "follows",
      ]);
      const runKey = newRunKey();
      await store.stageFork(runKey, "me");
      await store.stage(runKey, graph.nodes, 0);
      await store.stage(runKey, plan.spreads, PAGE_SIZE);
      const pages = { stored: 2, total: 2 };
      await store.createStaged({ runKey, meta: metaOf(graph), starts: [], joinCount: 1, pages }, {});
      expect((await store.inspect(runKey)).resumingSince).toBeDefined();
      const results = await store.readResults(graph.runKey, [0, 2, 4]);
      const adopted = [0, 2, 4].map((index, position) => ({
        index,
        record: results[position] ?? "",
        mayPack: index === 4,
      }));
      expect(await store.reset(runKey, "other", { again: [], unreplaced: [], joins: [], adopted })).toBe(false);
      expect(await store.reset(runKey, "me", { again: [], unreplaced: [], joins: plan.joins, adopted })).toBe(true);
      const started = await store.restart(runKey, "me", plan.starts);
      expect(started?.spreads).toEqual([PAGE_SIZE]);
      const nodes = [...graph.nodes];
      nodes[PAGE_SIZE] = plan.spreads[0] as GraphNode;
      const { executed } = await drive(store, { runKey, nodes }, started ?? { dispatches: [], spreads: [] }, smooth);
      expect(executed).toEqual([3, 6]);
      expect(await store.readResults(runKey, [0, 2, 3, 4])).toEqual(["S1", "S2", "S3", "S4"]);
      expect(await store.read(runKey, 5)).toEqual({ kind: "joined", added: [] });
    });
  });
}
