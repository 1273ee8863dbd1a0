import { afterEach, describe, expect, test } from "@jest/globals";
import { App, type AppOptions, chain, chord, currentTask, group, TaskRevokedError } from "../../src/index.ts";

const apps: App[] = [];

afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

/** An App whose broker cannot be reached. */
function open(options: AppOptions = {}): { app: App; ran: string[] } & ReturnType<typeof defineTasks> {
  const app = new App("shop", { broker: "redis://nowhere.invalid:1", ...options });
  apps.push(app);
  const ran: string[] = [];
  return { app, ran, ...defineTasks(app, ran) };
}

function defineTasks(app: App, ran: string[]) {
  return {
    add: app.task("add", (x: number, y: number) => x + y),
    mul: app.task("mul", (x: number, y: number) => x * y),
    sum: app.task("sum", (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)),
    fail: app.task("fail", (what: string): number => {
      throw new RangeError(`no ${what}`);
    }),
    note: app.task("note", async (what: string) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      ran.push(what);
      return what;
    }),
    flaky: app.task({ name: "flaky", bind: true, params: ["fails"] }, (self, fails: number) => {
      ran.push(`try ${self.request.retries}`);
      return self.request.retries < fails ? self.retry({ countdown: 3600, maxRetries: 5 }) : "done";
    }),
    request: app.task({ name: "request", bind: true }, (self) => self.request),
  };
}

