import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  allowJoinResult,
  MaxRetriesExceededError,
  OptionError,
  Reject,
  RemoteError,
  registerError,
  SynchronousSubtaskError,
  Task,
} from "@umbel/core";
import type { TaskFailure } from "../../src/worker/run-node.ts";
import { type Shop, shopsOnEachBroker } from "../kit/shop.ts";

class BusyError extends Error {}
class GoneError extends BusyError {}
class CardError extends Error {
  readonly cents: number;
  constructor(cents: number) {
    super(`no ${cents} cents`);
    this.name = "CardError";
    this.cents = cents;
  }
  get euros(): number {
    return this.cents / 100;
  }
}
registerError(CardError);

async function errorOf(promise: PromiseLike<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("it did not fail");
}

/** A worker of small tasks, and what it has told. */
interface Place {
  readonly broker: string;
  readonly shop: Shop;
  readonly failures: TaskFailure[];
  readonly tries: Map<string, number>;
  /** Counts the attempts of a call. */
  readonly attempt: (name: string) => number;
}

const places: Place[] = [];

beforeAll(async () => {
  for (const [broker, open] of shopsOnEachBroker) {
    const tries = new Map<string, number>();
    const attempt = (name: string): number => {
      const count = (tries.get(name) ?? 0) + 1;
      tries.set(name, count);
      return count;
    };
    const place: Place = { broker, shop: open(), failures: [], tries, attempt };
    places.push(place);
    await place.shop.work({ onFailure: (failure) => place.failures.push(failure) });
  }
});
afterAll(async () => {
  for (const { shop } of places) await shop.close();
});

/** Defines a test for each broker; the row of the guide that it holds comes first in its name. */
function onEachBroker(name: string, run: (place: Place) => Promise<void>): void {
  test.each(shopsOnEachBroker.map(([broker]) => broker))(`${name}, on %s`, async (broker) => {
    const place = places.find((each) => each.broker === broker);
    if (place === undefined) throw new Error(`no shop was opened on ${broker}`);
    await run(place);
  });
}

onEachBroker("T10 autoretry is tried again until it succeeds, with one id", async ({ shop }) => {
  const ids = new Set<string>();
  const busy = shop.app.task(
    { name: "busy", bind: true, autoretryFor: [BusyError], defaultRetryDelay: 0, maxRetries: 3 },
    (self, failures: number) => {
      ids.add(self.request.id);
      if (self.request.retries < failures) throw new GoneError("busy");
      return self.request.retries;
    },
  );
  expect(await busy.delay(3).get({ timeout: 10 })).toBe(3);
  expect(ids.size).toBe(1);
  expect(await errorOf(busy.delay(4).get({ timeout: 10 }))).toMatchObject({ message: "busy" });
});

onEachBroker(
  "T10 autoretry leaves other errors, Reject and MaxRetriesExceededError alone",
  async ({ shop, tries, attempt }) => {
    const options = { autoretryFor: [Error], dontAutoretryFor: [GoneError], retryBackoff: 0.001 };
    const fail = shop.app.task({ name: "not again", ...options }, (what: string) => {
      attempt(what);
      if (what === "gone") throw new GoneError(what);
      if (what === "reject") throw new Reject(what);
      throw what === "spent" ? new MaxRetriesExceededError(what) : new RangeError(what);
    });
    for (const what of ["gone", "reject", "spent", "range"]) await errorOf(fail.delay(what).get({ timeout: 10 }));
    expect(["gone", "reject", "spent", "range"].map((what) => tries.get(what))).toEqual([1, 1, 1, 4]);
  },
);

onEachBroker("T9 retry: `exc` is what it fails with when the retries are spent", async ({ shop }) => {
  const again = shop.app.task({ name: "again", bind: true, maxRetries: 1 }, (self, own: boolean): never =>
    self.retry({ countdown: 0, ...(own ? { exc: new CardError(5) } : {}) }),
  );
  expect(await errorOf(again.delay(true).get({ timeout: 10 }))).toBeInstanceOf(CardError);
  const spent = await errorOf(again.delay(false).get({ timeout: 10 }));
  expect(spent).toBeInstanceOf(MaxRetriesExceededError);
  expect(spent.message).toMatch(/^task "again" \(.{36}\) was retried 1 times, and `maxRetries` is 1$/);
});

