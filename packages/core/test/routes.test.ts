import { describe, expect, test } from "@jest/globals";
import { App, OptionError, QueueNotFound, routeOf, type TaskOptions, type TaskRoutes } from "../src/index.ts";

describe("C10 routes", () => {
  test.each<[what: string, routes: TaskRoutes, name: string, expected: object | undefined]>([
    ["a name", { "feeds.import": "feeds" }, "feeds.import", { queue: "feeds" }],
    ["no name", { "feeds.import": "feeds" }, "feeds.imports", undefined],
    ["a glob", { "feeds.*": "feeds" }, "feeds.import", { queue: "feeds" }],
    ["a glob whose dot is a dot", { "feeds.*": "feeds" }, "feedsXimport", undefined],
    ["a glob in the middle", { "*.video.*": "slow" }, "shop.video.cut", { queue: "slow" }],
    ["the name before a glob", { "feeds.*": "feeds", "feeds.now": "now" }, "feeds.now", { queue: "now" }],
    ["the first glob", { "*": "any", "feeds.*": "feeds" }, "feeds.now", { queue: "any" }],
    ["a regular expression", [[/^(video|image)\./g, "media"]], "image.cut", { queue: "media" }],
    ["a queue and a priority", { t: { queue: "q", priority: 9 } }, "t", { queue: "q", priority: 9 }],
    ["a priority alone", { t: { priority: 0 } }, "t", { priority: 0 }],
    ["a function", (name) => (name.startsWith("t") ? "q" : undefined), "t", { queue: "q" }],
    ["the next when a function knows nothing", [() => undefined, { "*": "rest" }], "t", { queue: "rest" }],
  ])("take %s", (_what, routes, name, expected) => {
    // Twice: a regular expression must not remember where it was.
    expect(routeOf(routes, name, undefined)).toEqual(expected);
    expect(routeOf(routes, name, undefined)).toEqual(expected);
  });

  const wanted =
    'a table such as { "feeds.*": "feeds" }, a function, or a list of these and of pairs such as [/^feeds/, "feeds"]';
  test.each<[routes: unknown, got: string]>([
    ["feeds", '"feeds"'],
    [{ t: 1 }, '{"t":1}'],
    [{ t: { queues: "q" } }, '{"t":{"queues":"q"}}'],
    [{ t: { priority: 10 } }, '{"t":{"priority":10}}'],
    [[["t"]], '[["t"]]'],
    [[[1, "q"]], '[[1,"q"]]'],
  ])("refuse %j", (routes, got) => {
    expect(() => new App("a", { taskRoutes: routes as TaskRoutes })).toThrow(OptionError);
    expect(() => new App("a", { taskRoutes: routes as TaskRoutes })).toThrow(`must be ${wanted}; got ${got}`);
  });

  test("refuse what a function gives that is no route", () => {
    expect(() => routeOf((() => 7) as never, "t", undefined)).toThrow(
      new OptionError('the route of task "t" must be a queue, or an object with `queue` or `priority`; got 7'),
    );
  });

  test.each<[options: object, message: string]>([
    [{ routingKey: "a", queue: "b" }, "`routingKey` and `queue` say the same thing; give only one of them"],
    [{ exchange: "media" }, "there is no option `exchange`: BullMQ has queues and no exchanges; name the `queue`"],
  ])("refuse the option %j", (options, message) => {
    const { add } = { add: new App("a").task("add", () => 1) };
    expect(() => add.signature([], options)).toThrow(new OptionError(message));
  });

  test("routingKey is queue", () => {
    const add = new App("a").task("add", () => 1);
    expect(add.signature([], { routingKey: "q" }).toJSON()).toEqual(add.signature([], { queue: "q" }).toJSON());
  });

  test("a class of its own tells of a queue that there is none of", () => {
    expect(new QueueNotFound("x").code).toBe("QUEUE_NOT_FOUND");
  });
});

describe("T17 task annotations", () => {
  test("come before what the task says, and settings for all tasks behind it", () => {
    const app = new App("a", { taskTimeLimit: 60, taskAcksLate: false });
    const add = app.task({ name: "add", rateLimit: "1/s" }, () => 1);
    const mul = app.task({ name: "mul", timeLimit: 5, acksLate: true }, () => 1);
    expect(add.options).toMatchObject({ rateLimit: "1/s", timeLimit: 60, acksLate: false });
    expect(mul.options).toMatchObject({ timeLimit: 5, acksLate: true });
    app.conf.taskAnnotations = { "*": { rateLimit: "10/s" }, mul: { rateLimit: "2/s", maxRetries: 1 } };
    expect(add.options.rateLimit).toBe("10/s");
    expect(mul.options).toMatchObject({ rateLimit: "2/s", maxRetries: 1, timeLimit: 5 });
    app.conf.taskAnnotations = {};
    expect(add.options.rateLimit).toBe("1/s");
  });

  test.each<[annotations: unknown, message: string]>([
    [7, 'must be a table of options by task, such as { "*": { rateLimit: "10/s" } }; got 7'],
    [{ add: 7 }, 'must be options of tasks; those of "add" are none; got {"add":7}'],
    [
      { add: { bind: true } },
      'must be options of tasks; `bind` belongs to the definition of "add" and cannot be changed from outside; got {"add":{"bind":true}}',
    ],
    [
      { add: { ratelimit: 1 } },
      'must be options of tasks; unknown option `ratelimit` of task "add"; did you mean `rateLimit`?; got {"add":{"ratelimit":1}}',
    ],
  ])("refuse %j", (taskAnnotations, message) => {
    expect(() => new App("a", { taskAnnotations: taskAnnotations as Record<string, TaskOptions> })).toThrow(message);
  });
});
