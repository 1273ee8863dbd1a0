import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  type AsyncResult,
  type BoundTask,
  bindSignature,
  parseNodeId,
  type RunKey,
  type SignatureData,
} from "@umbel/core";
import { PAGE_SIZE } from "../../src/graph/graph.ts";
import { MOST_NODES } from "../../src/store/graph-store.ts";
import { runKeys } from "../../src/store/keys.ts";
import { Gates } from "../kit/each-broker.ts";
import { SocketBroker, TestPrefix, until } from "../kit/redis-server.ts";
import { Shop } from "../kit/shop.ts";
import { CountedRedis } from "./counted-redis.ts";
import { type ScriptCall, ScriptWatch } from "./script-watch.ts";
import { shapes } from "./shapes.ts";

/** How many members large groups have here, and those of which each is a job. */
const MANY = 2200;
const SOME = 1100;

/** "About" 1,000: beside the nodes that a script ends and starts, there are the joins that hear of them, and others of their pages. */
const MOST = 1.2 * MOST_NODES;

/** A node has some fields: where it is in flight, its result; of a join what it waits for, and what has failed. */
const FIELDS = 8;

const times = <Item>(count: number, make: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => make(index));
const task = (name: string, args: readonly unknown[] = [], options = {}): SignatureData => ({
  kind: "task",
  task: name,
  args,
  options,
});
const group = (members: readonly SignatureData[], options = {}): SignatureData & { kind: "group" } => ({
  kind: "group",
  members,
  options,
});
const chain = (...steps: SignatureData[]): SignatureData => ({ kind: "chain", steps });
const later = { countdown: 3600 };
const nothing: SignatureData = { ...task("nothing"), immutable: true };

