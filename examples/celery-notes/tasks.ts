/** User guide, Tasks: basics, bound tasks, inheritance, names, requests, logging, argument checking. */
import assert from "node:assert/strict";
import { App, getTaskLogger, Task } from "umbel";

// class MyCelery(Celery): def gen_task_name(self, name, module): ...
class MyApp extends App {
  override genTaskName(name: string, module: string | undefined): string {
    return super.genTaskName(name, module?.replace(/^tasks$/, "main"));
  }
}

const app = new MyApp("main", { broker: "memory:" });
const lines: string[] = [];
const logger = getTaskLogger("tasks", { stream: { write: (line) => void lines.push(line) } });
const users = new Map<string, string>();
const failed: string[] = [];

// @app.task def create_user(username, password)
const createUser = app.task(function createUser(username: string, password: string) {
  users.set(username, password);
});

// @app.task(bind=True) def add(self, x, y): logger.info(self.request.id)
const add = app.task({ name: "add", bind: true }, (self, x: number, y: number) => {
  logger.info(`Adding ${x} + ${y} in ${self.request.id}`);
  return x + y;
});

// class MyTask(celery.Task): def on_failure(self, exc, task_id, args, kwargs, einfo)
class MyTask extends Task {
  override onFailure(error: Error, taskId: string): void {
    failed.push(`${taskId} failed: ${error.message}`);
  }
}
const broken = app.task({ name: "broken", base: MyTask }, (_x: number, _y: number): number => {
  throw new RangeError("no such key");
});

// @app.task(name='sum-of-two-numbers')
const sum = app.task({ name: "sum-of-two-numbers" }, (x: number, y: number) => x + y);

// def dump_context(self, x, y)
const dumpContext = app.task({ name: "dump", bind: true }, (self, _x: number, _y: number) => {
  return `Executing task id ${self.request.id}, args: ${JSON.stringify(self.request.args)}`;
});

// @app.task(typing=False)
const untyped = app.task({ name: "untyped", typing: false }, (x: number, y: number) => x + y);

export async function main(): Promise<void> {
  assert.equal(createUser.name, "main.createUser");
  await createUser.delay("ann", "word").get();
  assert.equal(users.get("ann"), "word");

  const added = await add.delay(8, 8);
  assert.equal(await added.get(), 16);
  assert.ok(lines[0]?.includes(`"taskId":"${added.id}"`));

  const result = await broken.delay(1, 2);
  await assert.rejects(result.get(), /no such key/);
  assert.deepEqual(failed, [`${result.id} failed: no such key`]);

  assert.equal(sum.name, "sum-of-two-numbers");
  const dumped = await dumpContext.delay(1, 2);
  assert.equal(await dumped.get(), `Executing task id ${dumped.id}, args: [1,2]`);

  // >>> add.delay(8) is refused before anything is sent; without typing the worker refuses it.
  assert.throws(() => add.applyAsync([8]), /takes \(x, y\); `y` is missing/);
  const late = await untyped.applyAsync([8]);
  await assert.rejects(late.get(), /takes \(x, y\); `y` is missing/);
  await app.close();
}
