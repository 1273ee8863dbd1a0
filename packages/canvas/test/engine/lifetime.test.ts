import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { OperationalError, TimeoutError, UnknownTaskIdError } from "@umbel/core";
import { Redis } from "ioredis";
import { ProcessFile } from "../../../../scripts/process-file.ts";
import { chain } from "../../src/primitives/chain.ts";
import { queuePrefix } from "../../src/store/keys.ts";
import { redisPath, SocketBroker, until } from "../kit/redis-server.ts";
import { Shop } from "../kit/shop.ts";

let shops: Shop[] = [];
const open = (...parameters: ConstructorParameters<typeof Shop>): Shop => {
  const shop = new Shop(...parameters);
  shops.push(shop);
  return shop;
};
afterEach(async () => {
  // The prefix belongs to the first one, which so is closed last.
  for (const shop of shops.reverse()) await shop.close();
  shops = [];
});

test("get() ends after its timeout, and the run goes on", async () => {
  const shop = open();
  const handle = await shop.tasks.add.delay(2, 2);
  await expect(handle.get({ timeoutMs: 30 })).rejects.toThrow(
    new TimeoutError(
      `the result of ${handle.id} was not there after 30 ms; the run goes on, and its result can be asked for later`,
    ),
  );
  await shop.work();
  expect(await handle.get({ timeout: "20s" })).toBe(4);
});

test("a timeout of a hundred days does not end at once", async () => {
  const shop = open();
  const handle = await shop.tasks.add.delay(2, 2);
  const waiting = handle.get({ timeout: "100d" });
  await shop.work();
  expect(await waiting).toBe(4);
});

