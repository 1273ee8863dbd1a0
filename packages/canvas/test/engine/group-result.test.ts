import { expect, test } from "@jest/globals";
import { App, type AsyncResult, OptionError, TimeoutError } from "@umbel/core";
import { CanvasEngine } from "../../src/engine/engine.ts";
import { MemoryBroker } from "../../src/engine/memory/memory-broker.ts";
import { VirtualClock } from "../../src/engine/memory/virtual-clock.ts";
import { PAGE_SIZE } from "../../src/graph/graph.ts";
import { chain } from "../../src/primitives/chain.ts";
import { group } from "../../src/primitives/group.ts";
import { serveByItself } from "../../src/worker/own-workers.ts";
import { describeOnEachBroker, Gates, type OpenShop } from "../kit/each-broker.ts";
import { until } from "../kit/redis-server.ts";
import { Shop } from "../kit/shop.ts";

/** A shop with a task that ends when its gate is opened: well, or badly with a negative value. */
function openWithGates(open: OpenShop) {
  const shop = open();
  const gates = new Gates();
  const gated = shop.app.task("gated", async (gate: string, value: number) => {
    await gates.pass(gate);
    if (value < 0) throw new RangeError(`value ${value}`);
    return value;
  });
  return { shop, gates, gated };
}

/** Counts the commands that a shop's connections send from now on; none in memory. */
function countCalls(shop: Shop): () => number {
  let calls = 0;
  for (const connection of shop.broker.connections) {
    const send = connection.sendCommand.bind(connection);
    connection.sendCommand = (command, stream) => {
      calls += 1;
      return send(command, stream);
    };
  }
  return () => calls;
}

const ended = (result: AsyncResult): Promise<void> => until("it has ended", () => result.ready());

