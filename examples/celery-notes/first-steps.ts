/** First Steps with Celery: an application, calling a task, keeping results, configuration. */
import assert from "node:assert/strict";
import { App, type AsyncResult } from "umbel";

// app = Celery('tasks', broker='pyamqp://guest@localhost//'); `memory:` lets this file run without a server.
const app = new App("tasks", { broker: "memory:" });

const add = app.task("tasks.add", (x: number, y: number) => x + y);

export async function main(): Promise<void> {
  // >>> add.delay(4, 4)
  const sent: AsyncResult<number> = await add.delay(4, 4);
  assert.match(String(sent), /^[\da-f-]{36}$/);

  // >>> result.get(timeout=1); result.ready()
  const result = await add.delay(4, 5);
  assert.equal(await result.get({ timeout: 5 }), 9);
  assert.equal(await result.ready(), true);

  // app.conf.task_serializer = 'json'
  app.conf.taskSerializer = "json";

  // celeryconfig.py as an object:
  app.configFromObject({
    taskRoutes: { "tasks.add": "low-priority" },
    taskAnnotations: { "tasks.add": { rateLimit: "10/m" } },
  });
  assert.equal(add.options.rateLimit, "10/m");
  await app.close();
}
