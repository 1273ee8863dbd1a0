/** Next Steps: a project of modules, calling tasks, states, signatures, groups, chains, routing. */
import assert from "node:assert/strict";
import { chain, group } from "umbel";
import { app } from "./proj/app.ts";
import { add, mul } from "./proj/tasks.ts";

export async function main(): Promise<void> {
  // $ celery -A proj worker -l INFO is `flow worker -A proj/app.ts`; with `memory:` workers start by themselves.
  // >>> add.delay(2, 2); add.apply_async((2, 2)); add.apply_async((2, 2), queue='lopri', countdown=10)
  await add.delay(2, 2);
  await add.applyAsync([2, 2]);
  await add.applyAsync([2, 2], { queue: "lopri", countdown: "10ms" });

  // >>> add(2, 2)
  assert.equal(add(2, 2), 4);

  // >>> res.get(timeout=1); res.id; res.state
  const result = await add.delay(2, 2);
  assert.equal(await result.get({ timeout: 5 }), 4);
  assert.match(result.id, /^[\da-f-]{36}$/);
  assert.equal(await result.state(), "SUCCESS");

  // >>> add.signature((2,5), countdown=10); add.s(2,2)
  assert.equal(String(add.signature([2, 5], { countdown: 10 })), "proj.tasks.add(2, 5) with {countdown: 10}");
  assert.equal(String(add.s(2, 2)), "proj.tasks.add(2, 2)");
  assert.equal(await add.s(2, 4).delay().get(), 6);

  // >>> group(add.s(i, i) for i in range(10))().get()
  const numbers = Array.from({ length: 10 }, (_, i) => i);
  assert.deepEqual(
    await group(numbers.map((i) => add.s(i, i)))
      .delay()
      .get(),
    [0, 2, 4, 6, 8, 10, 12, 14, 16, 18],
  );

  // >>> chain(add.s(4, 4) | mul.s(8))().get()
  assert.equal(await chain(add.s(4, 4), mul.s(8)).delay().get(), 64);
  assert.equal(await add.s(4, 4).pipe(mul.s(8)).delay().get(), 64);

  // app.conf.update(task_routes={'proj.tasks.add': {'queue': 'hipri'}})
  app.conf.update({ taskRoutes: { "proj.tasks.add": { queue: "hipri" } } });
  await app.close();
}
