import { afterEach, describe, expect, test } from "@jest/globals";
import { App, QueueNotFound } from "../../src/index.ts";
import { testBroker } from "../../src/testing.ts";

describe("C10 routing", () => {
  let app: App | undefined;
  afterEach(() => app?.close());

  test("a call goes where it says, else where its task says, else by the routes, else to the default queue", async () => {
    app = new App("shop", {
      taskDefaultQueue: "rest",
      taskDefaultPriority: 5,
      taskRoutes: [{ "feeds.*": { queue: "feeds", priority: 9 } }, [/^media\./, "media"]],
    });
    testBroker(app);
    const { runtime } = app.engine as unknown as {
      runtime(): Promise<{ pages: { node(run: string, index: number): Promise<{ options: object }> } }>;
    };
    const sent = async (task: { applyAsync(args: [], options: object): PromiseLike<{ id: string }> }, options = {}) => {
      const { id } = await task.applyAsync([], options);
      const { parseNodeId } = await import("@umbel/core");
      const place = parseNodeId(id);
      const { pages } = await runtime.call(app?.engine);
      return (await pages.node(place?.runKey ?? "", place?.index ?? 0)).options;
    };
    const feed = app.task("feeds.import", () => 1);
    const own = app.task({ name: "feeds.own", queue: "own", priority: 1 }, () => 1);
    const cut = app.task("media.cut", () => 1);
    const other = app.task("other", () => 1);
    expect(await sent(feed)).toEqual({ queue: "feeds", priority: 9 });
    expect(await sent(feed, { queue: "mine" })).toEqual({ queue: "mine", priority: 9 });
    expect(await sent(own)).toEqual({ queue: "own", priority: 1 });
    expect(await sent(cut)).toEqual({ queue: "media", priority: 5 });
    expect(await sent(other)).toEqual({ queue: "rest", priority: 5 });
  });

  test("a queue that is not named is refused where none may be made", async () => {
    app = new App("shop", { taskQueues: ["feeds", "media"], taskCreateMissingQueues: false });
    testBroker(app);
    const add = app.task("add", (x: number) => x);
    expect(await add.applyAsync([1], { queue: "media" }).get()).toBe(1);
    expect(await add.delay(1).get()).toBe(1);
    expect(() => add.applyAsync([1], { queue: "feed" })).toThrow(
      new QueueNotFound(
        'there is no queue "feed" for task "add"; did you mean `feeds`?; add it to `taskQueues`, or let `taskCreateMissingQueues` be true',
      ),
    );
  });
});
