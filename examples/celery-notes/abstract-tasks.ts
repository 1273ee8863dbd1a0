/** User guide, Abstract tasks: a base class of one task, of an App, and a `__call__` of its own. */
import assert from "node:assert/strict";
import { App, Task } from "umbel";

const app = new App("abstract", { broker: "memory:" });
const started: string[] = [];

// class DebugTask(Task): def __call__(self, *args, **kwargs): ...
class DebugTask extends Task {
  override invoke(...args: unknown[]): unknown {
    started.push(`TASK STARTING: ${this.name}[${this.request.id}]`);
    return this.run(...args);
  }
}

// @app.task(base=DebugTask)
const add = app.task({ name: "add", base: DebugTask }, (x: number, y: number) => x + y);

// class MyBaseTask(Task): queue = 'hipri';  app.Task = MyBaseTask
class MyBaseTask extends Task {
  override queue = "hipri";
}
app.Task = MyBaseTask;
const mul = app.task("mul", (x: number, y: number) => x * y);

export async function main(): Promise<void> {
  const result = await add.delay(1, 2);
  assert.equal(await result.get(), 3);
  assert.deepEqual(started, [`TASK STARTING: add[${result.id}]`]);
  assert.equal(mul.options.queue, "hipri");
  assert.ok(mul instanceof MyBaseTask);
  await app.close();
}
