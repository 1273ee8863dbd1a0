/** User guide, Calling tasks: links and errbacks, ETA and countdown, expiry, a group instead of a publisher. */
import assert from "node:assert/strict";
import { App, group } from "umbel";

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

  // >>> add.apply_async((2, 2), countdown=3); eta=tomorrow
  assert.equal(await add.applyAsync([10, 10], { countdown: "3ms" }).get(), 20);
  const moment = new Date(Date.now() + 5);
  assert.equal(await add.applyAsync([10, 10], { eta: moment }).get(), 20);
  assert.ok(Date.now() >= moment.getTime());

  // >>> add.apply_async((10, 10), expires=60); expires=datetime.now() + timedelta(days=1)
  assert.equal(await add.applyAsync([10, 10], { expires: 60 }).get(), 20);
  assert.equal(await add.applyAsync([10, 10], { expires: new Date(Date.now() + 86_400_000) }).get(), 20);

  // >>> group(add.s(i, j) for i, j in numbers).apply_async()
  const numbers: [number, number][] = [
    [2, 2],
    [4, 4],
    [8, 8],
    [16, 16],
  ];
  const sums = await group(numbers.map(([i, j]) => add.s(i, j))).applyAsync();
  assert.deepEqual(await sums.get(), [4, 8, 16, 32]);
  await app.close();
}
