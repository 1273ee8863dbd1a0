import { expect, test } from "@jest/globals";
import { App, isApp } from "../src/app.ts";
import { AlreadyRegistered, ImproperlyConfigured, NotRegistered, OptionError } from "../src/errors.ts";
import { isTask, Task } from "../src/task.ts";
import { RecordingEngine } from "./kit/recording-engine.ts";

test("a task is defined by a name, by options, or by its function alone", () => {
  const app = new App("shop");
  const byName = app.task("add", (x: number, y: number) => x + y);
  const byOptions = app.task({ name: "mul", queue: "fast" }, (x: number, y: number) => x * y);
  const alone = app.task(function negate(x: number) {
    return -x;
  });
  expect([byName, byOptions, alone].map((task) => task.name)).toEqual(["add", "mul", "app.test.negate"]);
  expect([...app.tasks.keys()].slice(0, 3)).toEqual(["add", "mul", "app.test.negate"]);
  expect(byOptions.options).toEqual({ name: "mul", queue: "fast" });
  expect(byName.app).toBe(app);
  expect(byName.definedAt).toMatch(/packages\/core\/test\/app\.test\.ts:\d+:\d+$/);
  expect(String(byName)).toBe("<Task add>");
  expect(String(app)).toBe("<App shop: 3 tasks>");
});

test("the automatic name can be another", () => {
  class Named extends App {
    override genTaskName(name: string, module: string | undefined): string {
      return `${module}/${name}`;
    }
  }
  expect(new Named().task(function f() {}).name).toBe("app.test/f");
});

test("a second task of one name is refused, naming both places", () => {
  const app = new App();
  app.task("add", () => 1);
  const second = (): void => void app.task("add", () => 2);
  expect(second).toThrow(AlreadyRegistered);
  const place = String.raw`.*/core/test/app\.test\.ts:\d+:\d+`;
  expect(second).toThrow(
    new RegExp(`^a task named "add" is registered already, at ${place}; give the one at ${place} another name$`),
  );
});

test.each<[what: string, define: (app: App) => unknown, error: Error]>([
  [
    "no function",
    (app) => app.task("add", undefined as never),
    new ImproperlyConfigured('app.task needs a function: `app.task("add", (x, y) => x + y)`'),
  ],
  [
    "a function without a name",
    (app) =>
      app.task(
        (
          () => () =>
            1
        )(),
      ),
    new ImproperlyConfigured('this task has no name: name its function, or write `app.task("name", fn)`'),
  ],
  [
    "an unknown option",
    (app) => app.task({ name: "t", ...{ queu: "q" } }, () => 1),
    new OptionError('unknown option `queu` of task "t"; did you mean `queue`?'),
  ],
  [
    "a wrong name",
    (app) => app.task({ name: "" }, () => 1),
    new OptionError('option `name` of task "" must be text that is not empty; got ""'),
  ],
  [
    "a wrong priority",
    (app) => app.task({ name: "t", priority: 10 }, () => 1),
    new OptionError('option `priority` of task "t" must be a whole number from 0 to 9; got 10'),
  ],
  [
    "wrong params",
    (app) => app.task({ name: "t", ...{ params: "x" as never } }, () => 1),
    new OptionError('option `params` of task "t" must be a list of names; got "x"'),
  ],
  [
    "a wrong flag",
    (app) => app.task({ name: "t", ...{ acksLate: 1 as never } }, () => 1),
    new OptionError('option `acksLate` of task "t" must be true or false; got 1'),
  ],
  [
    "a number of deliveries that is none",
    (app) => app.task({ name: "t", maxDeliveries: 0 }, () => 1),
    new OptionError('option `maxDeliveries` of task "t" must be a whole number from 1 to 1000; got 0'),
  ],
  [
    "a length of time said twice",
    (app) => app.task({ name: "t", timeLimit: 1, timeLimitMs: 1000 }, () => 1),
    new OptionError('`timeLimit` and `timeLimitMs` of task "t" say the same thing; give only one of them'),
  ],
  [
    "wrong milliseconds",
    (app) => app.task({ name: "t", retryBackoffMaxMs: -1 }, () => 1),
    new OptionError('option `retryBackoffMaxMs` of task "t" must be a number of milliseconds of at least 0; got -1'),
  ],
  [
    "wrong milliseconds of a class",
    (app) =>
      app.task(
        {
          name: "t",
          base: class extends Task {
            override softTimeLimitMs = "5" as never;
          },
        },
        () => 1,
      ),
    new OptionError('option `softTimeLimitMs` of task "t" must be a number of milliseconds of at least 0; got "5"'),
  ],
  [
    "a soft limit in milliseconds behind the hard one",
    (app) => app.task({ name: "t", softTimeLimitMs: 2000, timeLimit: 1 }, () => 1),
    new OptionError('`softTimeLimit` of task "t" must be shorter than its `timeLimit`; got 2 and 1'),
  ],
  [
    "a backend of its own",
    (app) => app.task({ name: "t", ...{ backend: "rpc" } }, () => 1),
    new OptionError(
      'there is no option `backend` of task "t": results are kept with the calls; `ignoreResult: true` keeps none',
    ),
  ],
  [
    "errors that are not to be stored",
    (app) => app.task({ name: "t", storeErrorsEvenIfIgnored: false as never }, () => 1),
    new OptionError(
      'option `storeErrorsEvenIfIgnored` of task "t" must be true: errors are always kept with their run, whatever `ignoreResult` says; got false',
    ),
  ],
])("%s is refused, and registers nothing", (_what, define, error) => {
  const app = new App();
  expect(() => define(app)).toThrow(error);
  expect(String(app)).toBe("<App without a name: 0 tasks>");
});

