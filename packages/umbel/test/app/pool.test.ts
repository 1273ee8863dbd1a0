/** Workers whose tasks run in threads, in processes, or one at a time. */
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, jest, test } from "@jest/globals";
import { Redis } from "ioredis";
import {
  App,
  chord,
  group,
  ImproperlyConfigured,
  Reject,
  TaskRevokedError,
  TimeLimitExceeded,
  WorkerLostError,
} from "../../src/index.ts";

jest.setTimeout(60_000);

const REDIS = process.env.UMBEL_TEST_REDIS ?? "";
const PREFIX = `test-${randomUUID()}`;
const folder = mkdtempSync(join(tmpdir(), "umbel-pool-"));
process.env.FLOW_BROKER = REDIS;
process.env.FLOW_PREFIX = PREFIX;
const tasks = await import("./pool-tasks.ts");
const { app } = tasks;
// From now on it is imported by children alone.
process.env.UMBEL_TEST_POOL = "started";

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await app.close();
  const redis = new Redis({ path: REDIS.replace(/^unix:\/\//, "") });
  const keys = await redis.keys(`${PREFIX}*`);
  if (keys.length > 0) await redis.del(keys);
  await redis.quit();
});

/** Serves the App until what is done with it is done; gives what the worker said. */
async function served(argv: readonly string[], use: () => Promise<void>): Promise<string> {
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
    await use();
  } finally {
    stop.abort();
    await serving.finally(() => write.mockRestore());
  }
  return said;
}

/** A file that nobody else has. */
const fileOf = (name: string): string => join(folder, `${name}-${randomUUID()}`);

