import { inspect } from "node:util";
import { describe, expect, test } from "@jest/globals";
import { App } from "../src/app.ts";
import { appOrDefault, currentApp } from "../src/current-app.ts";
import { ImproperlyConfigured, OptionError } from "../src/errors.ts";
import { isTask, Task } from "../src/task.ts";
import { runAsTask, TaskAttempt } from "../src/task-context.ts";

class Login extends Task {
  users: Record<string, string> = { george: "password" };
  readonly #secret = "word";
  override queue = "auth";

  override run(name: string, word: string): boolean {
    return this.users[name] === `pass${this.#secret}` && word !== "";
  }
}

describe("T1 a class task", () => {
  test("is registered under its module and class, or as it says", () => {
    class Named extends Task {
      override name = "by.field";
    }
    const app = new App("shop");
    const login = app.registerTask(Login);
    expect(login.name).toBe("task-class.test.Login");
    expect(app.registerTask(Named).name).toBe("by.field");
    expect(app.registerTask(Named, { name: "by.option" }).name).toBe("by.option");
    expect([...app.tasks.keys()].slice(0, 3)).toEqual(["task-class.test.Login", "by.field", "by.option"]);
    expect(isTask(login)).toBe(true);
    expect(login).toBeInstanceOf(Login);
  });

  test("runs its body, takes what that takes, and makes signatures", () => {
    const login = new App().registerTask(Login);
    expect(login("george", "password")).toBe(true);
    expect(login.parameters.parameters.map(({ name }) => name)).toEqual(["name", "word"]);
    expect(login.s("password").data).toEqual({ kind: "task", task: "task-class.test.Login", args: ["password"] });
    expect(() => login.checkCall(["george"], {})).toThrow(
      new TypeError('task "task-class.test.Login" takes (name, word); `word` is missing'),
    );
  });

  test.each<[what: string, define: (app: App) => unknown, error: Error]>([
    [
      "a class given to app.task",
      (app) => app.task(class Add {} as never),
      new ImproperlyConfigured("app.task needs a function, and `Add` is a class; give it to `app.registerTask`"),
    ],
    [
      "a class that is no task's",
      (app) => app.registerTask(class Add {} as never),
      new ImproperlyConfigured("app.registerTask needs a class that extends Task: `class Add extends Task { … }`"),
    ],
    [
      "a wrong field",
      (app) =>
        app.registerTask(
          class Add extends Task {
            override priority = 10;
          },
          { name: "add" },
        ),
      new OptionError('option `priority` of task "add" must be a whole number from 0 to 9; got 10'),
    ],
    [
      "a base that is none",
      (app) => app.task({ name: "add", base: "Task" as never }, () => 1),
      new OptionError('option `base` of task "add" must be a class that extends Task; got "Task"'),
    ],
    [
      "a class without a name",
      (app) => app.registerTask((() => class extends Task {})()),
      new ImproperlyConfigured('this task has no name: name its function, or write `app.task("name", fn)`'),
    ],
    [
      "a task that was made and not registered",
      () => (new Login() as unknown as () => unknown)(),
      new ImproperlyConfigured("this task belongs to no App; give its class to `app.registerTask`"),
    ],
  ])("refuses %s", (_, define, error) => {
    const app = new App();
    expect(() => define(app)).toThrow(error);
    expect(String(app)).toContain(": 0 tasks>");
  });
});

