/** User guide, Custom task classes: a body, what is made once, handlers, custom requests. */
import assert from "node:assert/strict";
import { App, Request, Task } from "umbel";

const app = new App("classes", { broker: "memory:" });
const warnings: string[] = [];

// class _AddTask(app.Task): def run(self, x, y)
class AddTask extends app.Task {
  override run(x: number, y: number): number {
    return x + y;
  }
}
const add = app.registerTask(AddTask);

// class NaiveAuthenticateServer(Task): def __init__(self): self.users = {'george': 'password'}
class NaiveAuthenticateServer extends Task {
  readonly users: Record<string, string> = { george: "password" };
  override run(username: string, password: string): boolean {
    return this.users[username] === password;
  }
}
const authenticate = app.registerTask(NaiveAuthenticateServer);

// class DatabaseTask(Task): _db = None; @property def db(self)
let connections = 0;
class DatabaseTask extends Task {
  #db: { readonly name: string } | undefined;
  get db(): { readonly name: string } {
    if (this.#db === undefined) {
      connections += 1;
      this.#db = { name: "database" };
    }
    return this.#db;
  }
}
const rows = app.task({ name: "rows", base: DatabaseTask, bind: true }, (self) => self.db.name);

// class MyRequest(Request): on_timeout, on_failure;  class MyTask(Task): Request = MyRequest
class MyRequest extends Request {
  override onTimeout(soft: boolean, timeout: number): void {
    if (!soft) warnings.push(`a hard timeout of ${timeout} s was enforced for task ${this.task.name}`);
  }
  override onFailure(error: Error): void {
    warnings.push(`failure detected for task ${this.task.name}: ${error.message}`);
  }
}
class MyTask extends Task {
  override Request = MyRequest;
}
const someLongRunningTask = app.task({ name: "long", base: MyTask }, () => {
  throw new Error("imagination ran out");
});

export async function main(): Promise<void> {
  assert.equal(add.name, "task-classes.AddTask");
  assert.equal(await add.delay(1, 2).get(), 3);
  assert.equal(await authenticate.delay("george", "password").get(), true);
  assert.deepEqual([await rows.delay().get(), await rows.delay().get(), connections], ["database", "database", 1]);
  await assert.rejects(someLongRunningTask.delay().get(), /imagination ran out/);
  assert.deepEqual(warnings, ["failure detected for task long: imagination ran out"]);
  await app.close();
}