async function errorOf(sent: { get(options: object): Promise<unknown> }): Promise<unknown> {
  return await sent.get({ timeout: 30, propagate: false });
}

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe.each(["threads", "processes"] as const)("T18 the pool %s", (kind) => {
  test("runs tasks as a worker does, side by side, and ends them and nobody else", async () => {
    const pids = new Set<number>();
    const threads = new Set<number>();
    const said = await served(["--pool", kind, "-c", "2", "-n", "pooled"], async () => {
      // Values cross over whole, and the request with them.
      const values = [new Date(5), new Map([["a", 1n]]), new Uint8Array([1, 2]), null];
      const sent = await tasks.echo.delay(...values);
      const seen = await sent.get({ timeout: 30 });
      expect(seen).toMatchObject({
        values,
        request: { id: sent.id, args: 4, hostname: "pooled", retries: 0, deliveryInfo: { redelivered: false } },
      });
      expect((await app.runs.log(sent.id)).map(({ message, fields }) => [message, fields])).toEqual([
        ["echoing", { count: 4 }],
      ]);
      // What holds its thread holds nobody up.
      const [one, other] = [fileOf("one"), fileOf("other")];
      const met = await group([tasks.meet.s(one, other), tasks.meet.s(other, one)]).delay();
      expect(await met.get({ timeout: 30 })).toEqual(["met", "met"]);
      // What a task asks of its worker.
      const results = ["retry", "autoretry", "replace", "ignore"].map((how) => tasks.ask.delay(how));
      expect(await Promise.all(results.map((result) => result.get({ timeout: 30 })))).toEqual([2, 2, 42, "told"]);
      const grown = await chord([tasks.ask.s("grow"), tasks.add.s(2, 2)], app.signature("echo")).delay();
      expect(await grown.get({ timeout: 30 })).toMatchObject({ values: [[0, 4, 2]] });
      const rejected = await tasks.ask.delay("reject");
      expect(await errorOf(rejected)).toBeInstanceOf(Reject);
      expect(await app.deadLetters.list({ limit: 1 })).toMatchObject([
        { id: rejected.id, args: ["reject"], hostname: "pooled" },
      ]);
      expect(await errorOf(tasks.ask.delay("card"))).toMatchObject({ name: "CardError", cents: 3 });
      expect(await errorOf(tasks.ask.delay("cannot be stored"))).toMatchObject({ name: "SerializationError" });
      // A task that is ended from outside hears of it where it runs.
      const waiting = await tasks.wait.delay();
      for await (const { state } of waiting.events()) if (state === "WAITING") break;
      const where = (await waiting.info()) as { pid: number; thread: number };
      await waiting.revoke({ terminate: true });
      expect(await errorOf(waiting)).toBeInstanceOf(TaskRevokedError);
      if (kind === "threads") {
        const deaf = await tasks.forever.delay();
        for await (const { state } of deaf.events()) if (state === "WAITING") break;
        await deaf.revoke({ terminate: true });
        expect(await errorOf(deaf)).toBeInstanceOf(TaskRevokedError);
        const [mine, others] = [fileOf("mine"), fileOf("others")];
        const again = await group([tasks.meet.s(mine, others), tasks.meet.s(others, mine)]).delay();
        expect(await again.get({ timeout: 30 })).toEqual(["met", "met"]);
      }
      // A loop without end is ended, for certain; its handlers are told here, as nothing is left there.
      const before = await tasks.echo.delay();
      await before.get({ timeout: 30 });
      const spinning = fileOf("spinning");
      const error = await errorOf(tasks.spin.delay(60_000, spinning));
      expect(error).toBeInstanceOf(TimeLimitExceeded);
      expect(error).toMatchObject({ message: 'task "spin" ran longer than its `timeLimit` of 0.3 s' });
      expect(tasks.told).toEqual(["hard 0.3"]);
      tasks.told.length = 0;
      const spinner = Number(readFileSync(spinning, "utf8"));
      while (kind === "processes" && isRunning(spinner)) await new Promise((resolve) => setTimeout(resolve, 10));
      expect(await tasks.spin.delay(1, spinning).get({ timeout: 30 })).toBe("done");
      expect(await errorOf(tasks.failing.delay())).toMatchObject({
        message: expect.stringMatching(/^told in \d+\.\d+$/),
      });
      expect(tasks.told).toEqual([]);
      // A child that ends takes its task with it, as a lost worker would.
      if (kind === "processes") {
        const twice = fileOf("twice");
        const lost = await errorOf(tasks.crash.delay(twice));
        expect(lost).toBeInstanceOf(WorkerLostError);
        expect(lost).toMatchObject({
          message: '2 workers were lost while they ran task "crash"; it is not tried again (`maxDeliveries`)',
        });
        expect(readFileSync(twice, "utf8")).toBe("xx");
      } else {
        const single = fileOf("single");
        expect(await errorOf(tasks.once.delay(single))).toMatchObject({
          message: 'the worker that ran task "once" was lost, and the task may run only once (`acksLate: false`)',
        });
        expect(readFileSync(single, "utf8")).toBe("x");
      }
      // And the worker goes on.
      const places = await group(Array.from({ length: 8 }, () => tasks.echo.s())).delay();
      for (const { place } of (await places.get({ timeout: 30 })) as { place: { pid: number; thread: number } }[]) {
        pids.add(place.pid);
        threads.add(place.thread);
      }
      pids.add(where.pid);
      threads.add(where.thread);
    });
    expect(said).toContain(`concurrency  2 (${kind})`);
    expect(said).toContain(
      kind === "processes"
        ? 'error: the child that ran task "crash" was lost (exit code 7); it runs again\n'
        : 'error: the child that ran task "once" was lost (exit code 7)\n',
    );
    if (kind === "threads") expect([[...pids], threads.has(0)]).toEqual([[process.pid], false]);
    else expect([pids.has(process.pid), [...threads]]).toEqual([false, [0]]);
    if (kind === "processes") expect([...pids].filter(isRunning)).toEqual([]);
  });
});

test("T18 a pool is refused to an App whose module cannot be imported again", async () => {
  const here = new App("here");
  here.task("one", () => 1);
  const { startPool } = await import("../../src/pool/start-pool.ts");
  const started = startPool(here, { kind: "threads", size: 1, file: undefined, report: () => undefined });
  await expect(started).rejects.toThrow(ImproperlyConfigured);
  await expect(started).rejects.toThrow(/^the pool "threads" cannot be started: cannot load .*pool\.test\.ts: /);
});

describe("T18 the pool solo", () => {
  test("runs one task at a time, in its worker", async () => {
    const said = await served(["--pool", "solo", "-c", "5"], async () => {
      const [first, second] = await group([tasks.echo.s(), tasks.echo.s()]).delay().get({ timeout: 30 });
      expect([first, second]).toMatchObject([{ place: { pid: process.pid, thread: 0 } }, { place: { thread: 0 } }]);
    });
    expect(said).toContain("concurrency  1 (solo)");
  });
});