describeOnEachBroker("R2 a group's result", (open) => {
  test("tells how its members stand, while they run and after", async () => {
    const { shop, gates, gated } = openWithGates(open);
    await shop.work();
    const handle = await group(gated.s("a", 1), chain(gated.s("b", -2), shop.tasks.add.s(1)), gated.s("c", 3)).delay();
    const [a, b, c] = await handle.results();
    const look = async (): Promise<unknown> => ({
      completed: await handle.completedCount(),
      ready: await handle.ready(),
      waiting: await handle.waiting(),
      failed: await handle.failed(),
      successful: await handle.successful(),
    });
    expect(await look()).toEqual({ completed: 0, ready: false, waiting: true, failed: false, successful: false });
    gates.open("c");
    await ended(c);
    expect(await look()).toEqual({ completed: 1, ready: false, waiting: true, failed: false, successful: false });
    gates.open("b");
    await ended(b);
    expect(await look()).toEqual({ completed: 1, ready: false, waiting: true, failed: true, successful: false });
    expect(await handle.state()).toBe("PENDING");
    gates.open("a");
    await ended(a);
    expect(await look()).toEqual({ completed: 2, ready: true, waiting: false, failed: true, successful: false });
    expect(await handle.state()).toBe("FAILURE");
    await expect(handle.join()).rejects.toThrow("value -2");
  });

  test("of members that never ran, each from the failure before it", async () => {
    const shop = open();
    const { fail, add } = shop.tasks;
    await shop.work();
    const members = Array.from({ length: 5 }, () => add.s(1));
    const handle = await chain(fail.s(1), group(members)).delay();
    await expect(handle.get()).rejects.toThrow("failed with [1]");
    expect([await handle.completedCount(), await handle.failed()]).toEqual([0, true]);
    const errors: unknown[] = [];
    for await (const [place, error] of handle.iterate({ propagate: false })) errors.push([place, String(error)]);
    expect(errors).toEqual([0, 1, 2, 3, 4].map((place) => [place, "RangeError: failed with [1]"]));
  });

  test("gives values as members end", async () => {
    const { shop, gates, gated } = openWithGates(open);
    await shop.work();
    const handle = await group(gated.s("a", 1), chain(gated.s("b", 2), shop.tasks.add.s(5)), gated.s("c", 3)).delay();
    const given: (readonly [number, number])[] = [];
    gates.open("b");
    for await (const pair of handle) {
      given.push(pair);
      gates.open(given.length === 1 ? "c" : "a");
    }
    expect(given).toEqual([
      [1, 7],
      [2, 3],
      [0, 1],
    ]);
    const again: number[] = [];
    for await (const [place] of handle) again.push(place);
    expect(again).toEqual([0, 1, 2]);
  });

  test("gives the error of a member when its turn comes, or throws it", async () => {
    const { shop, gates, gated } = openWithGates(open);
    await shop.work();
    const handle = await group(chain(gated.s("a", -1), shop.tasks.add.s(1)), gated.s("b", 2)).delay();
    const given: string[] = [];
    const all = (async () => {
      for await (const [place, value] of handle.iterate({ propagate: false })) {
        given.push(`${place} ${value}`);
        gates.open("b");
      }
    })();
    gates.open("a");
    await all;
    expect(given).toEqual(["0 RangeError: value -1", "1 2"]);
    const thrown = (async () => {
      for await (const _pair of handle);
    })();
    await expect(thrown).rejects.toThrow("value -1");
  });

  test("is iterated no longer than the limits allow, and left at any time", async () => {
    const { shop, gates, gated } = openWithGates(open);
    await shop.work();
    const handle = await group(gated.s("a", 1), gated.s("b", 2), gated.s("c", 3)).delay();
    gates.open("a");
    const iterateFor = async (options: { timeoutMs?: number; signal?: AbortSignal }): Promise<unknown> => {
      for await (const [place] of handle.iterate(options)) expect(place).toBe(0);
      return "ended";
    };
    await expect(iterateFor({ timeoutMs: 100 })).rejects.toThrow(
      new TimeoutError(
        "2 of 3 results were not there after 100 ms; the tasks go on, and their results can be asked for later",
      ),
    );
    const controller = new AbortController();
    const waiting = iterateFor({ signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    for await (const [place] of handle) {
      expect(place).toBe(0);
      break;
    }
    for (const gate of ["b", "c"]) gates.open(gate);
    expect(await handle.get()).toEqual([1, 2, 3]);
  });

  test("of nothing ends by itself", async () => {
    const shop = open();
    await shop.work();
    const handle = await shop.app.signature({ kind: "group", members: [] }).delay();
    expect(await handle.get()).toEqual([]);
    expect(await handle.successful()).toBe(true);
  });

  test("of many members is read in slices, and followed by one subscription", async () => {
    const shop = open();
    const worker = await shop.work({ concurrency: 100 });
    const count = 2100;
    const handle = await group(Array.from({ length: count }, (_, value) => shop.tasks.give.s(value))).delay();
    await handle.get({ timeout: 60 });
    await worker.close();
    const reader = open();
    await reader.app.asyncResult(handle.id).state();
    const calls = countCalls(reader);
    const given: number[] = [];
    for await (const [place, value] of reader.app.groupResult<number[]>(handle.id)) given[place] = value;
    expect(given).toEqual(Array.from({ length: count }, (_, value) => value));
    expect(await reader.app.groupResult(handle.id).completedCount()).toBe(count);
    // Pages of the graph, three slices of members twice, and what a subscription takes.
    expect(calls()).toBeLessThan(count / PAGE_SIZE + 15);
  }, 60_000);

  test("is known to another client by its id", async () => {
    const shop = open();
    await shop.work();
    const { id } = await group(shop.tasks.give.s(1), shop.tasks.give.s(2)).delay();
    const reader = open();
    const handle = reader.app.groupResult<[number, number]>(id);
    const given: (readonly [number, number])[] = [];
    for await (const pair of handle) given.push(pair);
    expect(given.sort()).toEqual([
      [0, 1],
      [1, 2],
    ]);
    expect(await (await reader.app.restoreGroup(id))?.get()).toEqual([1, 2]);
    const [member] = await handle.results();
    expect(await reader.app.restoreGroup(member.id)).toBeUndefined();
    expect(await reader.app.restoreGroup("nobody")).toBeUndefined();
    expect(await reader.app.restoreGroup("0192e0a0-0000-8000-8000-000000000000")).toBeUndefined();
  });
});

describeOnEachBroker("a group of results that were sent one by one", (open) => {
  const sendThree = async (shop: Shop) => {
    const { give, add, echo } = shop.tasks;
    const own = `${shop.place.prefix}-own`;
    return [
      await give.delay(1),
      await chain(add.s(1, 1), add.s(1)).delay(),
      await group(echo.s("a"), give.s(3)).delay(),
      await add.s(2, 2).set({ taskId: own }).delay(),
    ] as const;
  };

  test("is like any other", async () => {
    const shop = open();
    const results = await sendThree(shop);
    const handle = shop.app.groupResult(results);
    expect([await handle.ready(), await handle.completedCount(), await handle.state()]).toEqual([false, 0, "PENDING"]);
    expect(await handle.result()).toBeUndefined();
    await shop.work();
    expect(await handle.get()).toEqual([1, 3, [["a"], 3], 4]);
    expect(await handle.results()).toEqual(results);
    expect([await handle.completedCount(), await handle.successful(), await handle.waiting()]).toEqual([
      4,
      true,
      false,
    ]);
    expect(await handle.result()).toEqual([1, 3, [["a"], 3], 4]);
    expect(await handle.parent()).toBeUndefined();
    const places: number[] = [];
    for await (const [place] of handle) places.push(place);
    expect(places.sort()).toEqual([0, 1, 2, 3]);
  });

  test("fails with its first member in order that failed, when all have ended", async () => {
    const { shop, gates, gated } = openWithGates(open);
    await shop.work();
    const handle = shop.app.groupResult([
      await gated.delay("a", -1),
      await gated.delay("b", -2),
      await gated.delay("c", 3),
    ]);
    const waiting = handle.get();
    for (const gate of ["c", "b", "a"]) gates.open(gate);
    await expect(waiting).rejects.toThrow("value -1");
    await expect(handle.maybeThrow()).rejects.toThrow("value -1");
    expect([await handle.state(), await handle.completedCount()]).toEqual(["FAILURE", 1]);
    expect(await handle.traceback()).toContain("value -1");
    expect(await handle.get({ propagate: false })).toMatchObject({ message: "value -1" });
  });

  test("is found again when it was saved, and not when that was deleted", async () => {
    const shop = open();
    const handle = shop.app.groupResult(await sendThree(shop));
    const reader = open();
    expect(await reader.app.restoreGroup(handle.id)).toBeUndefined();
    await handle.save();
    await shop.work();
    const restored = await reader.app.restoreGroup(handle.id);
    expect(await restored?.get()).toEqual([1, 3, [["a"], 3], 4]);
    expect(await restored?.asTuple()).toEqual(await handle.asTuple());
    expect(reader.app.resultFromTuple(await handle.asTuple()).id).toBe(handle.id);
    await restored?.delete();
    expect(await reader.app.restoreGroup(handle.id)).toBeUndefined();
    expect(await handle.get()).toEqual([1, 3, [["a"], 3], 4]);
  });

  test("is kept as long as an ended run", async () => {
    const shop = open({ resultExpiresMs: 80 });
    const handle = shop.app.groupResult([await shop.tasks.give.delay(1)]);
    await handle.save();
    await until("it has expired", async () => (await shop.app.restoreGroup(handle.id)) === undefined);
  });

  test("is made of results, and of no such group", async () => {
    const { app, tasks } = open();
    const inner = app.groupResult([await tasks.give.delay(1)]);
    expect(() => app.groupResult([inner])).toThrow(OptionError);
    expect(() => app.groupResult([tasks.give.delay(1) as unknown as AsyncResult])).toThrow("await what `delay` gives");
  });
});

test("values come though all news of them is lost", async () => {
  const broker = new MemoryBroker({ clock: new VirtualClock(Date.now(), true), seed: 1, faults: { lostNews: 1 } });
  const app: App = new App("shop", {}, () => engine);
  const engine: CanvasEngine = new CanvasEngine(app, { openBroker: async () => broker });
  serveByItself(broker, app, () => engine);
  const give = app.task("give", (value: number) => value);
  const handle = await group(Array.from({ length: 30 }, (_, value) => give.s(value).set({ countdown: value }))).delay();
  const given: number[] = [];
  for await (const [, value] of handle) given.push(value);
  expect(given.sort((one, other) => one - other)).toEqual(Array.from({ length: 30 }, (_, value) => value));
  await app.close();
});

test("values come though the connections are cut in between", async () => {
  const shop = new Shop();
  const gates = new Gates();
  const gated = shop.app.task("gated", async (gate: number) => {
    await gates.pass(String(gate));
    return gate;
  });
  // Only the client's connections are cut, not the worker's.
  const workers = new Shop({}, shop.place);
  workers.app.task("gated", (gate: number) => gated(gate));
  await workers.work();
  try {
    const handle = await group([0, 1, 2, 3].map((gate) => gated.s(gate))).delay();
    const given: number[] = [];
    gates.open("0");
    for await (const [, value] of handle) {
      given.push(value);
      const ids = await Promise.all(shop.broker.connections.map((connection) => connection.client("ID")));
      for (const id of ids) await shop.place.redis.client("KILL", "ID", id);
      gates.open(String(value + 1));
    }
    expect(given).toEqual([0, 1, 2, 3]);
    await until("they are there again", () => shop.broker.connections.every(({ status }) => status === "ready"));
  } finally {
    await workers.close();
    await shop.close();
  }
}, 20_000);
