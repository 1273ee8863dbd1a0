/**
 * User guide, Calling tasks: links and errbacks, `on_message`, ETA and countdown, expiry, sending again, serializers and
 * compression, a publisher, and a group instead of one.
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { App, group, OperationalError } from "umbel";

const app = new App("calling", { broker: "memory:" });
const errors: string[] = [];

const add = app.task("add", (x: number, y: number) => x + y);
const fail = app.task("fail", (x: number): number => {
  throw new RangeError(`cannot take ${x}`);
});

// def error_handler(request, exc, traceback)
const errorHandler = app.task("errorHandler", (request: { id: string }, error: Error, _traceback: string) => {
  errors.push(`Task ${request.id} raised exception: ${error.message}`);
});

// @app.task(bind=True) def hello(self, a, b): self.update_state(state="PROGRESS", meta={'progress': 50}) …
const hello = app.task({ name: "hello", bind: true }, async (self, a: number, b: number) => {
  await self.updateState("PROGRESS", { progress: 50 });
  await sleep(20);
  await self.updateState("PROGRESS", { progress: 90 });
  await sleep(20);
  return `hello world: ${a + b}`;
});

export async function main(): Promise<void> {
  // >>> add.apply_async((2, 2), link=add.s(16))
  const linked = await add.applyAsync([2, 2], { link: add.s(16) });
  assert.equal(await linked.get(), 4);
  const [callback] = await linked.children();
  assert.equal(await callback?.get(), 20);

  // >>> add.apply_async((2, 2), link=[add.s(16), other_task.s()])
  const both = await add.applyAsync([2, 2], { link: [add.s(16), add.s(1)] });
  await both.get();
  assert.deepEqual(await Promise.all((await both.children()).map((child) => child.get())), [20, 5]);

  // >>> add.apply_async((2, 2), link_error=error_handler.s())
  const failing = await fail.applyAsync([2], { linkError: errorHandler.s() });
  await assert.rejects(failing.get(), /cannot take 2/);
  const [errback] = await failing.children();
  await errback?.get();
  assert.deepEqual(errors, [`Task ${failing.id} raised exception: cannot take 2`]);

  // >>> print(r.get(on_message=on_raw_message, propagate=False))
  const messages: unknown[] = [];
  const greeting = await hello.applyAsync([1, 1]);
  const onMessage = ({ state, info }: { state: string; info: unknown }) => messages.push([state, info]);
  assert.equal(await greeting.get({ onMessage, propagate: false }), "hello world: 2");
  assert.deepEqual(messages.at(-1), ["SUCCESS", "hello world: 2"]);
  assert.deepEqual(messages.at(-2), ["PROGRESS", { progress: 90 }]);

  // >>> add.apply_async((2, 2), countdown=3); eta=tomorrow
  assert.equal(await add.applyAsync([10, 10], { countdown: "3ms" }).get(), 20);
  const moment = new Date(Date.now() + 5);
  assert.equal(await add.applyAsync([10, 10], { eta: moment }).get(), 20);
  assert.ok(Date.now() >= moment.getTime());

  // >>> add.apply_async((10, 10), expires=60); expires=datetime.now() + timedelta(days=1)
  assert.equal(await add.applyAsync([10, 10], { expires: 60 }).get(), 20);
  assert.equal(await add.applyAsync([10, 10], { expires: new Date(Date.now() + 86_400_000) }).get(), 20);

  // >>> add.apply_async((2, 2), retry=True, retry_policy={'max_retries': 3, 'interval_start': 0, …})
  const retryPolicy = { maxRetries: 3, intervalStart: 0, intervalStep: 0.2, intervalMax: 0.2 };
  assert.equal(await add.applyAsync([2, 2], { retry: true, retryPolicy }).get(), 4);

  // >>> add.apply_async((2, 2), retry=False)
  // kombu.exceptions.OperationalError: [Errno 61] Connection refused
  const away = new App("away", { broker: "redis://127.0.0.1:1", setAsCurrent: false });
  const lost = away.task("lost", () => 1);
  await assert.rejects(Promise.resolve(lost.applyAsync([], { retry: false })), (error) => {
    assert.ok(error instanceof OperationalError);
    return /redis:\/\/127\.0\.0\.1:1: connection refused/.test(error.message);
  });
  await away.close();

  // task_serializer, or for each task, or for each message; and compression
  assert.equal(await add.applyAsync([2, 2], { serializer: "msgpack", compression: "gzip" }).get(), 4);

  // >>> group(add.s(i, j) for i, j in numbers).apply_async()
  const numbers: [number, number][] = [
    [2, 2],
    [4, 4],
    [8, 8],
    [16, 16],
  ];
  // with add.app.pool.acquire(block=True) as connection: with add.get_publisher(connection) as publisher: …
  const producer = app.producer();
  const results = numbers.map(([i, j]) => add.applyAsync([i, j], { producer }));
  await producer.close();
  assert.deepEqual(await Promise.all(results.map((result) => result.get())), [4, 8, 16, 32]);

  const sums = await group(numbers.map(([i, j]) => add.s(i, j))).applyAsync();
  assert.deepEqual(await sums.get(), [4, 8, 16, 32]);
  await app.close();
}
