/** Apps on the Redis of this run and in memory, as `umbel` makes them. */
import { randomUUID } from "node:crypto";
import { afterAll, describe, expect, jest, test } from "@jest/globals";
import { Redis } from "ioredis";
import {
  App,
  type AppOptions,
  chain,
  chord,
  getTaskLogger,
  ImproperlyConfigured,
  OptionError,
  Task,
} from "../../src/index.ts";

const REDIS = process.env.UMBEL_TEST_REDIS ?? "";
const prefixes: string[] = [];

/** Options of an App on a prefix of its own. */
function place(broker: "Redis" | "memory"): AppOptions {
  const prefix = `test-${randomUUID()}`;
  prefixes.push(prefix);
  return { broker: broker === "Redis" ? REDIS : "memory:", prefix };
}

afterAll(async () => {
  const redis = new Redis({ path: REDIS.replace(/^unix:\/\//, "") });
  for (const prefix of prefixes) {
    const keys = await redis.keys(`${prefix}*`);
    if (keys.length > 0) await redis.del(keys);
  }
  await redis.quit();
});

/** Serves an App until what is done with it is done; what the worker says is given behind it. */
async function served<Value>(app: App, argv: readonly string[], use: () => Promise<Value>): Promise<[Value, string]> {
  let said = "";
  let isReady = (): void => undefined;
  const ready = new Promise<void>((resolve) => {
    isReady = resolve;
  });
  const write = jest.spyOn(process.stderr, "write").mockImplementation((text) => {
    said += String(text);
    if (said.includes("\nready\n")) isReady();
    return true;
  });
  const stop = new AbortController();
  const serving = app.workerMain(argv, { signal: stop.signal });
  try {
    await Promise.race([ready, serving]);
    return [await use(), said];
  } finally {
    stop.abort();
    await serving.finally(() => write.mockRestore());
  }
}

describe("A1 workerMain", () => {
  test("serves the App with the words of `flow worker`, and leaves no listener behind", async () => {
    const count = () => ["SIGINT", "SIGTERM", "unhandledRejection"].map((name) => process.listenerCount(name));
    const before = count();
    const options = place("Redis");
    const app = new App("main", options);
    const request = app.task({ name: "request", bind: true }, (self) => self.request);
    const sender = new App("main", options);
    const argv = ["worker", "-n", "from-code", "-c", "2", "-Q", "mail"];
    const [seen, said] = await served(app, argv, async () => {
      const sent = await sender.signature("request").applyAsync([], { queue: "mail" });
      return await sent.get({ timeout: 10 });
    });
    expect(seen).toMatchObject({ hostname: "from-code", deliveryInfo: { routingKey: "mail" } });
    expect(said).toContain("worker from-code");
    expect(said).toMatch(/app +main \(.*application\.test\.ts\)\n/);
    expect(said).toMatch(/queues +mail\n +concurrency +2\n +tasks +request\(\)\n\n/);
    expect(request.app).toBe(app);
    await sender.close();
    expect(count()).toEqual(before);
  });

  test.each<[argv: readonly string[], error: Error]>([
    [["beat"], new OptionError('app.workerMain starts workers and nothing else; got "beat"')],
    [["worker", "-A", "proj"], new OptionError("app.workerMain: unknown option '-A'")],
    [
      ["-c", "0"],
      new OptionError(
        "app.workerMain: option '-c, --concurrency <n>' argument '0' is invalid. It must be a whole number of at least 1.",
      ),
    ],
    [["worker", "mail"], new OptionError("app.workerMain: too many arguments. Expected 0 arguments but got 1.")],
  ])("refuses the words %j", async (argv, error) => {
    await expect(new App("main", place("memory")).workerMain(argv)).rejects.toThrow(error);
  });

  test("refuses a broker that is within the process", async () => {
    await expect(new App("main", place("memory")).workerMain(["worker"])).rejects.toThrow(
      /^`app\.workerMain` needs a broker that other processes reach, and `memory:` is within this one; /,
    );
  });
});

describe("A1 backend", () => {
  test.each(["Redis", "memory"] as const)(
    "that is disabled keeps no result and refuses to read one, on %s",
    async (on) => {
      const said: unknown[] = [];
      const options: AppOptions = { ...place(on), backend: "disabled", setAsCurrent: false };
      const app = new App("silent", options);
      const add = app.task({ name: "add", ignoreResult: false }, (x: number, y: number) => x + y);
      let ended = (): void => undefined;
      const end = new Promise<void>((resolve) => {
        ended = resolve;
      });
      const tell = app.task("tell", (sums: unknown) => {
        said.push(sums);
        ended();
        return "told";
      });
      expect(add.options.ignoreResult).toBe(true);
      const use = async () => {
        const told = await chord([add.s(1, 2), chain(add.s(1, 1), add.s(2))], tell.s()).delay();
        await end;
        const message = `the result of ${told.id} cannot be read: \`backend\` of this App is "disabled", so none are kept; leave it out to keep them`;
        const refused = [told.get(), told.state(), told.result(), told.children(), told.parent()];
        for (const call of refused) await expect(call).rejects.toThrow(new ImproperlyConfigured(message));
        await expect(
          (async () => {
            for await (const event of told.events()) said.push(event);
          })(),
        ).rejects.toThrow(ImproperlyConfigured);
      };
      if (on === "Redis") {
        const worker = new App("silent", options);
        worker.task("add", (x: number, y: number) => x + y);
        worker.task("tell", (sums: unknown) => tell(sums));
        await served(worker, [], use);
      } else await use();
      await app.close();
      expect(said).toEqual([[3, 4]]);
    },
  );

  test("may name the broker again", async () => {
    const app = new App("twice", { ...place("memory"), backend: "memory:" });
    expect(
      await app
        .task("one", () => 1)
        .delay()
        .get(),
    ).toBe(1);
    await app.close();
  });

  test.each<[options: AppOptions, message: string | RegExp]>([
    [
      { backend: "rpc://" },
      /^setting `resultBackend` \(.*application\.test\.ts:\d+:\d+\) must be "disabled", or the URL of the broker: results are where the calls are, and nowhere else; got "rpc:\/\/"$/,
    ],
    [
      { broker: "memory:", backend: "redis://:secret@there:1" },
      '`backend` (redis://there:1) is not the App\'s broker (memory:), and results are kept with the calls; leave it out, or set it to "disabled"',
    ],
  ])("is refused as in %o", async (options, message) => {
    const use = async () => {
      const app = new App("wrong", options);
      await app.task("one", () => 1).delay();
    };
    await expect(use()).rejects.toThrow(message);
  });
});

describe("T7 getTaskLogger", () => {
  test.each(["Redis", "memory"] as const)("keeps the last lines of each run with it, on %s", async (on) => {
    const options: AppOptions = { ...place(on), logLinesKept: 3, logLevel: "info" };
    const app = new App("logs", options);
    const logger = getTaskLogger("orders", { stream: { write: () => undefined } });
    const count = async (from: number): Promise<number> => {
      logger.info({ from, token: "abc" }, "begun");
      logger.debug("not for now");
      for (let at = from; at < from + 3; at += 1) logger.warn(`line ${at}`);
      await Promise.resolve();
      logger.error({ err: new RangeError("broken"), long: "x".repeat(5000) }, "y".repeat(2000));
      return from;
    };
    const define = (to: App) => ({ count: to.task("count", count), silent: to.task("silent", () => 1) });
    const tasks = define(app);
    const worker = new App("logs", { ...options, setAsCurrent: false });
    define(worker);
    const use = async () => {
      const silent = await tasks.silent.delay();
      const result = await tasks.count.delay(5);
      const alone = await tasks.count.applyAsync([9], { taskId: `own-${on}` });
      await Promise.all([silent.get(), result.get(), alone.get()]);
      expect(await app.runs.log(silent.id)).toEqual([]);
      const place = { logger: "orders", task: "count" };
      expect((await app.runs.log(`own-${on}`)).map(({ taskId, message }) => [taskId, message.slice(0, 7)])).toEqual([
        [`own-${on}`, "line 10"],
        [`own-${on}`, "line 11"],
        [`own-${on}`, "yyyyyyy"],
      ]);
      return [await app.runs.log(result.id), place, result.id] as const;
    };
    const [log, its, taskId] = on === "Redis" ? (await served(worker, [], use))[0] : await use();
    expect(log).toEqual([
      { ...its, taskId, at: expect.any(Date), level: "warn", message: "line 6", fields: {} },
      { ...its, taskId, at: expect.any(Date), level: "warn", message: "line 7", fields: {} },
      { ...its, taskId, at: expect.any(Date), level: "error", message: `${"y".repeat(1024)}…`, fields: { cut: true } },
    ]);
    await app.close();
  });
});

describe("A3 built-in tasks", () => {
  const NAMES = ["chain", "group", "chord", "map", "starmap", "chunks", "accumulate"].map((name) => `umbel.${name}`);

  test.each(["Redis", "memory"] as const)("are canvases by their names, on %s", async (on) => {
    const options = place(on);
    const app = new App("built", options);
    const add = app.task("add", (x: number, y: number) => x + y);
    const double = app.task("double", (x: number) => 2 * x);
    const sum = app.task("sum", (numbers: number[]) => numbers.reduce((total, each) => total + each, 0));
    const members = [add.s(1, 1), add.s(2, 2)];
    const use = async () => {
      const sent = await Promise.all(
        (
          [
            ["umbel.chain", [add.s(1, 1), double.s()]],
            ["umbel.group", members],
            ["umbel.chord", members, sum.s()],
            ["umbel.map", "double", [1, 2]],
            [
              "umbel.starmap",
              "add",
              [
                [1, 2],
                [3, 4],
              ],
            ],
            [
              "umbel.chunks",
              "add",
              [
                [1, 2],
                [3, 4],
                [5, 6],
              ],
              2,
            ],
            ["umbel.accumulate", 1, "two"],
          ] as [string, ...unknown[]][]
        ).map(([name, ...args]) => app.signature(name, args).delay()),
      );
      const wrong = await app.signature("umbel.chain", [[{ kind: "tsk" }]]).delay();
      const error = await wrong.get({ timeout: 10, propagate: false });
      expect(error).toMatchObject({ name: "InvalidSignatureError" });
      return await Promise.all(sent.map((result) => result.get({ timeout: 10 })));
    };
    const worker = new App("built", options);
    for (const task of [add, double, sum])
      worker.task(task.name, (...args: never[]) => Reflect.apply(task, undefined, args) as unknown);
    const values = on === "Redis" ? (await served(worker, [], use))[0] : await use();
    expect(values).toEqual([4, [2, 4], 6, [2, 4], [3, 7], [[3, 7], [11]], [1, "two"]]);
    await app.close();
  });

  test("stand in `app.tasks`, are not counted, and have names that no other task takes", () => {
    const app = new App("built", place("memory"));
    app.Task = class extends Task {};
    app.task("umbel.chains", () => 1);
    expect([...app.tasks.keys()].filter((name) => NAMES.includes(name))).toEqual(NAMES);
    expect(app.tasks.get("umbel.map")?.definedAt).toBeUndefined();
    expect(String(app)).toBe("<App built: 1 tasks>");
    expect(() => app.getTask("umbel.chian")).toThrow(/did you mean `umbel\.chain`\?; it has umbel\.chains$/);
    expect(() => app.task("umbel.chord", () => 1)).toThrow(
      /^"umbel\.chord" is a task that every App has; give the one at .*application\.test\.ts:\d+:\d+ another name$/,
    );
  });
});
