import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type BoundTask, Ignore, nodeId, parseNodeId, type RunKey, type Task } from "@umbel/core";
import { chain } from "../../src/primitives/chain.ts";
import { until } from "../kit/redis-server.ts";
import { type Shop, shopsOnEachBroker } from "../kit/shop.ts";

function placeOf(id: string): { readonly runKey: RunKey; readonly index: number } {
  const place = parseNodeId(id);
  if (place === undefined) throw new Error(`${id} is no id of ours`);
  return place;
}

describe.each(shopsOnEachBroker)("T12 a state that a task gives itself on %s", (_broker, open) => {
  let shop: Shop;
  const waiting: (() => void)[] = [];
  let permits = 0;
  /** Lets a running task go on, also one that has not come so far yet. */
  const goOn = (): void => {
    const next = waiting.shift();
    if (next === undefined) permits += 1;
    else next();
  };
  const held = async (): Promise<void> => {
    if (permits > 0) permits -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const bound = <Result>(name: string, fn: (self: BoundTask) => Result): Task<[], Awaited<Result>> =>
    shop.app.task({ name, bind: true }, fn) as unknown as Task<[], Awaited<Result>>;

  beforeAll(async () => {
    shop = open();
    await shop.work({ maxResultBytes: 1000, name: "here" });
  });
  afterAll(() => shop.close());

  test("is seen with what it tells while the task runs, and gone with its end", async () => {
    const work = bound("work", async (self) => {
      await self.updateState("PROGRESS", { done: 3, of: 10 });
      await held();
      await self.updateState({ state: "NEARLY" });
      await held();
      return "all";
    });
    const result = await work.delay();
    await until("progress", async () => (await result.state()) === "PROGRESS");
    expect(await result.info()).toEqual({ done: 3, of: 10 });
    expect(await result.ready()).toBe(false);
    goOn();
    await until("it is nearly done", async () => (await result.state()) === "NEARLY");
    expect(await result.info()).toBeUndefined();
    goOn();
    expect(await result.get()).toBe("all");
    expect([await result.state(), await result.info()]).toEqual(["SUCCESS", "all"]);
  });

  test("is told to those who listen to the run", async () => {
    const tell = bound("tell", async (self) => {
      await held();
      await self.updateState("TOLD");
      await held();
    });
    const result = await tell.delay();
    const { news } = await shop.engine.runtime();
    const { runKey } = placeOf(result.id);
    let hear: (index: number | undefined) => void = () => undefined;
    const heard = new Promise<number | undefined>((resolve) => {
      hear = resolve;
    });
    const stop = news.listen(runKey, (range) => hear(range?.first));
    await news.follow(runKey);
    await until("it runs", async () => (await result.state()) === "STARTED");
    goOn();
    expect(await heard).toBe(0);
    expect(await result.state()).toBe("TOLD");
    stop();
    await news.unfollow(runKey);
    goOn();
    await result.get();
  });

  test("is gone while the task waits for another try", async () => {
    const again = bound("again", async (self) => {
      await self.updateState("TRYING", self.request.retries);
      return self.request.retries === 0 ? self.retry({ countdown: 60 }) : "done";
    });
    const result = await again.delay();
    await until("it is tried again", async () => (await result.state()) === "RETRY");
    expect(await result.info()).toBeUndefined();
  });

  test.each<[what: string, state: string, meta: unknown, end: object]>([
    ["SUCCESS", "SUCCESS", { rows: 3 }, { state: "SUCCESS", value: { rows: 3 } }],
    ["SUCCESS of nothing", "SUCCESS", undefined, { state: "SUCCESS", value: null }],
    ["FAILURE with words", "FAILURE", "no paper", { state: "FAILURE", error: { name: "Error", message: "no paper" } }],
    [
      "FAILURE in Celery's form",
      "FAILURE",
      { exc_type: "PaperError", exc_message: ["no", "paper"] },
      { state: "FAILURE", error: { name: "PaperError", message: "no, paper" } },
    ],
    ["REVOKED", "REVOKED", undefined, { state: "REVOKED", error: { message: 'task "end REVOKED" revoked itself' } }],
    ["IGNORED", "IGNORED", undefined, { state: "IGNORED" }],
    ["a word of its own", "SKIPPED", "x", { state: "IGNORED" }],
    [
      "more than can be stored",
      "SUCCESS",
      "x".repeat(2000),
      { state: "FAILURE", error: { name: "ResultTooLargeError" } },
    ],
  ])("decides the end with Ignore: %s", async (what, state, meta, end) => {
    const task = bound(`end ${what}`, (self) => {
      void self.updateState(state, meta);
      throw new Ignore();
    });
    const result = await chain(task.s(), shop.tasks.same.s()).delay();
    const first = nodeId(placeOf(result.id).runKey, 0);
    expect(await shop.engine.wait(first, { timeoutMs: 5000 })).toMatchObject(end);
    await shop.engine.wait(result.id, { timeoutMs: 5000 });
    expect(await result.state()).toBe(
      (end as { state: string }).state === "IGNORED" ? "REVOKED" : (end as { state: string }).state,
    );
  });

  test("in which tasks end is not shown before, and does not hold for a task that returns", async () => {
    const early = bound("early", async (self) => {
      await self.updateState("SUCCESS", "early");
      await held();
      return "late";
    });
    const result = await early.delay();
    await until("it runs", async () => (await result.state()) === "STARTED");
    goOn();
    expect(await result.get()).toBe("late");
  });

  test.each<[what: string, state: unknown, meta: unknown, message: string]>([
    ["no word", "", undefined, "must be one line of 1 to 100 characters"],
    ["two lines", "a\nb", undefined, "must be one line of 1 to 100 characters"],
    ["no text", 7, undefined, "must be one line of 1 to 100 characters"],
    ["told with what JSON cannot hold", "X", Symbol("x"), "a symbol"],
    ["told with too much", "X", "x".repeat(1001), "1003 bytes, more than `maxResultBytes` (1000)"],
  ])("is refused at once: %s", async (what, state, meta, message) => {
    const task = bound(`refused ${what}`, (self) => {
      void self.updateState(state as string, meta);
    });
    await expect(task.delay().get()).rejects.toThrow(message);
  });

  test("is STARTED with `trackStarted`, with where it runs", async () => {
    const tracked = shop.app.task({ name: "tracked", trackStarted: true }, async () => await held());
    const result = await tracked.delay();
    await until("it runs", async () => (await result.info()) !== undefined);
    expect([await result.state(), await result.info()]).toEqual(["STARTED", { pid: process.pid, hostname: "here" }]);
    goOn();
    await result.get();
  });

  test("is shown to nobody in a direct call", async () => {
    const direct = bound("direct", async (self) => {
      await self.updateState("PROGRESS", 1);
      return "done";
    });
    expect(await (direct as unknown as () => Promise<string>)()).toBe("done");
  });
});
