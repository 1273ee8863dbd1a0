/** What every GraphStore does. One rule: only the interface is used, so each store is held to the same. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { RunKey, SignatureData } from "@umbel/core";
import fc from "fast-check";
import { metaOf } from "../../src/graph/codec.ts";
import { compileMembers, compilePart } from "../../src/graph/compile.ts";
import { type Graph, PAGE_SIZE } from "../../src/graph/graph.ts";
import type {
  ClaimReply,
  Dispatch,
  GraphStore,
  HeldSlice,
  NodeRecord,
  Settlement,
  SettleReply,
  StoredOutcome,
} from "../../src/store/graph-store.ts";
import { anyCanvas, compileAny } from "../kit/arbitrary-canvas.ts";
import { type Choices, membersOf, simulate, spreadAt, taskAt } from "./simulation.ts";

/** A store that was opened for one test. */
export interface OpenStore {
  readonly store: GraphStore;
  /** Lets the time of ended runs pass. */
  expire(): Promise<void>;
  /** Lets a short time pass by the store's clock. */
  pass(ms: number): Promise<void>;
  /** What is stored of any run, in words of the store's own. */
  leftovers(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** How a store is opened. */
export interface StoreOptions {
  readonly resultExpiresMs: number;
  readonly window: number;
}

const t: SignatureData = { kind: "task", task: "t" };
const chain = (...steps: SignatureData[]): SignatureData => ({ kind: "chain", steps });
const group = (...members: SignatureData[]): SignatureData & { kind: "group" } => ({ kind: "group", members });
const chord = (header: SignatureData[], body: SignatureData): SignatureData => ({
  kind: "chord",
  header: group(...header),
  body,
});

const succeeded: StoredOutcome = { kind: "succeeded", payload: "1" };
const failed: StoredOutcome = { kind: "failed", payload: "{}" };

/** Defines the tests of a store. */
export function describeGraphStore(name: string, open: (options: StoreOptions) => Promise<OpenStore>): void {
  describe(name, () => {
    let opened: OpenStore;
    let store: GraphStore;

    beforeEach(async () => {
      opened = await open({ resultExpiresMs: 1000, window: 10 });
      ({ store } = opened);
    });
    afterEach(() => opened.close());

    const claim = async (
      graph: Graph,
      first: number,
      how: { by?: string; generation?: number; lost?: string; count?: number } = {},
    ): Promise<ClaimReply> => {
      const { by = "w1", generation = 1, lost, count = 1 } = how;
      const request = {
        first,
        count,
        generation,
        withPage: false,
        ...(lost === undefined ? {} : { lostHolder: lost }),
      };
      const [reply] = await store.claim(graph.runKey, by, [request]);
      if (reply === undefined) throw new Error("a claim without an answer");
      return reply;
    };
    const settlement = (graph: Graph, index: number, token: number, outcome = succeeded): Settlement => ({
      first: index,
      count: 1,
      index,
      token,
      outcome,
      node: taskAt(graph, index),
    });
    /** Claims and settles. */
    const end = async (graph: Graph, index: number, outcome = succeeded): Promise<SettleReply> => {
      const reply = await claim(graph, index);
      if (reply.kind !== "claimed") throw new Error(`node ${index} is ${reply.kind}`);
      return await store.settle(graph.runKey, [settlement(graph, index, reply.token, outcome)]);
    };
    const expand = (
      graph: Graph,
      index: number,
      from = 0,
      most?: number,
      { limit, sliceSize = 1 }: { limit?: number; sliceSize?: number } = {},
    ): Promise<SettleReply> => {
      const spread = spreadAt(graph, index);
      const place = { index, join: spread.join, total: spread.total, ...(limit === undefined ? {} : { limit }) };
      return store.expand(graph.runKey, place, membersOf(spread, from, most, sliceSize));
    };
    const kinds = async (runKey: RunKey, indices: readonly number[]): Promise<string[]> =>
      (await Promise.all(indices.map((index) => store.read(runKey, index)))).map((record) => record.kind);
    const firsts = (dispatches: readonly Dispatch[]): number[] => dispatches.map(({ first }) => first);
    const create = async (data: SignatureData): Promise<Graph> => {
      const graph = compileAny(data);
      await store.create(graph, {});
      return graph;
    };

    test("a run is created once, and starts what comes first", async () => {
      const graph = compileAny(chain(t, t));
      expect(await store.create(graph, {})).toEqual({
        dispatches: [{ first: 0, count: 1, stride: 1, generation: 1, delayMs: 0 }],
        spreads: [],
      });
      expect(await store.create(graph, {})).toEqual({ dispatches: [], spreads: [] });
      expect(await store.readPage(graph.runKey, 0)).toEqual(graph.nodes);
      expect(await store.readPage(graph.runKey, 1)).toBeUndefined();
      expect(await store.readMeta(graph.runKey)).toMatchObject({ nodeCount: 2, result: 1, root: 0 });
      expect(await kinds(graph.runKey, [0, 1])).toEqual(["dispatched", "waiting"]);
    });

    test.each([[3], [1000]])("a run of %d members that is created again goes on as it was", async (count) => {
      const graph = await create(group(...Array.from({ length: count }, () => t)));
      await expand(graph, 0, 0, 1);
      await end(graph, 1);
      expect(await store.create(graph, {})).toEqual({ dispatches: [], spreads: [] });
      for (let from = 1; from < count; from += 500) await expand(graph, 0, from, 500);
      let last: SettleReply | undefined;
      for (let index = 2; index <= count; index += 1) last = await end(graph, index);
      expect(last?.runEnded).toBe(true);
      expect(await store.read(graph.runKey, count + 1)).toEqual({ kind: "joined", added: [] });
    });

    test("nodes that are staged for a run are there when it is created, and expire with it", async () => {
      const graph = compileAny(group(...Array.from({ length: 1000 }, () => chord([t], t))));
      const { runKey, nodes, starts } = graph;
      await store.stage(runKey, nodes.slice(0, 1280), 0);
      await store.stage(runKey, [], 0);
      await store.stage(runKey, nodes.slice(1280), 1280);
      expect((await store.inspect(runKey)).exists).toBe(false);
      expect(await store.read(runKey, 1)).toEqual({ kind: "unknown" });
      const staged = { runKey, starts, meta: metaOf(graph), joinCount: 1001 };
      expect(await store.createStaged(staged, {})).toEqual({ dispatches: [], spreads: [0] });
      expect(await store.createStaged(staged, {})).toEqual({ dispatches: [], spreads: [] });
      const lastPage = Math.floor((nodes.length - 1) / PAGE_SIZE);
      expect(await store.readPage(runKey, lastPage)).toEqual(nodes.slice(lastPage * PAGE_SIZE));
      await expand(graph, 0, 0, 1);
      await expand(graph, 1, 0, 1);
      expect((await end(graph, 2)).dispatches.map(({ first }) => first)).toEqual([4]);
      await store.abandon(runKey);
      await opened.expire();
      expect(await opened.leftovers()).toEqual([]);
    });

    test("nodes that are staged for a run that is never created expire, and later it cannot be", async () => {
      const graph = compileAny(group(...Array.from({ length: PAGE_SIZE + 10 }, () => t)));
      const { runKey, nodes, starts } = graph;
      await store.stage(runKey, nodes.slice(0, PAGE_SIZE), 0);
      await opened.expire();
      expect(await opened.leftovers()).toEqual([]);
      await store.stage(runKey, nodes.slice(PAGE_SIZE), PAGE_SIZE);
      const staged = { runKey, starts, meta: metaOf(graph), joinCount: 1 };
      await expect(store.createStaged(staged, {})).rejects.toThrow(
        /^run .* was not stored: what was written of it before has expired, .* for 10 minutes; send it again$/,
      );
      expect((await store.inspect(runKey)).exists).toBe(false);
    });

    test("what is not stored is missing, and nothing of it comes to be", async () => {
      const graph = compileAny(t);
      expect(await claim(graph, 0)).toEqual({ kind: "missing" });
      expect(await store.read(graph.runKey, 0)).toEqual({ kind: "unknown" });
      expect(await store.readMeta(graph.runKey)).toBeUndefined();
      expect((await store.settle(graph.runKey, [settlement(graph, 0, 1)])).accepted).toEqual([false]);
      expect((await store.inspect(graph.runKey)).exists).toBe(false);
      expect(await opened.leftovers()).toEqual([]);
    });

    test("a step's end makes the next one ready, and tells the value", async () => {
      const graph = await create(chain(t, t));
      const reply = await end(graph, 0, { kind: "succeeded", payload: "[7]" });
      expect(reply).toMatchObject({ accepted: [true], runEnded: false, room: 9 });
      expect(firsts(reply.dispatches)).toEqual([1]);
      expect(await store.read(graph.runKey, 0)).toEqual({ kind: "succeeded", payload: "[7]" });
      expect(await store.readResults(graph.runKey, [0, 1])).toEqual(["S[7]", null]);
      expect(await end(graph, 1)).toMatchObject({ runEnded: true, room: 10 });
    });

    test("a worker goes on with the only successor in the step that ends its task", async () => {
      const graph = await create(chain(t, t));
      const reply = await claim(graph, 0);
      if (reply.kind !== "claimed") throw new Error(reply.kind);
      const first = { ...settlement(graph, 0, reply.token), claimNextAs: "w1" };
      expect(await store.settle(graph.runKey, [first])).toMatchObject({ claimedNext: [true], dispatches: [] });
      expect(await claim(graph, 1, { by: "w2" })).toEqual({ kind: "held", holder: "w1" });
      const last = await store.settle(graph.runKey, [settlement(graph, 1, 1)]);
      expect(last).toMatchObject({ accepted: [true], runEnded: true });
    });

    test("only the attempt that claimed last can end a node", async () => {
      const graph = await create(t);
      const tokens: number[] = [];
      for (let attempt = 0; attempt < 2; attempt += 1) {
        const reply = await claim(graph, 0);
        if (reply.kind === "claimed") tokens.push(reply.token);
      }
      const [stale = 0, valid = 0] = tokens;
      expect((await store.settle(graph.runKey, [settlement(graph, 0, stale)])).accepted).toEqual([false]);
      expect((await store.settle(graph.runKey, [settlement(graph, 0, valid)])).accepted).toEqual([true]);
      expect((await store.settle(graph.runKey, [settlement(graph, 0, valid)])).accepted).toEqual([false]);
      expect(await claim(graph, 0)).toEqual({ kind: "past" });
    });

    test("a slice is taken only from a holder that is lost, and each loss is counted", async () => {
      const graph = await create(t);
      expect(await claim(graph, 0, { by: "w1" })).toMatchObject({ kind: "claimed", deliveries: 0 });
      expect(await claim(graph, 0, { by: "w2" })).toEqual({ kind: "held", holder: "w1" });
      expect(await claim(graph, 0, { by: "w2", lost: "w0" })).toEqual({ kind: "held", holder: "w1" });
      expect(await claim(graph, 0, { by: "w2", lost: "w1" })).toMatchObject({ kind: "claimed", deliveries: 1 });
      expect(await claim(graph, 0, { by: "w3", lost: "w2" })).toMatchObject({ kind: "claimed", deliveries: 2 });
    });

    test("a slice is dispatched again only as it was seen, and its old job is past", async () => {
      const graph = await create(t);
      const [seen] = (await store.inspect(graph.runKey)).flights;
      if (seen === undefined) throw new Error("nothing in flight");
      expect(seen).toMatchObject({ first: 0, count: 1, generation: 1, token: 0, holder: "" });
      expect(await store.redispatch(graph.runKey, seen)).toBe(2);
      expect(await store.redispatch(graph.runKey, seen)).toBeUndefined();
      expect(await claim(graph, 0)).toEqual({ kind: "past" });
      expect(await claim(graph, 0, { generation: 2 })).toMatchObject({ kind: "claimed", deliveries: 0 });
      expect(await store.redispatch(graph.runKey, { ...seen, generation: 2 })).toBeUndefined();
    });

    test("a retry is a new generation with a delay, and is counted", async () => {
      const graph = await create(t);
      const reply = await end(graph, 0, { kind: "retried", delayMs: 40 });
      expect(reply).toMatchObject({
        accepted: [true],
        runEnded: false,
        dispatches: [{ first: 0, count: 1, stride: 1, generation: 2, delayMs: 40 }],
      });
      expect(await store.read(graph.runKey, 0)).toEqual({ kind: "dispatched", retries: 1 });
      expect(await claim(graph, 0)).toEqual({ kind: "past" });
      await opened.pass(40);
      expect(await claim(graph, 0, { generation: 2 })).toMatchObject({ kind: "claimed", retries: 1, deliveries: 0 });
    });

    test("what is put off is a new generation with a delay, and is not counted", async () => {
      const graph = await create(t);
      const reply = await end(graph, 0, { kind: "putOff", delayMs: 40 });
      expect(reply).toMatchObject({
        accepted: [true],
        runEnded: false,
        dispatches: [{ first: 0, count: 1, stride: 1, generation: 2, delayMs: 40 }],
      });
      expect(await store.read(graph.runKey, 0)).toEqual({ kind: "dispatched", retries: 0 });
      await opened.pass(40);
      expect(await claim(graph, 0, { generation: 2 })).toMatchObject({ kind: "claimed", retries: 0, deliveries: 0 });
    });

    test("a running task shows states of its own, until its attempt ends or is lost", async () => {
      const graph = await create(chain(t, t));
      const reply = await claim(graph, 0);
      const attempt = { first: 0, count: 1, index: 0, token: reply.kind === "claimed" ? reply.token : 0 };
      const show = (state: string, payload: string, token = attempt.token): Promise<boolean> =>
        store.updateState(graph.runKey, { ...attempt, token }, state, payload);
      expect(await store.read(graph.runKey, 0)).toEqual({ kind: "running" });
      expect(await show("BEGUN", "")).toBe(true);
      expect(await store.read(graph.runKey, 0)).toEqual({ kind: "running", state: "BEGUN", payload: "" });
      expect(await show("HALF\twell|", '{"a":"\\n|"}')).toBe(true);
      const shown = { kind: "running", state: "HALF\twell|", payload: '{"a":"\\n|"}' };
      expect(await store.read(graph.runKey, 0)).toEqual(shown);
      expect(await store.readNodes(graph.runKey, [0], { withPayloads: false })).toEqual([{ ...shown, payload: "" }]);
      // The worker is lost, and another one begins anew.
      const second = await claim(graph, 0, { by: "w2", lost: "w1" });
      expect(await store.read(graph.runKey, 0)).toEqual({ kind: "running" });
      expect(await show("LATE", "1")).toBe(false);
      const token = second.kind === "claimed" ? second.token : 0;
      expect(await show("AGAIN", "1", token)).toBe(true);
      await store.settle(graph.runKey, [settlement(graph, 0, token, { kind: "retried", delayMs: 0 })]);
      expect(await store.read(graph.runKey, 0)).toEqual({ kind: "dispatched", retries: 1 });
      expect(await show("LATE", "1", token)).toBe(false);
      const third = await claim(graph, 0, { generation: 2 });
      expect(await store.read(graph.runKey, 0)).toEqual({ kind: "running" });
      const last = third.kind === "claimed" ? third.token : 0;
      expect(await show("AGAIN", "1", last)).toBe(true);
      await store.settle(graph.runKey, [settlement(graph, 0, last)]);
      expect(await store.read(graph.runKey, 0)).toEqual({ kind: "succeeded", payload: "1" });
      expect(await show("LATE", "1", last)).toBe(false);
      await store.delete(graph.runKey);
      expect(await show("LATE", "1", last)).toBe(false);
      expect(await opened.leftovers()).toEqual([]);
    });

    test("lines that tasks log stay with their run, the last ones alone", async () => {
      const graph = await create(chain(t, t));
      expect(await store.readLog(graph.runKey)).toEqual([]);
      expect(await store.appendLog(graph.runKey, ["1", "2"], 3)).toBe(true);
      expect(await store.appendLog(graph.runKey, ["3"], 3)).toBe(true);
      expect(await store.readLog(graph.runKey)).toEqual(["1", "2", "3"]);
      expect(await store.appendLog(graph.runKey, ["4", "5", "6", "7"], 3)).toBe(true);
      expect(await store.readLog(graph.runKey)).toEqual(["5", "6", "7"]);
      // Somebody who keeps fewer takes the rest away.
      expect(await store.appendLog(graph.runKey, ["8"], 2)).toBe(true);
      expect(await store.readLog(graph.runKey)).toEqual(["7", "8"]);
      await end(graph, 0, failed);
      // What comes behind the end of its run goes with it.
      const late = await create(t);
      await end(late, 0);
      expect(await store.appendLog(late.runKey, ["late"], 3)).toBe(true);
      await opened.expire();
      expect(await store.appendLog(late.runKey, ["too late"], 3)).toBe(false);
      expect(await store.readLog(late.runKey)).toEqual([]);
      expect(await opened.leftovers()).toEqual([]);
    });

    test("nothing is claimed before its time by the store's clock, whoever comes with a job", async () => {
      const graph = await create({ ...t, options: { countdown: 0.2 } });
      const early = await claim(graph, 0);
      expect(early.kind).toBe("early");
      const waitMs = early.kind === "early" ? early.waitMs : 0;
      expect(waitMs).toBeGreaterThan(0);
      expect(waitMs).toBeLessThanOrEqual(200);
      // Nobody has it meanwhile.
      expect((await store.inspect(graph.runKey)).flights).toMatchObject([{ token: 0, holder: "", bits: "0" }]);
      await opened.pass(waitMs);
      expect(await claim(graph, 0)).toMatchObject({ kind: "claimed", token: 1 });
    });

    test("times come with the start", async () => {
      const graph = await create(chain(t, { ...t, options: { countdown: 2, expires: 5 } }));
      expect((await end(graph, 0)).dispatches).toEqual([
        { first: 1, count: 1, stride: 1, generation: 1, delayMs: 2000 },
      ]);
    });

    test("a run knows how many pages it has, with those that were promised", async () => {
      const graph = await create(t);
      expect((await store.inspect(graph.runKey)).pageCount).toBe(1);
      expect(await store.allocate(graph.runKey, PAGE_SIZE + 1)).toBe(PAGE_SIZE);
      expect((await store.inspect(graph.runKey)).pageCount).toBe(3);
      expect(await store.readPage(graph.runKey, 1)).toBeUndefined();
    });

    test("members are handed out in pages, and not twice", async () => {
      const graph = await create(group(t, t, t));
      expect((await store.inspect(graph.runKey)).openSpreads).toEqual([{ spread: 0, handedOut: 0 }]);
      expect(firsts((await expand(graph, 0, 0, 2)).dispatches)).toEqual([1, 2]);
      expect((await store.inspect(graph.runKey)).openSpreads).toEqual([{ spread: 0, handedOut: 2 }]);
      expect(await expand(graph, 0, 0, 2)).toMatchObject({ accepted: [false], dispatches: [] });
      expect(firsts((await expand(graph, 0, 2)).dispatches)).toEqual([3]);
      expect((await store.inspect(graph.runKey)).openSpreads).toEqual([]);
      expect(await expand(graph, 0, 2)).toMatchObject({ accepted: [false], dispatches: [] });
    });

    test("members that wait are asked for when half of the window is free", async () => {
      const graph = await create(group(...Array.from({ length: 20 }, () => t)));
      expect(await expand(graph, 0, 0, 10)).toMatchObject({ room: 0, refills: [] });
      for (let index = 1; index < 5; index += 1) expect((await end(graph, index)).refills).toEqual([]);
      expect(await end(graph, 5)).toMatchObject({ room: 5, refills: [{ spread: 0, handedOut: 10 }] });
    });

    test("members that are handed out late became ready with their group: their times count from then", async () => {
      const late: SignatureData = { ...t, options: { countdown: 60, expires: 90 } };
      const graph = await create(group(late, late, late));
      const [first] = (await expand(graph, 0, 0, 1)).dispatches;
      expect(first?.delayMs).toBeLessThanOrEqual(60_000);
      expect(first?.delayMs).toBeGreaterThan(50_000);
      const { now } = await store.inspect(graph.runKey);
      while ((await store.inspect(graph.runKey)).now < now + 5) await opened.pass(5);
      for (const { delayMs } of (await expand(graph, 0, 1)).dispatches) {
        expect(delayMs).toBeLessThanOrEqual(59_995);
        expect(delayMs).toBeGreaterThan(0);
      }
    });

    test("a spread with a limit hands out no more than that, and goes on when a member's tail has ended", async () => {
      // 0 spread, 1 t, 2 t and then 3 t, 4 t, 5 t, 6 join
      const graph = await create(group(t, chain(t, t), t, t));
      const openSpreads = async (): Promise<unknown> => (await store.inspect(graph.runKey)).openSpreads;
      expect(firsts((await expand(graph, 0, 0, 1, { limit: 2 })).dispatches)).toEqual([1]);
      expect(await openSpreads()).toEqual([{ spread: 0, handedOut: 1 }]);
      expect(await expand(graph, 0, 1, 3, { limit: 2 })).toMatchObject({ dispatches: [{ first: 2 }], refills: [] });
      expect(await openSpreads()).toEqual([]);
      // Nobody can hand out more meanwhile, and the run has not ended.
      expect(await expand(graph, 0, 2, 2, { limit: 2 })).toMatchObject({
        accepted: [false],
        dispatches: [],
        runEnded: false,
      });
      expect(await end(graph, 2)).toMatchObject({ dispatches: [{ first: 3 }], refills: [] });
      expect(await end(graph, 3, failed)).toMatchObject({ dispatches: [], refills: [{ spread: 0, handedOut: 2 }] });
      expect(await openSpreads()).toEqual([{ spread: 0, handedOut: 2 }]);
      // The one that ends before the seat is taken gives another.
      expect((await end(graph, 1)).runEnded).toBe(false);
      expect(firsts((await expand(graph, 0, 2, 2, { limit: 2 })).dispatches)).toEqual([4, 5]);
      await end(graph, 5);
      expect(await end(graph, 4)).toMatchObject({ runEnded: true, refills: [] });
      expect(await store.read(graph.runKey, 6)).toEqual({ kind: "joinFailed", member: 3 });
    });

    test("limits do not know of each other, and each goes on by itself", async () => {
      // 0 spread; 1 spread, 2 t, 3 t, 4 join; 5 spread, 6 t, 7 t, 8 join; 9 join
      const graph = await create(group(chain(group(t, t), t), chain(group(t, t), t)));
      await expand(graph, 0);
      const [one = 0, other = 0] = graph.nodes.flatMap((node, index) =>
        node.kind === "spread" && index > 0 ? [index] : [],
      );
      await expand(graph, one, 0, 2, { limit: 1 });
      await expand(graph, other, 0, 2, { limit: 1 });
      expect((await end(graph, one + 1)).refills).toEqual([{ spread: one, handedOut: 1 }]);
      expect((await end(graph, other + 1)).refills).toEqual([{ spread: other, handedOut: 1 }]);
      expect(firsts((await expand(graph, other, 1, 1, { limit: 1 })).dispatches)).toEqual([other + 2]);
      expect((await end(graph, other + 2)).dispatches).toHaveLength(1);
      expect(firsts((await expand(graph, one, 1, 1, { limit: 1 })).dispatches)).toEqual([one + 2]);
    });

    describe("a slice of several members", () => {
      /** Of a chord of four members, from node 1, in one slice that is claimed. */
      const openSlice = async (): Promise<{ graph: Graph; held: { first: number; count: number; token: number } }> => {
        const graph = await create(chord([t, t, t, t], t));
        expect((await expand(graph, 0, 0, 4, { sliceSize: 4 })).dispatches).toEqual([
          { first: 1, count: 4, stride: 1, generation: 1, delayMs: 0 },
        ]);
        const reply = await claim(graph, 1, { count: 4 });
        if (reply.kind !== "claimed") throw new Error(reply.kind);
        expect(reply.bits).toBe("rrrr");
        return { graph, held: { first: 1, count: 4, token: reply.token } };
      };
      const settle = (graph: Graph, held: HeldSlice, indices: readonly number[], outcome = succeeded) =>
        store.settle(
          graph.runKey,
          indices.map((index) => ({ ...held, index, outcome, node: taskAt(graph, index) })),
        );

      test("is one flight, whose nodes end one by one", async () => {
        const { graph, held } = await openSlice();
        expect(await kinds(graph.runKey, [1, 2, 3, 4, 6])).toEqual([
          ...["running", "running", "running", "running"],
          "waiting",
        ]);
        expect(await settle(graph, held, [3, 1])).toMatchObject({ accepted: [true, true], room: 9, shared: 1 });
        expect(await kinds(graph.runKey, [1, 2, 3, 4])).toEqual(["succeeded", "running", "succeeded", "running"]);
        expect((await settle(graph, held, [3])).accepted).toEqual([false]);
        expect((await store.inspect(graph.runKey)).flights).toMatchObject([{ first: 1, count: 4, stride: 1 }]);
        const last = await settle(graph, held, [2, 4]);
        expect(firsts(last.dispatches)).toEqual([6]);
        expect(last).toMatchObject({ room: 9, shared: 0 });
      });

      test("may have its nodes some way apart", async () => {
        const graph = await create(group(chain(t, t), chain(t, t), chain(t, t)));
        expect((await expand(graph, 0, 0, 3, { sliceSize: 3 })).dispatches).toMatchObject([
          { first: 1, count: 3, stride: 2 },
        ]);
        expect(await kinds(graph.runKey, [1, 2, 3, 5])).toEqual(["dispatched", "waiting", "dispatched", "dispatched"]);
        const reply = await claim(graph, 1, { count: 3 });
        const held = { first: 1, count: 3, token: reply.kind === "claimed" ? reply.token : 0 };
        const { dispatches } = await settle(graph, held, [5, 3]);
        expect(firsts(dispatches)).toEqual([6, 4]);
        expect(await kinds(graph.runKey, [1, 3, 4, 5])).toEqual(["running", "succeeded", "dispatched", "succeeded"]);
      });

      test("gives back what has not begun, to be run elsewhere", async () => {
        const { graph, held } = await openSlice();
        const parts = [
          { first: 2, count: 2, stride: 1 },
          { first: 4, count: 1, stride: 1 },
        ];
        expect(await store.release(graph.runKey, { ...held, token: held.token + 1 }, parts)).toEqual([]);
        expect(await store.release(graph.runKey, held, parts)).toEqual(
          parts.map((part) => ({ ...part, generation: 2, delayMs: 0 })),
        );
        expect(await store.release(graph.runKey, held, parts)).toEqual([]);
        expect(await kinds(graph.runKey, [1, 2, 3, 4])).toEqual(["running", "dispatched", "dispatched", "dispatched"]);
        expect((await settle(graph, held, [2])).accepted).toEqual([false]);
        expect(await claim(graph, 2, { count: 2, generation: 2, by: "w2" })).toMatchObject({
          kind: "claimed",
          bits: "rr",
        });
        expect(await settle(graph, held, [1])).toMatchObject({ accepted: [true], room: 8, shared: 1 });
        expect(await claim(graph, 1, { count: 4 })).toEqual({ kind: "past" });
      });

      test.each([[1], [3]])("lets node %d be tried again alone while the others go on", async (index) => {
        const { graph, held } = await openSlice();
        const reply = await settle(graph, held, [index], { kind: "retried", delayMs: 50 });
        expect(reply.dispatches).toEqual([{ first: index, count: 1, stride: 1, generation: 2, delayMs: 50 }]);
        expect(await store.read(graph.runKey, index)).toEqual({ kind: "dispatched", retries: 1 });
        const others = [1, 2, 3, 4].filter((other) => other !== index);
        expect((await settle(graph, held, others)).accepted).toEqual([true, true, true]);
        expect((await settle(graph, held, [index])).accepted).toEqual([false]);
        await opened.pass(50);
        const again = await claim(graph, index, { generation: 2 });
        expect(again).toMatchObject({ kind: "claimed", retries: 1 });
        const token = again.kind === "claimed" ? again.token : 0;
        const last = await store.settle(graph.runKey, [settlement(graph, index, token)]);
        expect(firsts(last.dispatches)).toEqual([6]);
      });

      test("counts a loss for each of its nodes that had not ended", async () => {
        const { graph, held } = await openSlice();
        await settle(graph, held, [1]);
        const lost = { count: 4, by: "w2", lost: "w1" };
        const taken = await claim(graph, 1, lost);
        expect(taken).toMatchObject({ kind: "claimed", bits: "1rrr" });
        const token = taken.kind === "claimed" ? taken.token : 0;
        await store.release(graph.runKey, { ...held, token }, [{ first: 2, count: 1, stride: 1 }]);
        expect((await claim(graph, 2, { generation: 2, by: "w2" })).kind).toBe("claimed");
        const again = await claim(graph, 2, { generation: 2, by: "w3", lost: "w2" });
        expect(again).toMatchObject({ kind: "claimed", deliveries: 2 });
      });
    });

    test("a group without members has ended as soon as it is handed out", async () => {
      const graph = await create(chain(group(), t));
      const reply = await expand(graph, 0);
      expect(reply.runEnded).toBe(false);
      expect(firsts(reply.dispatches)).toEqual([2]);
      expect(await store.read(graph.runKey, 1)).toEqual({ kind: "joined", added: [] });
      const alone = await create(group());
      expect((await expand(alone, 0)).runEnded).toBe(true);
    });

    test("a body starts when the last member has ended, whichever that is", async () => {
      const graph = await create(chord([t, t, t], t));
      await expand(graph, 0);
      expect((await end(graph, 3)).dispatches).toEqual([]);
      expect((await end(graph, 1)).dispatches).toEqual([]);
      expect(firsts((await end(graph, 2)).dispatches)).toEqual([5]);
    });

    test.each([[1], [3], [2000]])(
      "%d members that a task adds to its group are waited for, after those it has",
      async (count) => {
        // 0 spread, 1 t, 2 t, 3 join, 4 t
        const graph = await create(chord([t, t], t));
        const { runKey } = graph;
        await expand(graph, 0);
        await end(graph, 2);
        const environment = { taskDefaults: () => undefined };
        const compileAt = (base: number) =>
          compileMembers(
            Array.from({ length: count }, () => t),
            { base, join: 3 },
            environment,
          );
        const base = await store.allocate(runKey, compileAt(0)?.nodes.length ?? 0);
        const added = compileAt(base);
        if (added === undefined) throw new Error("nothing was added");
        const { nodes, tails, start } = added;
        await store.addNodes(runKey, nodes, base);
        const all: Graph = {
          ...graph,
          nodes: [
            ...graph.nodes,
            ...Array.from({ length: base - graph.nodes.length }, () => taskAt(graph, 4)),
            ...nodes,
          ],
        };
        const reply = await end(graph, 1, { kind: "succeeded", payload: "1", addition: { join: 3, tails, start } });
        // However many they are, the script that adds them starts one node.
        expect([...firsts(reply.dispatches), ...reply.spreads]).toEqual([base]);
        for (let from = 0; count > 1 && from < count; from += 900) await expand(all, base, from, 900);
        const ends: SettleReply[] = [];
        for (const tail of tails) ends.push(await end(all, tail));
        expect(ends.flatMap(({ dispatches }) => firsts(dispatches))).toEqual([4]);
        expect(ends.at(-1)?.dispatches).toHaveLength(1);
        expect(await store.read(runKey, 3)).toEqual({ kind: "joined", added: tails });
        expect((await end(graph, 4)).runEnded).toBe(true);
      },
    );

    test("joins in joins end with their last member", async () => {
      const graph = await create(chord([chord([t, t], t), t], t));
      expect(graph.nodes.map(({ kind }) => kind[0]).join("")).toBe("ssttjttjt");
      expect((await expand(graph, 0)).spreads).toEqual([1]);
      await expand(graph, 1);
      await end(graph, 6);
      await end(graph, 2);
      expect(firsts((await end(graph, 3)).dispatches)).toEqual([5]);
      expect(firsts((await end(graph, 5)).dispatches)).toEqual([8]);
    });

    test.each<[how: string, outcome: StoredOutcome, kind: string]>([
      ["succeeds", succeeded, "joined"],
      ["fails", failed, "joinFailed"],
    ])(
      "of joins that end together no script ends more than 1,000, when what they wait for %s",
      async (_how, outcome, kind) => {
        // 1,500 spreads, then t, then their joins
        let nested: SignatureData = group(t);
        for (let depth = 1; depth < 1500; depth += 1) nested = group(chain(nested));
        const graph = await create(nested);
        for (let index = 0; index < 1500; index += 1) await expand(graph, index);
        // The node itself is one of them.
        const reply = await end(graph, 1500, outcome);
        expect(reply).toMatchObject({ spreads: [2500], dispatches: [], runEnded: false });
        expect(await kinds(graph.runKey, [2499, 2500])).toEqual([kind, "waiting"]);
        expect((await store.inspect(graph.runKey)).openSpreads).toEqual([{ spread: 2500, handedOut: 0 }]);
        const nobody = { from: 0, to: 0, starts: [] };
        const join = { index: 2500, join: 2500, total: 0 };
        expect(await store.expand(graph.runKey, join, nobody)).toMatchObject({ spreads: [], runEnded: true });
        expect(await store.expand(graph.runKey, join, nobody)).toMatchObject({ accepted: [false], runEnded: false });
        expect(await kinds(graph.runKey, [2500, 3000])).toEqual([kind, kind]);
      },
    );

    test("what stands behind a failed step never runs, because of that step", async () => {
      const graph = await create(chain(t, t, group(t, t), t));
      const reply = await end(graph, 0, failed);
      expect(reply).toMatchObject({ runEnded: true, dispatches: [], spreads: [] });
      for (let index = 1; index < graph.nodes.length; index += 1) {
        expect(await store.read(graph.runKey, index)).toEqual({ kind: "dead", cause: 0 });
      }
      expect(await claim(graph, 1)).toEqual({ kind: "past" });
    });

    test("a failed member lets its siblings run, and the first in order is what the join tells", async () => {
      // 0 spread, 1 t, 2 t, 3 t and then 4 t, 5 join, 6 t
      const graph = await create(chord([t, t, chain(t, t)], t));
      await expand(graph, 0);
      expect((await end(graph, 3, failed)).runEnded).toBe(false);
      await end(graph, 2, failed);
      expect((await end(graph, 1)).runEnded).toBe(true);
      expect(await store.read(graph.runKey, 5)).toEqual({ kind: "joinFailed", member: 2 });
      expect(await store.read(graph.runKey, 4)).toEqual({ kind: "dead", cause: 3 });
      expect(await store.read(graph.runKey, 6)).toEqual({ kind: "dead", cause: 5 });
    });

    test("links start on success and errbacks on failure, with what failed", async () => {
      const called: SignatureData = { ...t, options: { link: [t], linkError: [t] } };
      const good = await create(called);
      expect(firsts((await end(good, 0)).dispatches)).toEqual([1]);
      const bad = await create(called);
      expect(firsts((await end(bad, 0, failed)).dispatches)).toEqual([2]);
      expect(await claim(bad, 2)).toMatchObject({ kind: "claimed", cause: 0 });
    });

    test("an errback that is a group is handed out with what failed, page by page and group by group", async () => {
      // 0 t, then 1 spread, 2 t, 3 spread with 4 t, 5 t, 6 join, 7 t, 8 join
      const errback = group(t, chain(group(t, t), t), t);
      const graph = await create({ ...t, options: { linkError: [errback] } });
      expect((await end(graph, 0, failed)).spreads).toEqual([1]);
      expect((await expand(graph, 1, 0, 1)).dispatches).toHaveLength(1);
      expect((await store.inspect(graph.runKey)).openSpreads).toEqual([{ spread: 1, handedOut: 1 }]);
      expect((await end(graph, 2)).refills).toEqual([{ spread: 1, handedOut: 1 }]);
      expect(await expand(graph, 1, 1)).toMatchObject({ spreads: [3] });
      await expand(graph, 3);
      for (const index of [4, 5, 8]) expect(await claim(graph, index)).toMatchObject({ kind: "claimed", cause: 0 });
    });

    describe("errbacks that are too many for one script", () => {
      // 0 spread, 1 t, 2 join; 3 spread, 4 to 1003 t, 1004 join; 1005 to 2004 their errbacks, 2005 spread
      const body = group(...Array.from({ length: 1000 }, () => ({ ...t, options: { linkError: [t] } })));
      const failHeader = async (): Promise<Graph> => {
        const graph = await create(chord([t], body));
        await expand(graph, 0);
        expect(await end(graph, 1, failed)).toMatchObject({ dispatches: [], spreads: [2005], runEnded: false });
        return graph;
      };

      test("are handed out in pages, each with what failed, and the run ends with the last", async () => {
        const graph = await failHeader();
        expect(firsts((await expand(graph, 2005, 0, 900)).dispatches)).toEqual(
          Array.from({ length: 900 }, (_, place) => 1005 + place),
        );
        expect(await claim(graph, 1010)).toMatchObject({ kind: "claimed", cause: 9 });
        for (let index = 1005; index < 1905; index += 1) expect((await end(graph, index)).runEnded).toBe(false);
        await expand(graph, 2005, 900);
        expect(await claim(graph, 2004)).toMatchObject({ kind: "claimed", cause: 1003 });
        let last: SettleReply | undefined;
        for (let index = 1905; index < 2005; index += 1) last = await end(graph, index);
        expect(last).toMatchObject({ runEnded: true, spreads: [] });
        expect(await kinds(graph.runKey, [2, 4, 1004, 2004])).toEqual(["joinFailed", "dead", "dead", "succeeded"]);
      });

      test("are not called when they are revoked, and no join misses them", async () => {
        const graph = await failHeader();
        await expand(graph, 2005, 0, 1);
        expect(await store.revoke(graph.runKey, [{ first: 0, last: 2 ** 32 - 1 }], false)).toBe(true);
        expect(await expand(graph, 2005, 1, 900)).toMatchObject({ dispatches: [], runEnded: false });
        expect((await store.inspect(graph.runKey)).openSpreads).toEqual([]);
        expect(await end(graph, 1005, { kind: "revoked", payload: "" })).toMatchObject({ runEnded: true });
        expect(await kinds(graph.runKey, [1, 1004, 1005, 1006])).toEqual(["failed", "dead", "revoked", "revoked"]);
      });
    });

    test.each<[StoredOutcome, string]>([
      [{ kind: "revoked", payload: "{}" }, "revoked"],
      [{ kind: "ignored" }, "ignored"],
    ])("%j ends what follows", async (outcome, kind) => {
      const graph = await create(chain(t, t));
      expect((await end(graph, 0, outcome)).runEnded).toBe(true);
      expect(await kinds(graph.runKey, [0, 1])).toEqual([kind, "dead"]);
    });

    test("many nodes are read at once, with or without what they gave", async () => {
      // 0 spread, 1 t, 2 t and then 3 t, 4 t, 5 t, 6 join
      const graph = await create(group(t, chain(t, t), t, t));
      await expand(graph, 0);
      await end(graph, 1, { kind: "succeeded", payload: "[7]" });
      await end(graph, 2, failed);
      await claim(graph, 4);
      const indices = [6, 5, 4, 3, 2, 1];
      const read = (withPayloads: boolean): Promise<readonly NodeRecord[]> =>
        store.readNodes(graph.runKey, indices, { withPayloads });
      const brief: NodeRecord[] = [
        { kind: "waiting" },
        { kind: "dispatched", retries: 0 },
        { kind: "running" },
        { kind: "dead", cause: 2 },
        { kind: "failed", payload: "" },
        { kind: "succeeded", payload: "" },
      ];
      expect(await read(false)).toEqual(brief);
      expect(await read(true)).toEqual([
        ...brief.slice(0, 4),
        { kind: "failed", payload: "{}" },
        { kind: "succeeded", payload: "[7]" },
      ]);
      expect(await store.readNodes(compileAny(t).runKey, [0, 1], { withPayloads: true })).toEqual([
        { kind: "unknown" },
        { kind: "unknown" },
      ]);
    });

    test("results of a run are forgotten once it has ended, and all of it with its own", async () => {
      const graph = await create(chain(t, t, t));
      await end(graph, 0);
      expect(await store.forget(graph.runKey, [0])).toBe("running");
      expect(await store.read(graph.runKey, 0)).toMatchObject({ kind: "succeeded" });
      await end(graph, 1, failed);
      expect(await store.forget(graph.runKey, [0])).toBe("forgotten");
      expect(await kinds(graph.runKey, [0, 1, 2])).toEqual(["forgotten", "failed", "dead"]);
      expect(await store.forget(graph.runKey, [1, 2])).toBe("deleted");
      expect(await opened.leftovers()).toEqual([]);
      expect(await store.forget(graph.runKey, [0])).toBe("missing");
      expect(await opened.leftovers()).toEqual([]);
    });

    test("what is left of a run whose results were forgotten expires like any", async () => {
      const graph = await create(chain(t, t));
      await end(graph, 0, failed);
      await store.forget(graph.runKey, [0]);
      await opened.expire();
      expect(await opened.leftovers()).toEqual([]);
    });

    describe("a group that fails fast", () => {
      const fast = (...members: SignatureData[]): SignatureData => ({
        ...group(...members),
        options: { failFast: true },
      });

      test("revokes the others when a member fails; those that run go on", async () => {
        // 0 spread, 1 t and then 2 t, 3 t, 4 t, 5 t, 6 join, 7 t
        const graph = await create(chain(fast(chain(t, t), t, t, t), t));
        await expand(graph, 0, 0, 3);
        const running = await claim(graph, 3);
        expect(await end(graph, 1, failed)).toMatchObject({ hasRevoked: true, runEnded: false, dispatches: [] });
        expect(await kinds(graph.runKey, [1, 2, 3, 4, 5, 6, 7])).toEqual([
          "failed",
          "dead",
          "running",
          "revoked",
          "revoked",
          "waiting",
          "waiting",
        ]);
        expect(await store.read(graph.runKey, 4)).toEqual({ kind: "revoked", payload: "", cause: 1 });
        expect(await claim(graph, 4)).toMatchObject({ kind: "claimed", revoked: [4] });
        const late = await store.settle(graph.runKey, [settlement(graph, 4, 1, { kind: "revoked", payload: "" })]);
        expect(late).toMatchObject({ accepted: [true], hasRevoked: false });
        expect(await expand(graph, 0, 3)).toMatchObject({ dispatches: [], runEnded: false });
        const token = running.kind === "claimed" ? running.token : 0;
        expect(await store.settle(graph.runKey, [settlement(graph, 3, token)])).toMatchObject({ runEnded: true });
        expect(await store.read(graph.runKey, 4)).toEqual({ kind: "revoked", payload: "", cause: 1 });
        expect(await store.read(graph.runKey, 6)).toEqual({ kind: "joinFailed", member: 1 });
        expect(await store.read(graph.runKey, 7)).toEqual({ kind: "dead", cause: 6 });
      });

      test("is told to have failed with the member that failed first in time", async () => {
        const graph = await create(fast(t, t, t));
        await expand(graph, 0);
        await end(graph, 3, failed);
        await end(graph, 1, { kind: "revoked", payload: "" });
        expect(await end(graph, 2, { kind: "revoked", payload: "" })).toMatchObject({ runEnded: true });
        expect(await store.read(graph.runKey, 4)).toEqual({ kind: "joinFailed", member: 3 });
      });

      test("revokes nothing when the last member fails, nor when none does", async () => {
        const graph = await create(fast(t, t));
        await expand(graph, 0);
        expect((await end(graph, 2)).hasRevoked).toBe(false);
        expect(await end(graph, 1, failed)).toMatchObject({ hasRevoked: false, runEnded: true });
        expect((await store.inspect(graph.runKey)).revocations).toEqual([]);
      });
    });

    describe("revoked", () => {
      const revoked: StoredOutcome = { kind: "revoked", payload: "{}" };
      const revoke = (graph: Graph, first: number, last = first, terminate = false): Promise<boolean> =>
        store.revoke(graph.runKey, [{ first, last }], terminate);
      const endAs = async (graph: Graph, index: number, token: "waits" | "any"): Promise<boolean | undefined> => {
        const settled = { ...settlement(graph, index, 0, revoked), token };
        return (await store.settle(graph.runKey, [settled])).accepted[0];
      };

      test("a step that waits is seen so at once, and ends so when its turn comes", async () => {
        const graph = await create(chain(t, t, t));
        expect(await revoke(graph, 1)).toBe(true);
        expect(await kinds(graph.runKey, [0, 1, 2])).toEqual(["dispatched", "revoked", "waiting"]);
        const first = await claim(graph, 0);
        if (first.kind !== "claimed") throw new Error(first.kind);
        // It is not claimed on the way, so that whoever gets it is told.
        const reply = await store.settle(graph.runKey, [{ ...settlement(graph, 0, first.token), claimNextAs: "w1" }]);
        expect(reply).toMatchObject({ claimedNext: [false], dispatches: [{ first: 1 }] });
        expect(await claim(graph, 1)).toMatchObject({ kind: "claimed", revoked: [1] });
        expect(await kinds(graph.runKey, [1, 2])).toEqual(["revoked", "waiting"]);
        const last = await store.settle(graph.runKey, [settlement(graph, 1, 1, revoked)]);
        expect(last).toMatchObject({ accepted: [true], runEnded: true });
        expect(await store.read(graph.runKey, 2)).toEqual({ kind: "dead", cause: 1 });
      });

      test("what is dispatched ends without a worker, what runs only if that is asked for", async () => {
        const graph = await create(group(t, t));
        await expand(graph, 0);
        const running = await claim(graph, 1);
        await revoke(graph, 0, 2, true);
        expect(await kinds(graph.runKey, [1, 2])).toEqual(["running", "revoked"]);
        expect(await endAs(graph, 2, "waits")).toBe(true);
        expect(await endAs(graph, 2, "any")).toBe(false);
        expect(await endAs(graph, 1, "waits")).toBe(false);
        expect(await endAs(graph, 1, "any")).toBe(true);
        const late = settlement(graph, 1, running.kind === "claimed" ? running.token : 0);
        expect((await store.settle(graph.runKey, [late])).accepted).toEqual([false]);
        expect((await store.inspect(graph.runKey)).endedAt).toBeDefined();
        expect(await store.read(graph.runKey, 3)).toEqual({ kind: "joinFailed", member: 1 });
      });

      test("one of a slice ends by itself, and the others may still be given back", async () => {
        const graph = await create(group(t, t, t, t));
        await expand(graph, 0, 0, 1);
        const members = { from: 1, to: 4, starts: ["t2x3/1"] };
        const spread = spreadAt(graph, 0);
        await store.expand(graph.runKey, { index: 0, join: spread.join, total: spread.total }, members);
        const slice = { first: 2, count: 3, token: 1 };
        await store.claim(graph.runKey, "w1", [{ first: 2, count: 3, generation: 1, withPage: false }]);
        const settled = { ...settlement(graph, 3, 1, revoked), ...slice, token: "any" as const };
        expect((await store.settle(graph.runKey, [settled])).accepted).toEqual([true]);
        const dispatches = await store.release(graph.runKey, slice, [{ first: 3, count: 2, stride: 1 }]);
        expect(dispatches).toEqual([{ first: 4, count: 1, stride: 1, generation: 2, delayMs: 0 }]);
        expect(await store.release(graph.runKey, slice, [{ first: 3, count: 2, stride: 1 }])).toEqual([]);
        expect(await kinds(graph.runKey, [2, 3, 4])).toEqual(["running", "revoked", "dispatched"]);
      });

      test("members that were not handed out leave their group in one step", async () => {
        const graph = await create(chain(group(...Array.from({ length: 500 }, () => t)), t));
        await expand(graph, 0, 0, 2);
        expect(await revoke(graph, 0, 500)).toBe(true);
        expect(await expand(graph, 0, 2, 3)).toMatchObject({ dispatches: [], runEnded: false, refills: [] });
        expect(await kinds(graph.runKey, [1, 3, 500, 501])).toEqual(["revoked", "revoked", "revoked", "waiting"]);
        expect(await endAs(graph, 2, "waits")).toBe(true);
        expect(await endAs(graph, 1, "waits")).toBe(true);
        expect((await store.inspect(graph.runKey)).endedAt).toBeDefined();
        expect(await store.read(graph.runKey, 501)).toEqual({ kind: "joinFailed", member: 1 });
        expect(await store.read(graph.runKey, 502)).toEqual({ kind: "dead", cause: 501 });
      });

      test("a group of which nothing is in flight ends with its spread", async () => {
        const graph = await create(chain(t, group(t, t, t)));
        await revoke(graph, 1, 4);
        expect((await end(graph, 0)).spreads).toEqual([1]);
        expect(await expand(graph, 1)).toMatchObject({ runEnded: true, dispatches: [] });
        expect(await store.read(graph.runKey, 5)).toEqual({ kind: "joinFailed", member: 2 });
      });

      test("what ended first stays: neither does a failure hide a revocation, nor the other way round", async () => {
        const graph = await create(chain(t, t, t));
        await revoke(graph, 2);
        await end(graph, 0, failed);
        const late = await create(group(chain(t, t), t));
        await expand(late, 0);
        await end(late, 1, failed);
        await revoke(late, 0, 2 ** 32 - 1);
        expect(await store.read(late.runKey, 2)).toEqual({ kind: "dead", cause: 1 });
        expect(await kinds(late.runKey, [1, 3])).toEqual(["failed", "revoked"]);
        expect(await kinds(graph.runKey, [0, 1, 2])).toEqual(["failed", "dead", "revoked"]);
      });

      test("stretches are revoked from the first node to the last, however long they are", async () => {
        const graph = await create(chain(t, group(...Array.from({ length: 3000 }, () => t))));
        await revoke(graph, 100, 1400);
        await revoke(graph, 1500, 1900, true);
        await revoke(graph, 1900, 1901);
        const { revocations } = await store.inspect(graph.runKey);
        expect(revocations.map(({ first, last }) => `${first}-${last}`).sort()).toEqual([
          "100-1400",
          "1500-1900",
          "1900-1901",
        ]);
        const seen = await kinds(graph.runKey, [99, 100, 128, 1400, 1401, 1499, 1500, 1664, 1900, 1901, 1902]);
        expect(seen.map((kind) => kind[0]).join("")).toBe("wrrrwwrrrrw");
      });

      test("what a revocation was is told to those who look, and it stays what it was when it is repeated", async () => {
        const graph = await create(chain(t, group(t, t)));
        await revoke(graph, 1);
        await revoke(graph, 2, 4, true);
        await revoke(graph, 1);
        const { revocations } = await store.inspect(graph.runKey);
        expect(revocations).toContainEqual({ first: 1, last: 1, number: 1, terminate: false });
        expect(revocations).toContainEqual({ first: 2, last: 4, number: 2, terminate: true });
      });

      test("nothing happens to a run that has ended or is gone", async () => {
        const graph = await create(t);
        await end(graph, 0);
        expect(await revoke(graph, 0)).toBe(false);
        await store.delete(graph.runKey);
        expect(await revoke(graph, 0)).toBe(false);
        expect(await opened.leftovers()).toEqual([]);
      });

      test("neither revoked nor ignored tasks call errbacks, but the group that fails with them does", async () => {
        const called: SignatureData = { ...t, options: { linkError: [t] } };
        for (const outcome of [revoked, { kind: "ignored" } as const]) {
          const graph = await create(called);
          expect(await end(graph, 0, outcome)).toMatchObject({ dispatches: [], runEnded: true });
          const joined = await create(chord([t], called));
          await expand(joined, 0);
          expect((await end(joined, 1, outcome)).dispatches).toHaveLength(1);
        }
      });
    });

    test("a replaced task tells what is in its place, while that goes on and when it has ended", async () => {
      const graph = await create(chain(t, t));
      const { runKey } = graph;
      const base = await store.allocate(runKey, 1);
      const added = compilePart(t, { base, join: 0 }, { taskDefaults: () => undefined });
      if (added === undefined) throw new Error("a task");
      await store.addNodes(runKey, added.nodes, base);
      expect(await kinds(runKey, [0, base])).toEqual(["dispatched", "waiting"]);
      await end(graph, 0, { kind: "replaced", starts: added.starts, tail: added.tail });
      expect(await store.read(runKey, 0)).toEqual({ kind: "handedOver", by: base });
      expect(await kinds(runKey, [base, 1])).toEqual(["dispatched", "waiting"]);
      await store.revoke(runKey, [{ first: 0, last: 0 }], false);
      expect(await store.read(runKey, 0)).toEqual({ kind: "handedOver", by: base });
      const [node] = added.nodes;
      const claimed = await claim(graph, base);
      if (claimed.kind !== "claimed" || node?.kind !== "task") throw new Error("a task that is there");
      await store.settle(runKey, [
        { first: base, count: 1, index: base, token: claimed.token, outcome: succeeded, node },
      ]);
      expect(await store.read(runKey, 0)).toEqual({ kind: "replaced", by: base });
      expect(await kinds(runKey, [1])).toEqual(["dispatched"]);
    });

    test.each(["before its end is noted", "after that"])(
      "what a task is replaced by while its run is cancelled never runs, committed %s",
      async (when) => {
        const graph = await create(chain(t, t));
        const { runKey } = graph;
        const claimed = await claim(graph, 0);
        if (claimed.kind !== "claimed") throw new Error(claimed.kind);
        const base = await store.allocate(runKey, 1);
        const added = compilePart(t, { base, join: 0 }, { taskDefaults: () => undefined });
        if (added === undefined) throw new Error("a task");
        await store.addNodes(runKey, added.nodes, base);
        // As a cancellation does: all that there is and all that comes, first noted, then ended.
        await store.revoke(runKey, [{ first: 0, last: 2 ** 32 - 1 }], true);
        const payload = "{}";
        const replaced: StoredOutcome = { kind: "replaced", starts: added.starts, tail: added.tail };
        const replace = () => store.settle(runKey, [settlement(graph, 0, claimed.token, replaced)]);
        const cancel = () =>
          store.settle(runKey, [{ ...settlement(graph, 0, 0, { kind: "revoked", payload }), token: "any" }]);
        if (when === "after that") {
          expect(await cancel()).toMatchObject({ accepted: [true], runEnded: true });
          expect(await replace()).toMatchObject({ accepted: [false], dispatches: [] });
          expect(await claim(graph, base)).not.toMatchObject({ kind: "claimed" });
          expect(await kinds(runKey, [0, 1])).toEqual(["revoked", "revoked"]);
          return;
        }
        expect(await replace()).toMatchObject({ accepted: [true], runEnded: false });
        expect(await cancel()).toMatchObject({ accepted: [false] });
        expect(await claim(graph, base)).toMatchObject({ kind: "claimed", revoked: [base] });
        const [node] = added.nodes;
        if (node?.kind !== "task") throw new Error("a task");
        const ended = { ...settlement(graph, 0, 0, { kind: "revoked", payload }), node, first: base, index: base };
        expect(await store.settle(runKey, [{ ...ended, token: "any" }])).toMatchObject({
          accepted: [true],
          runEnded: true,
        });
        expect(await kinds(runKey, [0, 1])).toEqual(["replaced", "revoked"]);
      },
    );

    test("runs do not know of each other", async () => {
      const [one, other] = [await create(chain(t, t)), await create(chain(t, t))];
      await end(one, 0, failed);
      expect(await kinds(other.runKey, [0, 1])).toEqual(["dispatched", "waiting"]);
    });

    test("a deleted run is gone", async () => {
      const graph = await create(group(t, t));
      await expand(graph, 0);
      await store.delete(graph.runKey);
      expect(await opened.leftovers()).toEqual([]);
      expect(await claim(graph, 1)).toEqual({ kind: "missing" });
    });

    test("nothing of an ended run is left when its time has passed, nor comes back with a late settlement", async () => {
      const graph = await create(chain(t, t));
      const reply = await claim(graph, 0);
      const late = [settlement(graph, 0, reply.kind === "claimed" ? reply.token : 0, failed)];
      await store.settle(graph.runKey, late);
      expect(await opened.leftovers()).not.toEqual([]);
      await store.settle(graph.runKey, late);
      await opened.expire();
      expect(await opened.leftovers()).toEqual([]);
      await store.settle(graph.runKey, late);
      expect(await opened.leftovers()).toEqual([]);
    });

    test("any canvas ends, in any order of completion and with any failures, and each node with it", async () => {
      await fc.assert(
        fc.asyncProperty(anyCanvas(), anyChoices(), async (data, choices) => {
          const graph = compileAny(data);
          const { executed, failed: failures, endings } = await simulate(store, graph, choices());
          expect(new Set(executed).size).toBe(executed.length);
          expect(endings).toBe(1);
          const { flights, openSpreads, endedAt } = await store.inspect(graph.runKey);
          expect({ flights, openSpreads, hasEnded: endedAt !== undefined }).toEqual({
            flights: [],
            openSpreads: [],
            hasEnded: true,
          });
          const { kind: result } = await store.read(graph.runKey, graph.result);
          expect(["succeeded", "joined"].includes(result)).toBe(failures.length === 0);
          for (const [index, node] of graph.nodes.entries()) {
            const { kind } = await store.read(graph.runKey, index);
            if (failures.includes(index)) expect(kind).toBe("failed");
            else if (executed.includes(index)) expect(kind).toBe("succeeded");
            else if (node.kind === "task") expect(kind).toBe("dead");
            else if (node.kind === "join") expect(["joined", "joinFailed", "dead"]).toContain(kind);
          }
        }),
        { numRuns: 60 },
      );
    }, 20_000);
  });
}

/** Choices from a list of random numbers; each call begins the list anew. */
export function anyChoices(): fc.Arbitrary<() => Choices> {
  return fc
    .record({
      numbers: fc.array(fc.nat(), { minLength: 1, maxLength: 40 }),
      failing: fc.oneof(fc.constant<number[]>([]), fc.array(fc.nat(30), { maxLength: 6 })),
      handOut: fc.integer({ min: 1, max: 5 }),
      together: fc.integer({ min: 1, max: 3 }),
      sliceSize: fc.integer({ min: 1, max: 6 }),
    })
    .map(({ numbers, failing, handOut, together, sliceSize }) => () => {
      let at = 0;
      return {
        pick: (count) => {
          at += 1;
          return (numbers[at % numbers.length] ?? 0) % count;
        },
        fails: (index) => failing.includes(index),
        handOut,
        together,
        sliceSize,
      };
    });
}