describe("A8 base classes", () => {
  const calls: string[] = [];
  class Debug extends Task {
    override queue = "hipri";
    override maxRetries = 7;
    override invoke(...args: unknown[]): unknown {
      calls.push(`${this.name}[${this.request.args.join()}]`);
      return this.run(...args);
    }
  }

  test("of one task give it options, a `__call__` and what else they have", () => {
    const app = new App();
    const add = app.task({ name: "add", base: Debug }, (x: number, y: number) => x + y);
    const mul = app.task({ name: "mul", base: Debug, queue: "lopri" }, (x: number, y: number) => x * y);
    expect([add(1, 2), mul(2, 3)]).toEqual([3, 6]);
    expect(calls).toEqual(["add[1,2]", "mul[2,3]"]);
    expect(add.options).toMatchObject({ queue: "hipri", maxRetries: 7 });
    expect(mul.options).toMatchObject({ queue: "lopri", maxRetries: 7 });
    expect(add).toBeInstanceOf(Debug);
    expect(add.parameters.parameters.map(({ name }) => name)).toEqual(["x", "y"]);
  });

  test("of an App are those of its tasks from then on, and of no other App", () => {
    const [app, other] = [new App(), new App()];
    const before = app.task("before", () => 1);
    app.Task = Debug;
    const add = app.task("add", (x: number) => x);
    const plain = app.task({ name: "plain", base: Task }, (x: number) => x);
    expect([before, add, plain, other.task("add", () => 1)].map((task) => task.options.queue)).toEqual([
      undefined,
      "hipri",
      undefined,
      undefined,
    ]);
    class Sub extends app.Task {}
    expect(app.registerTask(Sub).options.queue).toBe("hipri");
  });

  test("give a bound function themselves as `self`", () => {
    class Database extends Task {
      connections = 0;
      get db(): string {
        this.connections += 1;
        return "db";
      }
    }
    const read = new App().task({ name: "read", base: Database, bind: true }, function (self, key: string) {
      return [self === this, self.db, self.request.calledDirectly, key];
    });
    expect(read("k")).toEqual([true, "db", true, "k"]);
    expect(read("k")).toEqual([true, "db", true, "k"]);
    expect((read as unknown as Database).connections).toBe(2);
  });
});

test("T14 a class is made once for each task, and its fields are shared by all calls", () => {
  let made = 0;
  class Counter extends Task {
    calls = 0;
    constructor() {
      super();
      made += 1;
    }
    override run(): number {
      this.calls += 1;
      return this.calls;
    }
  }
  const app = new App();
  const [one, two] = [app.registerTask(Counter, { name: "one" }), app.registerTask(Counter, { name: "two" })];
  expect([one(), one(), two(), one()]).toEqual([1, 2, 1, 3]);
  expect(made).toBe(2);
  expect(one.calls).toBe(3);
});

describe("T6 task.request", () => {
  test("is that of the call which runs here, and of a direct call elsewhere", () => {
    const app = new App();
    const [add, mul] = [app.task("add", () => 1), app.task("mul", () => 1)];
    expect(add.request).toMatchObject({
      id: "",
      task: "add",
      calledDirectly: true,
      retries: 0,
      chord: null,
      utc: true,
    });
    const attempt = new TaskAttempt(app, { ...add.request, id: "i", retries: 2, calledDirectly: false });
    runAsTask(attempt, () => {
      expect(add.request).toMatchObject({ id: "i", retries: 2 });
      expect(mul.request).toMatchObject({ id: "", task: "mul" });
    });
  });
});

describe("T5 names", () => {
  test("of two tasks must differ: classes and functions alike, naming both places", () => {
    const app = new App();
    app.task("add", () => 1);
    const place = String.raw`.*/core/test/task-class\.test\.ts:\d+:\d+`;
    expect(() => app.registerTask(Login, { name: "add" })).toThrow(
      new RegExp(`^a task named "add" is registered already, at ${place}; give the one at ${place} another name$`),
    );
  });
});

describe("A9 the current App", () => {
  test("is the one that was made last and did not refuse, or that of the task which runs", () => {
    const first = new App("first");
    expect(currentApp()).toBe(first);
    const quiet = new App("quiet", { setAsCurrent: false });
    expect(currentApp()).toBe(first);
    expect([appOrDefault(), appOrDefault(quiet)]).toEqual([first, quiet]);
    const task = quiet.task("t", () => currentApp());
    runAsTask(new TaskAttempt(quiet, task.request), () => expect(currentApp()).toBe(quiet));
    expect(currentApp()).toBe(first);
  });
});

test("A1 an App, a task and the registry print readably", () => {
  const app = new App("shop", { broker: "redis://:secret@h", setAsCurrent: false });
  const add = app.task("add", (x: number) => x);
  expect(inspect(app)).toBe("<App shop: 1 tasks>");
  expect(inspect(add)).toBe("<Task add>");
  expect(inspect([...app.tasks].slice(0, 1))).toBe("[ [ 'add', <Task add> ] ]");
});

test("A2 onInit is called when the App is made, and nothing else is", () => {
  const seen: (string | undefined)[] = [];
  class Watched extends App {
    protected override onInit(): void {
      seen.push(this.main);
    }
  }
  new Watched("one");
  expect(seen).toEqual(["one"]);
});
