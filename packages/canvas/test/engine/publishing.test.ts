import { afterEach, describe, expect, test } from "@jest/globals";
import { OperationalError, type Producer } from "@umbel/core";
import type { CanvasEngineOptions } from "../../src/engine/engine.ts";
import { chain } from "../../src/primitives/chain.ts";
import { group } from "../../src/primitives/group.ts";
import { describeOnEachBroker } from "../kit/each-broker.ts";
import { SocketBroker } from "../kit/redis-server.ts";
import { Shop } from "../kit/shop.ts";

const refused = (): Error => Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" });
const away = (): OperationalError =>
  new OperationalError("cannot reach Redis at redis://127.0.0.1:1: refused", { cause: refused() });

/** A broker that cannot be opened so many times. */
function openAfter(failures: number, error: () => Error = away) {
  const broker = new SocketBroker();
  let tries = 0;
  return {
    tries: () => tries,
    openBroker: async () => {
      tries += 1;
      if (tries <= failures) throw error();
      return broker;
    },
  };
}

const QUICK = { intervalStart: 0, intervalStep: "1ms", intervalMax: "2ms" } as const;

describe("C6 publishing again", () => {
  const shops: Shop[] = [];
  const open = (options: Partial<CanvasEngineOptions>): Shop => {
    const shop = new Shop(options);
    shops.push(shop);
    return shop;
  };
  afterEach(async () => {
    for (const shop of shops.splice(0)) await shop.close();
  });

  test("a call waits out a broker that is away, whatever is sent", async () => {
    const broker = openAfter(3);
    const { app, tasks } = open(broker);
    const retryPolicy = { ...QUICK, maxRetries: 3 };
    const sent = [
      tasks.give.applyAsync([1], { retryPolicy, retry: true }),
      group.stream(app, [tasks.give.s(2)]).applyAsync([], { retryPolicy, retry: true }),
    ];
    for (const call of sent) expect(await call).toMatchObject({ id: call.id });
    expect(broker.tries()).toBe(4);
  });

  test.each<[string, number, Parameters<Shop["tasks"]["give"]["applyAsync"]>[1], Partial<CanvasEngineOptions>]>([
    ["`retry: false`", 1, { retry: false, retryPolicy: QUICK }, { publishing: () => ({}) }],
    ["`maxRetries: 0`", 1, { retryPolicy: { maxRetries: 0 } }, { publishing: () => ({}) }],
    ["a policy", 3, { retryPolicy: { ...QUICK, maxRetries: 2 } }, { publishing: () => ({}) }],
    ["the settings", 2, {}, { publishing: () => ({ policy: { maxRetries: 1 } }) }],
    ["the setting `taskPublishRetry`", 1, {}, { publishing: () => ({ retry: false }) }],
  ])("gives up as %s says, after %i tries, with the address and the cause", async (_name, tries, options, engine) => {
    const broker = openAfter(9);
    const { tasks } = open({ ...broker, ...engine });
    const error: unknown = await tasks.give.applyAsync([1], options).then(undefined, (thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OperationalError);
    expect(error).toMatchObject({
      message: expect.stringContaining("redis://127.0.0.1:1"),
      cause: { code: "ECONNREFUSED" },
    });
    expect(broker.tries()).toBe(tries);
  });

  test("what is no fault of the connection is told at once", async () => {
    const broker = openAfter(1, () => new OperationalError("the server is too old"));
    const { tasks } = open({ ...broker, publishing: () => ({}) });
    await expect(tasks.give.delay(1)).rejects.toThrow("too old");
    expect(broker.tries()).toBe(1);
  });

  test("a run whose answer was lost is sent again and there once, with its own id", async () => {
    const shop = open({ publishing: () => ({}) });
    await shop.work();
    const { store } = await shop.engine.runtime();
    const create = store.create.bind(store);
    let tries = 0;
    store.create = async (graph, options) => {
      const started = await create(graph, options);
      tries += 1;
      if (tries === 1) throw new Error("Connection is closed.");
      return started;
    };
    const taskId = `${shop.place.prefix}-own`;
    const result = await shop.tasks.give.applyAsync([7], { taskId });
    expect(await result.get({ timeout: 10 })).toBe(7);
    expect([tries, result.id]).toEqual([2, taskId]);
    await expect(shop.tasks.give.applyAsync([7], { taskId })).rejects.toThrow("exists already");
  });

  test("closing the App ends the wait for another try", async () => {
    const broker = openAfter(9);
    const shop = open(broker);
    const sent = shop.tasks.give.applyAsync([1], {
      retry: true,
      retryPolicy: { intervalStart: 600, intervalMax: 600 },
    });
    const told = expect(sent).rejects.toThrow("cannot reach Redis");
    while (broker.tries() === 0) await new Promise(setImmediate);
    await new Promise(setImmediate);
    await shop.engine.close();
    await told;
  });
});

describeOnEachBroker("C9 producers", (open, broker) => {
  test("what is sent through one is waited for together, and takes no connection of its own", async () => {
    const shop = open();
    await shop.work();
    const { app, tasks } = shop;
    const sent: { readonly id: string }[] = [];
    {
      await using producer = app.producer();
      await producer.connect();
      const opened = shop.broker.connections.length;
      for (let x = 0; x < 50; x += 1) sent.push(tasks.add.applyAsync([x, 1], { producer }));
      sent.push(chain(tasks.add.s(1, 2), tasks.mul.s(3)).applyAsync([], { producer }));
      sent.push(group.stream(app, [tasks.give.s(7)]).applyAsync([], { producer }));
      expect(producer.pending).toBe(52);
      await producer.flush();
      expect(producer.pending).toBe(0);
      const unknown = await app.runs.list({ limit: 60 });
      expect(unknown.runs).toHaveLength(52);
      expect(shop.broker.connections.length - opened).toBe(0);
      if (broker === "Redis") expect(opened).toBeGreaterThan(0);
    }
    const values = await Promise.all(sent.map(({ id }) => app.asyncResult(id).get({ timeout: 10 })));
    expect(values).toEqual([...Array.from({ length: 50 }, (_, x) => x + 1), 9, [7]]);
  });

  test("of another App, or closed, is refused", async () => {
    const one = open();
    const other = open();
    const producer = one.app.producer();
    expect(() => other.tasks.give.applyAsync([1], { producer })).toThrow(
      /^option `producer` is of <App shop: \d+ tasks>, and this call of <App shop: \d+ tasks>; take one of its own with `app.producer\(\)`$/,
    );
    expect(() => one.tasks.give.applyAsync([1], { producer: {} as Producer })).toThrow(
      "option `producer` must be what `app.producer()` gives; got {}",
    );
    await producer.close();
    await producer.close();
    const closed = "this producer is closed; take another with `app.producer()`";
    expect(() => one.tasks.give.applyAsync([1], { producer })).toThrow(closed);
    await expect(producer.connect()).rejects.toThrow(closed);
  });

  test("says of its calls how they are sent again, and tells of those that nobody awaits", async () => {
    const away = openAfter(9);
    const shop = open({ openBroker: away.openBroker, publishing: () => ({ retry: false }) });
    const producer = shop.app.producer({ retryPolicy: { ...QUICK, maxRetries: 2 }, retry: true });
    const { give } = shop.tasks;
    const heard = give.applyAsync([1], { producer, retry: false }).then(undefined, (error: unknown) => error);
    expect(await heard).toBeInstanceOf(OperationalError);
    expect(away.tries()).toBe(1);
    await producer.flush();
    give.applyAsync([1], { producer });
    await expect(producer.flush()).rejects.toMatchObject({
      name: "OperationalError",
      message: "a call of this producer was not stored: cannot reach Redis at redis://127.0.0.1:1: refused",
      cause: { name: "OperationalError" },
    });
    expect(away.tries()).toBe(4);
    await producer.flush();
    give.applyAsync([1], { producer, retryPolicy: { maxRetries: 0 } });
    give.applyAsync([2], { producer, retryPolicy: { maxRetries: 0 } });
    await expect(producer.close()).rejects.toThrow("2 calls of this producer were not stored: cannot reach");
    await expect(shop.app.producer().connect()).rejects.toThrow(OperationalError);
  });

  test.each<[options: object, message: string]>([
    [{ retryPolice: 1 }, "unknown option `retryPolice` of a producer; did you mean `retryPolicy`?"],
    [{ retry: 1 }, "option `retry` must be true or false; got 1"],
    [{ retryPolicy: { maxRetries: -1 } }, "`maxRetries` of option `retryPolicy` must be a whole number of at least 0"],
  ])("options %j are refused", (options, message) => {
    expect(() => open().app.producer(options)).toThrow(message);
  });
});