describe("no script touches more than about 1,000 nodes", () => {
  const gates = new Gates();
  let redis: CountedRedis;
  let watch: ScriptWatch;
  let place: TestPrefix;
  let shop: Shop;
  /** How many tasks wait at the gate. */
  let waiting = 0;

  beforeAll(async () => {
    redis = await CountedRedis.start();
    watch = await ScriptWatch.start(redis.path);
    place = new TestPrefix(redis.path);
    shop = new Shop({}, place, new SocketBroker(redis.path));
    const { app } = shop;
    const wait = async (gate: string): Promise<void> => {
      waiting += 1;
      await gates.pass(gate);
      waiting -= 1;
    };
    app.task("wait", wait);
    app.task("wait and fail", async (gate: string) => {
      await wait(gate);
      throw new RangeError("of no use");
    });
    const bound = (name: string, fn: (self: BoundTask, count: number) => unknown): void =>
      void app.task({ name, bind: true }, fn as (self: BoundTask, ...args: never[]) => unknown);
    bound("become", (self, count) =>
      self.replace(bindSignature(group(times(count, (value) => task("give", [value]))), app)),
    );
    bound("grow", (self, count) => {
      for (let value = 0; value < count; value += 1) self.addToChord(bindSignature(task("give", [value]), app));
    });
    await shop.work({ concurrency: 200 });
  });
  afterAll(async () => {
    await shop.close();
    await place.close();
    watch.close();
    await redis.close();
  });

  const runOf = (id: string): RunKey => {
    const { runKey } = parseNodeId(id) ?? {};
    if (runKey === undefined) throw new Error("an id of ours");
    return runKey;
  };
  const inspect = async (id: string) => await (await shop.engine.runtime()).store.inspect(runOf(id));
  const ended = (id: string): Promise<void> =>
    until("the run has ended", async () => (await inspect(id)).endedAt !== undefined, 40_000);
  const send = async (signature: SignatureData): Promise<AsyncResult> => {
    const { resultId, stored } = shop.engine.submit({ signature, args: [], kwargs: {}, options: {} });
    await stored;
    return shop.app.asyncResult(resultId);
  };
  /** Of the calls since it was asked last those that touched too much, the scripts that were called, and the most that one touched. */
  const look = async (): Promise<{
    readonly tooMuch: readonly ScriptCall[];
    readonly scripts: ReadonlySet<string>;
    readonly most: number;
  }> => {
    const calls = await watch.calls();
    return {
      tooMuch: calls.filter(({ nodes, fields }) => nodes > MOST || fields > FIELDS * MOST),
      scripts: new Set(calls.map(({ script }) => script)),
      most: Math.max(...calls.map(({ nodes }) => nodes)),
    };
  };
  const expectLittle = async (): Promise<void> => {
    const { tooMuch, scripts } = await look();
    expect(tooMuch).toEqual([]);
    expect(scripts).toContain("settleNodes");
  };

  test.each(shapes)(
    "$name, when it runs",
    async ({ name, make }) => {
      const { canvas, result } = make(shop.tasks, name.includes("chords") ? SOME : MANY);
      const handle = canvas.delay();
      expect(await handle.get()).toEqual(result);
      await ended(handle.id);
      await expectLittle();
    },
    60_000,
  );

  const body = group(times(SOME, () => task("echo", [], { linkError: [nothing] })));
  /** 1,100 groups in one another. */
  const deep = (member: SignatureData): SignatureData => {
    let nested = group([member]);
    for (let depth = 1; depth < SOME; depth += 1) nested = group([chain(nested)]);
    return nested;
  };

  test.each<[what: string, canvas: SignatureData]>([
    ["a header that fails", chain(group(times(MANY, () => task("fail", [1]))), task("sum"))],
    ["a header that fails before thousands of bodies with errbacks", chain(group([task("fail", [1])]), body)],
    ["links on one task", task("give", [1], { link: times(MANY, () => nothing) })],
    ["errbacks on one task", task("fail", [1], { linkError: times(MANY, () => nothing) })],
    [
      "each with a limit",
      chain(task("same", [times(SOME, (value) => value)]), { kind: "each", member: task("give"), limit: 1050 }),
    ],
    ["a task that is replaced by a large group", task("become", [MANY])],
    ["a task that adds members to its chord", chain(group([task("grow", [MANY])]), task("echo"))],
    [
      "a group that fails fast",
      group([task("fail", [1]), ...times(MANY, () => task("give", [1], later))], { failFast: true }),
    ],
    ["groups in one another that succeed together", deep(task("give", [1]))],
    ["groups in one another that fail together", deep(task("fail", [1]))],
  ])(
    "%s",
    async (_what, canvas) => {
      const handle = await send(canvas);
      await ended(handle.id);
      await expectLittle();
    },
    60_000,
  );

  test.each<[what: string, member: (gate: string) => SignatureData]>([
    ["links", (gate) => task("wait", [gate], { link: times(15, () => nothing) })],
    ["errbacks", (gate) => task("wait and fail", [gate], { linkError: times(15, () => nothing) })],
  ])(
    "%s of members that end in one turn of the event loop",
    async (what, member) => {
      const count = 80;
      const handle = await send(group(times(count, () => member(what))));
      await until("all are there", () => waiting === count);
      gates.open(what);
      await ended(handle.id);
      await expectLittle();
    },
    60_000,
  );

  test.each([
    ["that waits", false],
    ["that waits", true],
    ["that runs", false],
    ["that runs", true],
  ])(
    "a group %s and is revoked (terminate: %s)",
    async (what, terminate) => {
      const member = what === "that waits" ? task("give", [1], later) : task("sleep", [10, 1]);
      const handle = await send(chain(group(times(MANY, () => member)), task("echo")));
      await until("members are on their way", async () => (await inspect(handle.id)).flights.length > 10);
      await handle.revoke({ run: true, terminate });
      await ended(handle.id);
      await expectLittle();
    },
    60_000,
  );

  test("of groups that fail fast a script reads those near to what it works on", async () => {
    const one = chain(group([task("fail", [1]), task("give", [1], later)], { failFast: true }), task("echo"));
    const handle = await send(group(times(400, () => one)));
    await ended(handle.id);
    const { revoked } = runKeys(place.prefix, runOf(handle.id));
    const lengths = Object.values(await place.redis.hgetall(revoked)).map((text) => text.length);
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBeGreaterThan(10_000);
    // Those of a page are together.
    expect(Math.max(...lengths)).toBeLessThan(10 * PAGE_SIZE);
    await expectLittle();
  }, 60_000);

  test("states of thousands, and what is forgotten", async () => {
    const read = async (id: string): Promise<void> => {
      expect((await shop.engine.states(id)).length).toBe(MANY);
      const { tooMuch, scripts } = await look();
      expect(tooMuch).toEqual([]);
      expect(scripts).toContain("readNodes");
    };
    const pending = await send(group(times(MANY, () => task("give", [1], later))));
    // A page of members, so the nodes are counted.
    expect((await look()).most).toBeGreaterThanOrEqual(900);
    await read(pending.id);
    const handle = await send(chain(group(times(MANY, () => task("wait", ["states"]))), task("echo")));
    await until("some are there", () => waiting > 0);
    const header = await handle.parent();
    if (header === undefined) throw new Error("a chord's body has its header before it");
    await read(header.id);
    gates.open("states");
    await ended(handle.id);
    await read(header.id);
    await header.forget();
    const { tooMuch, scripts } = await look();
    expect(tooMuch).toEqual([]);
    expect(scripts).toContain("forgetResults");
    await pending.revoke();
  }, 60_000);
});