test("an unknown option of an App is refused", () => {
  expect(() => new App("a", { ...{ prefix: "p", brokr: "x" } })).toThrow(
    /^unknown option `brokr` of App \(.*app\.test\.ts:\d+:\d+\); did you mean `broker`\?$/,
  );
});

test.each([
  [[], "it has no tasks"],
  [["add", "mul"], "did you mean `add`?; it has add, mul"],
  [Array.from({ length: 12 }, (_, at) => `task${at}`), /it has task0, .*, task9, …$/],
])("a task that is not there is named with those that are: %j", (names, message) => {
  const app = new App();
  for (const name of names) app.task(name, () => 1);
  expect(() => app.getTask("ad")).toThrow(NotRegistered);
  expect(() => app.getTask("ad")).toThrow(message);
});

test("a task is told from a function, and an App from other things", () => {
  const app = new App();
  const add = app.task("add", (x: number) => x);
  expect([isTask(add), isTask(() => 1), isTask(undefined)]).toEqual([true, false, false]);
  expect([isApp(app), isApp({})]).toEqual([true, false]);
});

test("making an App, tasks and signatures opens nothing, and asks for no engine", () => {
  const before = process.getActiveResourcesInfo();
  const app = new App("lazy", { broker: "redis://nowhere.invalid:1" }, () => {
    throw new Error("the engine was asked for");
  });
  const add = app.task("add", (x: number, y: number) => x + y);
  add.s(1).pipe(add.s(2)).set({ queue: "q" }).immutable().toString();
  add.starmap([[1, 2]]);
  add(1, 2);
  expect(process.getActiveResourcesInfo()).toEqual(before);
});

test("an App without an engine says where to get one", () => {
  const app = new App();
  const add = app.task("add", (x: number) => x);
  expect(() => add.delay(1)).toThrow(
    new ImproperlyConfigured("this App has no engine; import App from `umbel`, or give the constructor one"),
  );
});

test("the engine is made once, and closed once", async () => {
  const engines: RecordingEngine[] = [];
  const app = new App("a", {}, () => {
    const engine = new RecordingEngine();
    engines.push(engine);
    return engine;
  });
  await app.close();
  expect(engines).toEqual([]);
  expect(app.engine).toBe(app.engine);
  await app.close();
  await app.close();
  await app[Symbol.asyncDispose]();
  expect(engines.map((engine) => engine.closings)).toEqual([1]);
});

test("an App of core alone runs nothing eagerly", async () => {
  const add = new App("shop").task("add", (x: number, y: number) => x + y);
  await expect(add.apply([1, 2])).rejects.toThrow(
    new ImproperlyConfigured("this App cannot run tasks eagerly; import App from `umbel`"),
  );
});
