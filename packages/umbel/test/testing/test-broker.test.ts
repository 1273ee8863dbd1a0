import { afterEach, describe, expect, test } from "@jest/globals";
import { App, chain, group } from "../../src/index.ts";
import { type TestBroker, type TestBrokerOptions, testBroker } from "../../src/testing.ts";

const HOUR_MS = 3_600_000;
const apps: App[] = [];

afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

function open(
  options: TestBrokerOptions = {},
): { app: App; broker: TestBroker; ran: string[] } & ReturnType<typeof defineTasks> {
  const app = new App("shop");
  apps.push(app);
  const ran: string[] = [];
  return { app, broker: testBroker(app, options), ran, ...defineTasks(app, ran) };
}

function defineTasks(app: App, ran: string[]) {
  return {
    add: app.task("add", (x: number, y: number) => x + y),
    note: app.task("note", (name: string) => {
      ran.push(name);
      return name;
    }),
    flaky: app.task({ name: "flaky", bind: true, params: ["fails"] }, (self, fails: number) => {
      ran.push(`try ${self.request.retries}`);
      return self.request.retries < fails ? self.retry({ countdown: 3600, maxRetries: 5 }) : "done";
    }),
  };
}

describe("time that jumps", () => {
  test("retries an hour apart come at once, and the hours have passed", async () => {
    const { flaky, broker, ran } = open();
    const before = broker.now.getTime();
    expect(await flaky.delay(3).get()).toBe("done");
    expect(ran).toEqual(["try 0", "try 1", "try 2", "try 3"]);
    expect(broker.now.getTime() - before).toBeGreaterThanOrEqual(3 * HOUR_MS);
  });

  test("a timeout passes before a task that is due later", async () => {
    const { note } = open();
    await expect(note.applyAsync(["late"], { countdown: 60 }).get({ timeout: 10 })).rejects.toThrow("10000 ms");
  });

  test("an ended run is forgotten after a day", async () => {
    const { add, app, broker } = open();
    const result = await add.delay(1, 2);
    expect(await result.get()).toBe(3);
    await broker.advance("25h");
    expect(await app.asyncResult(result.id).state()).toBe("PENDING");
  });
});

describe("time that is held", () => {
  test("a countdown runs out when the test lets it", async () => {
    const { note, broker, ran } = open({ time: "held" });
    const result = await note.applyAsync(["reminded"], { countdown: 3600 });
    await broker.advance("59m");
    expect(await result.state()).toBe("PENDING");
    await broker.advance("1m");
    expect(ran).toEqual(["reminded"]);
    expect(await result.get()).toBe("reminded");
  });

  test("an eta is a moment of the test's time", async () => {
    const { note, broker, ran } = open({ time: "held", startAt: new Date("2030-01-01T00:00:00Z") });
    await note.applyAsync(["new year"], { eta: new Date("2030-01-01T08:00:00Z") });
    await broker.advance("7h");
    expect(ran).toEqual([]);
    await broker.advance("1h");
    expect(ran).toEqual(["new year"]);
    expect(broker.now.toISOString()).toBe("2030-01-01T08:00:00.000Z");
  });

  test("what has expired before its time came is revoked", async () => {
    const { note, broker } = open({ time: "held" });
    const result = await note.applyAsync(["late"], { countdown: 60, expires: 30 });
    await broker.advance("2m");
    expect(await result.state()).toBe("REVOKED");
  });
});

test("what the App's URL or FLOW_BROKER says does not matter", async () => {
  const app = new App("far", { broker: "redis://nowhere.invalid:1" });
  apps.push(app);
  testBroker(app);
  const give = app.task("give", (value: string) => value);
  expect(await give.delay("here").get()).toBe("here");
});

test("a broker in use cannot be exchanged", async () => {
  const { add, app } = open();
  await add.delay(1, 1).get();
  expect(() => testBroker(app)).toThrow("uses its broker already");
});

test("the seed alone decides the order in which members run", async () => {
  const orderOf = async (seed: number): Promise<string[]> => {
    const { note, ran } = open({ seed });
    await group(["a", "b", "c", "d", "e", "f"].map((name) => note.s(name)))
      .delay()
      .get();
    return ran;
  };
  const orders = await Promise.all([1, 2, 3, 4, 5].map(orderOf));
  expect(new Set(orders.map(String)).size).toBeGreaterThan(1);
  expect(await orderOf(1)).toEqual(orders[0]);
});

test("a canvas comes to its end, whatever goes wrong", async () => {
  for (let seed = 0; seed < 20; seed += 1) {
    const { add, app } = open({
      seed,
      workers: 2,
      faults: {
        duplicateDelivery: 0.3,
        redeliveryWhileRunning: 0.2,
        crashBeforeSettle: 0.2,
        crashBeforeDispatch: 0.2,
        lostNews: 0.5,
      },
    });
    const canvas = chain(group([add.s(1, 1), chain(add.s(2, 2), add.s(3))]), group([add.si(1, 2), add.si(3, 4)]));
    expect(await canvas.delay().get()).toEqual([3, 7]);
    await app.close();
  }
});
