import { afterEach, describe, expect, jest, test } from "@jest/globals";
import { OperationalError, OptionError, type Producer } from "@umbel/core";
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

describeOnEachBroker("C12 deduplication", (open, broker) => {
  const WITHIN = { key: "order-7", window: "1h" };

  test("a second call within the window gives the result of the first, from whatever process it is sent", async () => {
    const shop = open();
    await shop.work();
    const other = open();
    let runs = 0;
    const bill = shop.app.task("bill", (order: number) => {
      runs += 1;
      return order * 10;
    });
    const billElsewhere = other.app.task("bill", (order: number) => order);
    const first = await bill.applyAsync([1], { deduplication: WITHIN });
    expect(await first.get({ timeout: 10 })).toBe(10);
    const again = bill.applyAsync([2], { deduplication: WITHIN });
    expect(again.id).not.toBe(first.id);
    expect(await again.get({ timeout: 10 })).toBe(10);
    expect((await again).id).toBe(first.id);
    expect(again.id).toBe(first.id);
    expect((await billElsewhere.applyAsync([3], { deduplication: WITHIN })).id).toBe(first.id);
    const events: string[] = [];
    const third = bill.applyAsync([4], { deduplication: WITHIN });
    await third.get({ timeout: 10, onMessage: ({ id, state }) => void events.push(`${id} ${state}`) });
    expect(events).toEqual([`${first.id} SUCCESS`]);
    expect(await bill.applyAsync([5], { deduplication: WITHIN }).revoke()).toBe("ended");
    expect(runs).toBe(1);
    expect((await shop.app.runs.list()).runs).toHaveLength(1);
    // Another key, another task, no key.
    expect(await bill.applyAsync([6], { deduplication: { ...WITHIN, key: "order-8" } }).get({ timeout: 10 })).toBe(60);
    expect(await shop.tasks.give.applyAsync([7], { deduplication: WITHIN }).get({ timeout: 10 })).toBe(7);
    expect(await bill.delay(8).get({ timeout: 10 })).toBe(80);
  });

  test("of many that are sent at once, one is run; groups and chains have keys as well", async () => {
    const shop = open();
    await shop.work();
    const { app, tasks } = shop;
    let runs = 0;
    const count = app.task("count", (x: number) => {
      runs += 1;
      return x;
    });
    const canvas = chain(group(count.s(1), count.s(2)), tasks.same.s());
    const clients = [canvas, canvas, canvas, canvas, canvas].map((each) =>
      each.applyAsync([], { deduplication: WITHIN }),
    );
    const handles = await Promise.all(clients);
    expect(new Set(handles.map(({ id }) => id)).size).toBe(1);
    expect(await Promise.all(handles.map((each) => each.get({ timeout: 10 })))).toEqual(clients.map(() => [1, 2]));
    const grouped = { deduplication: { key: "a group", window: 60 } };
    const members = group(count.s(3), count.s(4));
    const [one, two] = await Promise.all([members.applyAsync([], grouped), members.applyAsync([], grouped)]);
    expect(two.id).toBe(one.id);
    expect(await two.join({ timeout: 10 })).toEqual([3, 4]);
    expect(runs).toBe(4);
  });

  test("a key is free again when its window is over, and when its call could not be stored", async () => {
    const shop = open();
    const { deduplication, store } = await shop.engine.runtime();
    const { give } = shop.tasks;
    const short = { deduplication: { key: "short", window: "1ms" } };
    const [one, two] = [await give.applyAsync([1], short), await lapsed("short", () => give.applyAsync([2], short))];
    expect(two.id).not.toBe(one.id);
    const create = store.create.bind(store);
    store.create = async () => {
      throw new Error("no room");
    };
    await expect(give.applyAsync([3], { deduplication: WITHIN })).rejects.toThrow("no room");
    store.create = create;
    const third = await give.applyAsync([3], { deduplication: WITHIN });
    const holder = await deduplication.reserve("give:order-7", { id: "else", isGroup: false }, 1);
    expect(holder).toEqual({ isStored: true, result: { id: third.id, isGroup: false } });

    /** Sends when the key is there no more; nobody else holds it. */
    async function lapsed<Value>(key: string, send: () => PromiseLike<Value>): Promise<Value> {
      const probe = { id: "probe", isGroup: false };
      while ((await deduplication.reserve(`give:${key}`, probe, 1)) !== undefined);
      await deduplication.keep(`give:${key}`, probe, 0);
      return await send();
    }
  });

  test("a sender that was lost before its call was stored keeps nobody from sending", async () => {
    const shop = open();
    const { deduplication } = await shop.engine.runtime();
    await deduplication.reserve("give:lost", { id: "lost", isGroup: false }, 30);
    const sent = await shop.tasks.give.applyAsync([1], { deduplication: { key: "lost", window: "1m" } });
    expect(sent.id).not.toBe("lost");
  });

  test("a call whose answer was lost is sent again, and is the one that was sent", async () => {
    const shop = open({ publishing: () => ({ policy: { maxRetries: 1 } }) });
    const { store } = await shop.engine.runtime();
    const create = store.create.bind(store);
    let tries = 0;
    store.create = async (...given) => {
      tries += 1;
      const started = await create(...given);
      if (tries === 1) throw refused();
      return started;
    };
    const first = await shop.tasks.give.applyAsync([1], { deduplication: WITHIN });
    const second = await shop.tasks.give.applyAsync([1], { deduplication: WITHIN });
    expect([tries, second.id]).toEqual([2, first.id]);
    expect((await shop.app.runs.list()).runs).toHaveLength(1);
  });

  if (broker === "Redis") {
    test("costs two commands, and none a call without a key", async () => {
      const shop = open();
      await shop.engine.connect();
      const { give } = shop.tasks;
      /** How many commands a call costs, and how many of them are of keys; of the index of runs nothing, which comes later. */
      const costOf = async (send: () => PromiseLike<unknown>): Promise<readonly [all: number, ofKeys: number]> => {
        const [commands] = shop.broker.connections;
        if (commands === undefined) throw new Error("nothing is connected");
        const sent = jest.spyOn(commands, "sendCommand");
        await send();
        const texts = sent.mock.calls.map(([command]) => `${command.name} ${command.args.join(" ")}`);
        sent.mockRestore();
        const { prefix } = shop.place;
        const own = texts.filter((text) => !text.includes(`${prefix}:runs `));
        return [own.length, own.filter((text) => text.includes(`${prefix}:once:`)).length];
      };
      await give.applyAsync([0], { deduplication: { key: "warm", window: 60 } });
      const [plain, none] = await costOf(() => give.delay(1));
      expect(none).toBe(0);
      expect(await costOf(() => give.applyAsync([1], { deduplication: WITHIN }))).toEqual([plain + 2, 2]);
      expect(await costOf(() => give.applyAsync([1], { deduplication: WITHIN }))).toEqual([1, 1]);
      expect(await shop.place.redis.pttl(`${shop.place.prefix}:once:give:order-7`)).toBeGreaterThan(3_500_000);
    });
  }

  test.each<[given: unknown, message: string]>([
    ["order-7", 'option `deduplication` must be an object such as { key: "order-7", window: "10m" }; got "order-7"'],
    [{ id: "order-7", window: 1 }, "option `deduplication` has no `id`; it has key, window"],
    [{ key: "order-7", windw: 1 }, "option `deduplication` has no `windw`; did you mean `window`?; it has key, window"],
    [{ key: "", window: 1 }, '`key` of option `deduplication` must be text that is not empty; got ""'],
    [
      { key: "a" },
      '`window` of option `deduplication` must be a number of seconds of at least 0, or text such as "10s", "5m" or "250ms"; got undefined',
    ],
    [{ key: "a", window: 0 }, "`window` of option `deduplication` must be longer than nothing; got 0"],
  ])("%j is refused", (given, message) => {
    const { give } = open().tasks;
    const options = { deduplication: given } as { deduplication: { key: string; window: number } };
    expect(() => give.applyAsync([1], options)).toThrow(new OptionError(message));
  });

  test("a streamed group has none", () => {
    const { app, tasks } = open();
    const streamed = group.stream(app, [tasks.give.s(1)]);
    expect(() => streamed.applyAsync([], { deduplication: WITHIN })).toThrow(
      "a streamed group has no option `deduplication`: its members are taken before it is sent",
    );
  });
});