test("an AbortSignal ends the waiting, not the run", async () => {
  const shop = open();
  const handle = await shop.tasks.add.delay(2, 2);
  const reason = new Error("enough");
  await expect(handle.get({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const controller = new AbortController();
  const waiting = handle.get({ signal: controller.signal });
  setTimeout(() => controller.abort(reason), 20);
  await expect(waiting).rejects.toBe(reason);
  await shop.work();
  expect(await handle.get()).toBe(4);
});

test("an AbortSignal that comes while the connection is being opened ends the waiting", async () => {
  const sender = open();
  const { id } = await sender.tasks.add.delay(2, 2);
  const reader = open({}, sender.place);
  const controller = new AbortController();
  const waiting = reader.app.asyncResult(id).get({ signal: controller.signal });
  controller.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
});

test("another client waits for a result by its id, of any node, before and after its end", async () => {
  const sender = open();
  const { add, sleep } = sender.tasks;
  const reader = open({}, sender.place);
  const handle = await chain(sleep.s(50, 1), add.s(1).set({ taskId: `${sender.place.prefix}-mine` }), add.s(1)).delay();
  const waiting = [handle.id, `${sender.place.prefix}-mine`].map((id) => reader.app.asyncResult(id).get());
  await sender.work();
  expect(await Promise.all(waiting)).toEqual([3, 2]);
  expect(await reader.app.asyncResult(handle.id).get()).toBe(3);
});

test("another client is told of a step that never runs", async () => {
  const sender = open();
  const { add, fail } = sender.tasks;
  const reader = open({}, sender.place);
  const later = `${sender.place.prefix}-later`;
  await chain(fail.s(1), add.s(1).set({ taskId: later }), add.s(1)).delay();
  const waiting = reader.app.asyncResult(later).get();
  await sender.work();
  await expect(waiting).rejects.toThrow("failed with [1]");
});

test("an id that nobody knows is PENDING, and cannot be waited for", async () => {
  const shop = open();
  const result = shop.app.asyncResult("nobody");
  expect(await result.state()).toBe("PENDING");
  await expect(result.get()).rejects.toThrow(UnknownTaskIdError);
});

test("an id of one's own can be used once, and none of a refused run is kept", async () => {
  const shop = open();
  const { add } = shop.tasks;
  const taskId = `${shop.place.prefix}-own`;
  const other = `${shop.place.prefix}-other`;
  await add.s(1, 1).set({ taskId }).delay();
  await expect(chain(add.s(1, 1).set({ taskId: other }), add.s(1).set({ taskId })).delay()).rejects.toMatchObject({
    code: "DUPLICATE_TASK_ID",
    message: `a task with the id "${taskId}" exists already; choose another \`taskId\`, or leave it out`,
  });
  await shop.work();
  expect(await add.s(2, 2).set({ taskId: other }).delay().get()).toBe(4);
});

test("connections that are cut in the middle are made anew, and no result is lost", async () => {
  const shop = open();
  const { sleep } = shop.tasks;
  await shop.work({ overdueMs: 400 });
  const waiting = Array.from({ length: 20 }, (_, index) => sleep.delay(index * 15, index).get({ timeout: 20 }));
  const killer = new Redis({ path: redisPath() });
  for (let cut = 0; cut < 3; cut += 1) {
    await new Promise((resolve) => setTimeout(resolve, 60));
    const ids = await Promise.all(
      shop.broker.connections.filter((redis) => redis.status === "ready").map((redis) => redis.client("ID")),
    );
    for (const id of ids) await killer.client("KILL", "ID", id).catch(() => undefined);
  }
  killer.disconnect();
  expect(await Promise.all(waiting)).toEqual(Array.from({ length: 20 }, (_, index) => index));
}, 30_000);

test("a job that was taken by a worker that never heard of it is found by the janitor", async () => {
  const shop = open();
  const { add } = shop.tasks;
  const handle = await add.delay(2, 2);
  await handle.state();
  // As BullMQ's script takes it for a worker whose connection is lost before the answer.
  const queue = `${queuePrefix(shop.place.prefix, "default")}:default`;
  const { redis } = shop.place;
  const job = await redis.rpoplpush(`${queue}:wait`, `${queue}:active`);
  await redis.set(`${queue}:${job}:lock`, "nobody", "PX", 600_000);
  // Its lock outlives this test by far.
  await shop.work({ overdueMs: 200 });
  expect(await handle.get({ timeout: 20 })).toBe(4);
}, 30_000);

test("a Redis that cannot be reached is told with its address, each time that it is asked for", async () => {
  const broker = new SocketBroker("/no/such/redis.sock", { retryStrategy: () => null });
  const shop = open({}, undefined, broker);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const error: unknown = await shop.tasks.add.delay(1, 1).then(undefined, (thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OperationalError);
    expect(error).toMatchObject({
      message: expect.stringMatching(/^cannot reach Redis at unix:\/\/\/no\/such\/redis\.sock: .*; start it/),
    });
  }
  await expect(shop.app.asyncResult("x").state()).rejects.toThrow(OperationalError);
});

test("an app that is closed twice has let go of everything, and can be used again", async () => {
  const shop = open();
  const worker = await shop.work();
  expect(await shop.tasks.add.delay(1, 1).get()).toBe(2);
  await worker.close();
  await worker.close();
  await shop.app.close();
  await shop.app.close();
  expect(shop.broker.releases).toBe(1);
  await until("its connections are closed", () => shop.broker.connections.every((redis) => redis.status === "end"));
  expect(await shop.tasks.add.delay(1, 1)).toBeDefined();
});

test("what remains of an ended run expires: nothing", async () => {
  const shop = open({ resultExpiresMs: 150 });
  const { add, fail } = shop.tasks;
  const worker = await shop.work();
  const own = `${shop.place.prefix}-own`;
  await chain(add.s(1, 1).set({ taskId: own }), add.s(1))
    .delay()
    .get();
  await chain(fail.s(1), add.s(1)).delay().get({ propagate: false });
  await worker.close();
  await until("only BullMQ's own record of the queue is there", async () =>
    (await shop.place.keys()).every((key) => /:default:(meta|id|events|marker|stalled-check)$/.test(key)),
  );
});

let program: ProcessFile;
beforeAll(async () => {
  program = await ProcessFile.of(new URL("../crash/process.ts", import.meta.url).pathname);
});
afterAll(() => program.remove());

/** Runs a process that is to end by itself. */
async function runProcess(...args: string[]): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [program.path, ...args]);
  const killer = setTimeout(() => child.kill("SIGKILL"), 15_000);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  clearTimeout(killer);
  return { exitCode: child.exitCode, stdout, stderr };
}

test("a process that only submits ends by itself", async () => {
  const shop = open();
  const submitted = await runProcess("submit", shop.place.prefix);
  expect(submitted).toEqual({ exitCode: 0, stdout: expect.stringMatching(/^[0-9a-f-]{36}\n$/), stderr: "" });
  await shop.work();
  expect(await shop.app.asyncResult(submitted.stdout.trim()).get()).toBe(4);
}, 30_000);

test("a process whose waits end before the first answer ends by itself, and well", async () => {
  const shop = open();
  const { id } = await shop.tasks.add.delay(2, 2);
  expect(await runProcess("late", shop.place.prefix, id)).toEqual({ exitCode: 0, stdout: "20 late\n", stderr: "" });
}, 30_000);

test("a timeout holds for a server that does not answer", async () => {
  const shop = open();
  const { id } = await shop.tasks.add.delay(2, 2);
  const reader = open({}, shop.place);
  await reader.app.asyncResult(id).state();
  await shop.place.redis.client("PAUSE", 300, "ALL");
  await expect(reader.app.asyncResult(id).get({ timeoutMs: 50 })).rejects.toThrow(TimeoutError);
});

test.each<[what: string, limits: () => { timeoutMs?: number; signal?: AbortSignal }, message: RegExp]>([
  ["a timeout", () => ({ timeoutMs: 30 }), /^the broker could not be reached within 30 ms, so the result of/],
  ["a signal", () => ({ signal: AbortSignal.timeout(30) }), /^The operation was aborted/],
])("%s holds while the broker is being opened", async (_what, limits, message) => {
  let give: (broker: SocketBroker) => void = () => undefined;
  const opening = new Promise<SocketBroker>((resolve) => {
    give = resolve;
  });
  const shop = open({ openBroker: () => opening });
  const { id } = await open({}, shop.place).tasks.give.delay(1);
  await expect(shop.app.asyncResult(id).get(limits())).rejects.toThrow(message);
  await expect(async () => {
    for await (const _pair of shop.app.groupResult(id).iterate(limits()));
  }).rejects.toThrow(message.source.startsWith("^the broker") ? "so the results of group" : message);
  give(shop.broker);
});

test("a timeout holds while the call is being stored, and while an id is looked up", async () => {
  const shop = open();
  await shop.app.asyncResult("nobody").state();
  await shop.place.redis.client("PAUSE", 300, "ALL");
  const submission = shop.tasks.add.delay(2, 2);
  const { id } = submission;
  await expect(submission.get({ timeoutMs: 50 })).rejects.toThrow(
    `the call whose result is ${id} was not stored after 50 ms`,
  );
  await expect(submission.get({ signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
  await expect(shop.app.asyncResult("order 7").get({ timeoutMs: 50 })).rejects.toThrow(
    "the broker did not say within 50 ms which run the id order 7 belongs to",
  );
  await submission;
});