onEachBroker(
  "T11 retries of a task count for its calls, and those of a call come first",
  async ({ shop, tries, attempt }) => {
    const always = shop.app.task({ name: "always", retries: 2 }, (what: string) => {
      attempt(what);
      throw new Error(what);
    });
    await errorOf(always.applyAsync(["the task's"], { retryDelay: 0 }).get({ timeout: 10 }));
    await errorOf(always.applyAsync(["the call's"], { retries: 0 }).get({ timeout: 10 }));
    expect([tries.get("the task's"), tries.get("the call's")]).toEqual([3, 1]);
  },
);

onEachBroker("T11 lengths of time may be said in milliseconds, by a task, its class and `retry`", async ({ shop }) => {
  const limits: unknown[] = [];
  class Short extends Task {
    override timeLimitMs = 45_000;
    override softTimeLimitMs = 30_000;
    override defaultRetryDelayMs = 2;
  }
  const wait = shop.app.task({ name: "wait a little", bind: true, base: Short, timeLimitMs: 60_000 }, (self) => {
    limits.push(self.request.timelimit);
    if (self.request.retries === 0) self.retry({ countdownMs: 1 });
    if (self.request.retries === 1) self.retry();
    return self.request.retries;
  });
  expect(wait.options).toMatchObject({ timeLimit: 60, softTimeLimit: 30, defaultRetryDelay: 0.002 });
  expect(Object.keys(wait.options).filter((name) => name.endsWith("Ms"))).toEqual([]);
  expect(await wait.delay().get({ timeout: 10 })).toBe(2);
  expect(limits).toEqual([
    [30, 60],
    [30, 60],
    [30, 60],
  ]);
  shop.app.conf.taskAnnotations = { "wait a little": { timeLimitMs: 90_000 } };
  expect(wait.options.timeLimit).toBe(90);
});

onEachBroker("T11 throws: the worker is told that such an error is expected", async ({ shop, failures }) => {
  const pay = shop.app.task({ name: "pay", throws: [CardError] }, (ok: boolean) => {
    throw ok ? new CardError(1) : new TypeError("bug");
  });
  await errorOf(pay.delay(true).get({ timeout: 10 }));
  await errorOf(pay.delay(false).get({ timeout: 10 }));
  const told = failures.filter(({ task }) => task === "pay").map(({ error, isExpected }) => [error.name, isExpected]);
  expect(told).toEqual([
    ["CardError", true],
    ["TypeError", false],
  ]);
});

onEachBroker(
  "R3 errors of a registered class come back as its instances, others with name, message and stack",
  async ({ shop }) => {
    const pay = shop.app.task("pay for it", (cents: number) => {
      throw cents > 0 ? new CardError(cents) : new RangeError("none");
    });
    const error = await errorOf(pay.delay(250).get({ timeout: 10 }));
    expect(error).toBeInstanceOf(CardError);
    expect(error).toMatchObject({ name: "CardError", message: "no 250 cents", cents: 250, euros: 2.5 });
    expect(error.stack).toContain("retries.test");
    const other = await errorOf(pay.delay(0).get({ timeout: 10 }));
    expect(other).toBeInstanceOf(RemoteError);
    expect(other).toMatchObject({ name: "RangeError", message: "none" });
  },
);

onEachBroker("T19 get inside a task is refused, unless it is allowed", async ({ shop }) => {
  const { give } = shop.tasks;
  const wait = shop.app.task("wait", async (how: string) => {
    const result = await give.delay(7);
    if (how === "allowed") return await allowJoinResult(() => result.get());
    return await result.get({ disableSyncSubtasks: how !== "option" });
  });
  expect(await wait.delay("allowed").get({ timeout: 10 })).toBe(7);
  expect(await wait.delay("option").get({ timeout: 10 })).toBe(7);
  const refused = await errorOf(wait.delay("plain").get({ timeout: 10 }));
  expect(refused).toMatchObject({ name: "SynchronousSubtaskError", code: new SynchronousSubtaskError("").code });
  expect(refused.message).toMatch(
    /^task "wait" \(.{36}\) waits for the result of .{36}, which can hold its worker for ever; let what comes next be a canvas \(`chain`, `chord`, `self\.replace`\), or wrap it in `allowJoinResult`$/,
  );
});

describe("R3 registerError", () => {
  test.each<[what: string, call: () => void, message: string]>([
    [
      "what is no class",
      () => registerError("CardError" as never),
      '`registerError` takes a class that extends Error; got "CardError"',
    ],
    [
      "a class of something else",
      () => registerError(Map as never),
      "`registerError` takes a class that extends Error; got a function",
    ],
    [
      "a class without a name",
      () => registerError((() => class extends Error {})()),
      "`registerError` needs a name for a class that has none: registerError(class, name)",
    ],
  ])("refuses %s", (_what, call, message) => {
    expect(call).toThrow(new OptionError(message));
  });
});