/** What `promise` rejects with. */
function errorOf(promise: PromiseLike<unknown>): Promise<unknown> {
  return Promise.resolve(promise).then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("C11 apply()", () => {
  test("runs a task here and now, without a broker", async () => {
    const { add } = open();
    const result = await add.apply([2, 3]);
    expect(await result.state()).toBe("SUCCESS");
    expect(await result.get()).toBe(5);
    expect(await (await add.apply([2], { kwargs: { y: 5 }, taskId: "mine" })).get()).toBe(7);
  });

  test("runs every kind of canvas", async () => {
    const { app, add, mul, sum } = open();
    const canvases = [
      chain(add.s(2, 2), mul.s(8)),
      group(add.s(1, 1), group(), chain(add.s(2, 2), add.s(1))),
      chord([add.s(1, 1), add.s(2, 2)], sum.s()),
      chord([], sum.s()),
      add.starmap([
        [1, 2],
        [3, 4],
      ]),
      sum.map([[1], [2, 3]]),
      chain(
        add.chunks(
          [
            [1, 1],
            [2, 2],
            [3, 3],
          ],
          2,
        ),
        sum.map([[4]]).immutable(),
      ),
    ];
    const values = await Promise.all(canvases.map(async (canvas) => await (await canvas.apply()).get()));
    expect(values).toEqual([32, [2, 5], 6, 0, [3, 7], [1, 5], [4]]);
    expect(await (await add.s(3).apply([4])).get()).toBe(7);
    expect(await (await app.signature({ kind: "group", members: [] }).apply()).get()).toEqual([]);
  });

  test("retries, countdowns and ETAs are not waited for", async () => {
    const { flaky, note, ran } = open();
    const later = note.s("tomorrow").set({ eta: new Date(Date.now() + 86_400_000) });
    const canvas = chain(
      flaky.s(3).set({ countdown: "2h" }),
      later.immutable(),
      note.si("in a week").set({ countdown: "7d" }),
    );
    expect(await (await canvas.apply()).get()).toBe("in a week");
    expect(ran).toEqual(["try 0", "try 1", "try 2", "try 3", "tomorrow", "in a week"]);
  });

  test("a task that fails is a result that has failed", async () => {
    const { add, fail } = open();
    const result = await chain(fail.s("luck"), add.s(1)).apply();
    expect(await result.state()).toBe("FAILURE");
    expect(await result.failed()).toBe(true);
    await expect(result.get()).rejects.toMatchObject({ name: "RangeError", message: "no luck" });
  });

  test("resolves when all has ended, callbacks and the members beside a failed one too", async () => {
    const { fail, note, ran } = open();
    const errback = note.si("told").set({ countdown: 60 });
    await group(fail.s("luck").set({ linkError: [errback] }), note.s("beside")).apply();
    expect(ran).toEqual(["beside", "told"]);
  });

  test("a wrong call is refused", async () => {
    const { add } = open();
    await expect(add.apply([1])).rejects.toThrow('task "add" takes (x, y); `y` is missing');
  });

  test("the request tells that it is eager; a direct call is none", async () => {
    const { app, request } = open();
    const result = await request.apply();
    expect(await result.get()).toMatchObject({ id: result.id, isEager: true, calledDirectly: false, retries: 0 });
    expect(request()).toMatchObject({ isEager: false, calledDirectly: true });
    const current = app.task("current", () => currentTask()?.request.isEager);
    expect(await (await current.apply()).get()).toBe(true);
  });

  test("what a task sends itself goes to the broker, unless that is eager too", async () => {
    const { app, add } = open();
    const nested = app.task("nested", async () => await add.delay(1, 1).get());
    await expect((await nested.apply()).get()).rejects.toThrow("cannot reach Redis at redis://nowhere.invalid:1");
    app.conf.taskAlwaysEager = true;
    expect(await (await nested.apply()).get()).toBe(2);
  });
});

describe("C11 taskAlwaysEager", () => {
  test("delay, applyAsync and whatever tasks send run eagerly, one within the other", async () => {
    const { app, add, flaky } = open({ taskAlwaysEager: true });
    const depth = app.task("depth", async (left: number): Promise<number> => {
      await flaky.applyAsync([2], { countdown: 3600 }).get();
      return left === 0 ? 0 : 1 + (await depth.delay(left - 1).get());
    });
    expect(await add.delay(1, 2).get()).toBe(3);
    expect(await depth.delay(60).get()).toBe(60);
    expect(await group(add.s(1, 1), add.s(2, 2)).applyAsync().get()).toEqual([2, 4]);
  });

  test("a call has ended when it is awaited, with what its tasks sent and did not wait for", async () => {
    const { app, note, ran } = open({ taskAlwaysEager: true });
    const sender = app.task("sender", (left: number) => {
      if (left > 0) void sender.applyAsync([left - 1], { countdown: 60 });
      void note.delay(`sent by ${left}`);
      return left;
    });
    const result = await sender.delay(2);
    expect(ran.toSorted()).toEqual(["sent by 0", "sent by 1", "sent by 2"]);
    expect(await result.state()).toBe("SUCCESS");
  });

  test("results of such calls lead to each other, and make a group", async () => {
    const { app, add } = open({ taskAlwaysEager: true });
    const results = [await chain(add.s(1, 1), add.s(1)).delay(), await add.delay(2, 2)] as const;
    expect(await (await results[0].parent())?.get()).toBe(2);
    const handle = app.groupResult(results);
    expect(await handle.get()).toEqual([3, 4]);
    expect(await handle.completedCount()).toBe(2);
  });

  test("can be switched on and off", async () => {
    const { app, add } = open();
    app.conf.update({ taskAlwaysEager: true });
    expect(await add.delay(1, 1).get()).toBe(2);
    app.conf.taskAlwaysEager = false;
    await expect(add.delay(1, 1)).rejects.toThrow("cannot reach Redis");
  });

  test("an error is the result's, and with taskEagerPropagates the call's", async () => {
    const { app, fail } = open({ taskAlwaysEager: true });
    expect(await (await fail.delay("luck")).state()).toBe("FAILURE");
    app.conf.taskEagerPropagates = true;
    const luck = new RangeError("no luck");
    expect(await errorOf(fail.delay("luck"))).toEqual(luck);
    expect(await errorOf(fail.delay("luck").get())).toEqual(luck);
    expect(await errorOf(fail.apply(["luck"]))).toEqual(luck);
    expect(await errorOf(group(fail.s("luck")).apply())).toEqual(luck);
    expect(await errorOf(fail.applyAsync(["time"], { countdown: 60, expires: 30 }))).toBeInstanceOf(TaskRevokedError);
  });
});
