import { expect, test } from "@jest/globals";
import {
  OptionError,
  parseNodeId,
  RunExpiredError,
  type RunInfo,
  type RunNode,
  readableId,
  UnknownRunError,
} from "@umbel/core";
import { chain } from "../../src/primitives/chain.ts";
import { group } from "../../src/primitives/group.ts";
import { describeOnEachBroker, Gates } from "../kit/each-broker.ts";
import { until } from "../kit/redis-server.ts";
import type { Shop } from "../kit/shop.ts";

/** Those of a list of runs, in order, by what they begin with. */
async function listed(shop: Shop, options: Parameters<typeof shop.app.runs.list>[0] = {}): Promise<string[]> {
  const { runs } = await shop.app.runs.list(options);
  return runs.map(({ task, name }) => (name === undefined ? task : `${task} ${name}`));
}

async function nodesOf(shop: Shop, run: string, options = {}): Promise<Omit<RunNode, "id">[]> {
  const nodes: Omit<RunNode, "id">[] = [];
  for await (const { id, ...node } of (await shop.app.runs.inspect(run)).nodes(options)) nodes.push({ ...node });
  return nodes;
}

describeOnEachBroker("runs", (open) => {
  test("are listed by state, task, name and age, the youngest first, a page at a time", async () => {
    const shop = open();
    const { add, fail, mul } = shop.tasks;
    const gates = new Gates();
    const wait = shop.app.task("wait", () => gates.pass("open"));
    await shop.work();
    await add.delay(1, 1).get();
    await fail
      .applyAsync([7], { runName: "nightly" })
      .get({ timeout: 20 })
      .catch(() => undefined);
    await chain(mul.s(2, 2), add.s(1)).delay().get();
    const going = await wait.delay();
    expect(await listed(shop)).toEqual(["wait", "mul", "fail nightly", "add"]);
    expect(await listed(shop, { state: "SUCCESS" })).toEqual(["mul", "add"]);
    expect(await listed(shop, { state: ["FAILURE", "REVOKED"] })).toEqual(["fail nightly"]);
    expect(await listed(shop, { state: "STARTED" })).toEqual(["wait"]);
    expect(await listed(shop, { state: ["STARTED", "SUCCESS"] })).toEqual(["wait", "mul", "add"]);
    expect(await listed(shop, { task: "mul" })).toEqual(["mul"]);
    expect(await listed(shop, { name: "nightly" })).toEqual(["fail nightly"]);
    expect(await listed(shop, { youngerThan: "1h" })).toHaveLength(4);
    expect(await listed(shop, { olderThan: "1h" })).toEqual([]);
    const first = await shop.app.runs.list({ limit: 3 });
    expect(first.runs.map(({ task }) => task)).toEqual(["wait", "mul", "fail"]);
    expect(await shop.app.runs.list({ limit: 3, ...(first.next === undefined ? {} : { cursor: first.next }) })).toEqual(
      {
        runs: [expect.objectContaining({ task: "add", state: "SUCCESS" })],
      },
    );
    const all: string[] = [];
    for await (const { task } of shop.app.runs.all({ limit: 1 })) all.push(task);
    expect(all).toEqual(["wait", "mul", "fail", "add"]);
    gates.open("open");
    await going.get();
  });

  test("are found by any text that leads to one of them alone", async () => {
    const shop = open();
    const { add } = shop.tasks;
    await shop.work();
    const named = await add.applyAsync([1, 1], { runName: "nightly", taskId: "mine" });
    const other = await group([add.s(1, 2), add.s(3, 4)]).delay();
    await Promise.all([named.get(), other.get()]);
    const [youngest, oldest] = (await shop.app.runs.list()).runs as [RunInfo, RunInfo];
    expect(oldest).toMatchObject({ id: "mine", resultId: "mine", name: "nightly", isGroup: false, resumes: 0 });
    expect(youngest).toMatchObject({ resultId: other.id, isGroup: true, state: "SUCCESS", nodeCount: 4 });
    const [member] = await other.children();
    for (const text of [youngest.id, other.id, member?.id ?? "", youngest.readableId, youngest.id.slice(0, 27)]) {
      expect(await shop.app.runs.find(text)).toEqual(youngest);
    }
    for (const text of ["mine", "nightly", oldest.readableId]) expect(await shop.app.runs.find(text)).toEqual(oldest);
    // Both were sent in the same minute.
    const shared = youngest.id.slice(0, 6);
    await expect(shop.app.runs.find(shared)).rejects.toThrow(UnknownRunError);
    await expect(shop.app.runs.find(shared)).rejects.toThrow(
      new RegExp(
        `^"${shared}" may mean ${youngest.readableId} \\(${youngest.id.slice(0, 28)}…\\), ${oldest.readableId}`,
      ),
    );
    await expect(shop.app.runs.find("nobody")).rejects.toThrow(
      'no run is called "nobody", and no id begins so; `flow runs`, or `app.runs.list()`, tells which runs there are',
    );
    await other.forget();
    await expect(shop.app.runs.find(other.id)).rejects.toThrow(RunExpiredError);
    expect(await listed(shop)).toEqual(["add nightly"]);
  });

  test("show each node with its state, arguments, attempts and error", async () => {
    const shop = open();
    const { add, fail } = shop.tasks;
    const again = shop.app.task({ name: "again", bind: true }, (self, x: number) => {
      if (self.request.retries === 0) self.retry({ countdown: 0 });
      return x;
    });
    await shop.work({ name: "w1" });
    const result = await chain(again.s(2), add.s(3), fail.s(), add.s(4)).delay();
    await result.get().catch(() => undefined);
    const failed = { name: "RangeError", message: "failed with [5]" };
    expect(await nodesOf(shop, result.id, { values: true })).toMatchObject([
      { task: "again", args: [2], state: "SUCCESS", attempts: 2, value: 2 },
      { task: "add", args: [3], state: "SUCCESS", attempts: 1, value: 5 },
      { task: "fail", args: [], state: "FAILURE", attempts: 1, error: failed },
      { task: "add", args: [4], state: "FAILURE", attempts: 0, error: failed },
    ]);
    const [first, second, third, last] = await nodesOf(shop, result.id);
    for (const node of [first, second, third]) {
      expect(node).toMatchObject({ worker: "w1", readyAt: expect.any(Date), endedAt: expect.any(Date) });
      expect(node?.startedAt?.getTime()).toBeGreaterThanOrEqual(node?.readyAt?.getTime() ?? 0);
      expect(node?.endedAt?.getTime()).toBeGreaterThanOrEqual(node?.startedAt?.getTime() ?? 0);
    }
    expect(last).toEqual(expect.not.objectContaining({ worker: expect.anything(), endedAt: expect.anything() }));
    expect(await nodesOf(shop, result.id, { state: "SUCCESS" })).toHaveLength(2);
    expect(await nodesOf(shop, result.id, { from: 3 })).toMatchObject([{ index: 3 }]);
  });

  test("show values as they were given, and none where nobody wanted it", async () => {
    const shop = open();
    const { nothing } = shop.tasks;
    const now = shop.app.task("now", () => new Date(0));
    await shop.work();
    const quiet = await nothing.applyAsync([], { ignoreResult: true });
    const dated = await now.delay();
    await Promise.all([quiet.get(), dated.get()]);
    expect(await nodesOf(shop, quiet.id, { values: true })).toMatchObject([{ state: "SUCCESS" }]);
    expect(await nodesOf(shop, dated.id, { values: true })).toMatchObject([{ value: new Date(0) }]);
  });

  test("are cancelled: what runs is told and ended, and nothing more begins", async () => {
    const shop = open();
    const { add } = shop.tasks;
    const seen: unknown[] = [];
    const heed = shop.app.task({ name: "heed", bind: true }, async (self) => {
      seen.push("runs");
      await new Promise<void>((resolve) => self.signal.addEventListener("abort", () => resolve()));
      seen.push((self.signal.reason as Error).message);
    });
    await shop.work();
    const result = await chain(heed.si(), add.si(1, 1)).delay();
    await until("it runs", () => seen.length === 1);
    expect(await shop.app.runs.cancel(result.id)).toMatchObject({ state: "REVOKED" });
    await until("it has heard", () => seen.length === 2);
    expect(seen).toEqual(["runs", "terminated"]);
    expect(await nodesOf(shop, result.id)).toMatchObject([{ state: "REVOKED" }, { state: "REVOKED", attempts: 0 }]);
    expect(await shop.app.runs.cancel(result.id)).toMatchObject({ state: "REVOKED" });
    expect(await listed(shop, { state: "REVOKED" })).toEqual(["heed"]);
  });

  test.each([
    [
      { state: "FAILED" },
      'option `state` of runs.list must be one or several of STARTED, PAUSED, ABANDONED, SUCCESS, FAILURE, REVOKED, IGNORED; got "FAILED"',
    ],
    [{ limit: 0 }, "option `limit` of runs.list must be a whole number from 1 to 1000; got 0"],
    [
      { olderThan: "soon" },
      'option `olderThan` of runs.list must be a number of seconds of at least 0, or text such as "10s", "5m" or "250ms"; got "soon"',
    ],
    [{ cursor: "x" }, 'option `cursor` of runs.list must be the `next` of the page before; got "x"'],
    [{ stat: "FAILURE" }, "unknown option `stat` of runs.list; did you mean `state`?"],
  ])("cannot be listed by %j", async (options, message) => {
    await expect(open().app.runs.list(options as object)).rejects.toThrow(new OptionError(message));
  });

  test.each([[""], ["a\nb"], ["x".repeat(201)], [7]])("cannot be called %#", (runName) => {
    const { add } = open().tasks;
    expect(() => add.applyAsync([1, 1], { runName: runName as string })).toThrow(
      "option `runName` must be text of 1 to 200 characters without control characters; got ",
    );
  });
});

test("a readable id follows from the run's key, and seldom is another's", () => {
  const { runKey } = parseNodeId("0192f3a4-5b6c-8d7e-9f80-112233445566") ?? {};
  expect(
    readableId(
      runKey ??
        (() => {
          throw new Error("no key");
        })(),
    ),
  ).toMatch(/^[a-z]+-[a-z]+-[0-9a-f]{4}$/);
});
