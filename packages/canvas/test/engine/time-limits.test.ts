import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { App, OptionError, SoftTimeLimitExceeded, TimeLimitExceeded } from "@umbel/core";
import { chain } from "../../src/primitives/chain.ts";
import { group } from "../../src/primitives/group.ts";
import { Gates } from "../kit/each-broker.ts";
import { until } from "../kit/redis-server.ts";
import { type Shop, shopsOnEachBroker } from "../kit/shop.ts";

const LONG_MS = 60_000;

async function endOf(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    return error;
  }
}

describe.each(shopsOnEachBroker)("T18 time limits on %s", (_broker, open) => {
  let shop: Shop;
  const complaints: string[] = [];

  beforeAll(async () => {
    shop = open();
    await shop.work({ concurrency: 2, onError: ({ message }) => complaints.push(message) });
  });
  afterAll(() => shop.close());

  test("the soft one is thrown into what awaits with the signal", async () => {
    const seen: unknown[] = [];
    const soft = shop.app.task({ name: "soft", bind: true, softTimeLimit: "20ms" }, async (self, how: string) => {
      try {
        await sleep(LONG_MS, undefined, { signal: self.signal });
      } catch (error) {
        seen.push(self.signal.reason);
        if (how === "mends it") return "mended";
        throw how === "throws the reason" ? self.signal.reason : error;
      }
      return "in time";
    });
    const message = 'task "soft" ran longer than its `softTimeLimit` of 0.02 s';
    expect(await soft.delay("mends it").get({ timeout: 10 })).toBe("mended");
    for (const how of ["throws the reason", "lets it pass"]) {
      const error = await endOf(soft.delay(how).get({ timeout: 10 }));
      expect(error).toBeInstanceOf(SoftTimeLimitExceeded);
      expect(error).toMatchObject({ message, code: "SOFT_TIME_LIMIT_EXCEEDED" });
    }
    expect(seen.every((reason) => reason instanceof SoftTimeLimitExceeded)).toBe(true);
  });

  test("the hard one ends an attempt for certain, and what it gives later is dropped", async () => {
    const gates = new Gates();
    const hard = shop.app.task({ name: "hard", timeLimit: 0.02, retries: 3 }, async (gate: string) => {
      await gates.pass(gate);
      return "late";
    });
    const result = await chain(hard.s("gate"), shop.tasks.same.s()).delay();
    const error = await endOf(result.get({ timeout: 10 }));
    expect(error).toBeInstanceOf(TimeLimitExceeded);
    expect(error).toMatchObject({ message: 'task "hard" ran longer than its `timeLimit` of 0.02 s' });
    gates.open("gate");
    expect(await shop.tasks.add.delay(1, 2).get({ timeout: 10 })).toBe(3);
    expect(await result.state()).toBe("FAILURE");
  });

  test("a task that goes on behind its end holds its slot, and the worker complains", async () => {
    complaints.length = 0;
    const gates = new Gates();
    let running = 0;
    let most = 0;
    const stuck = shop.app.task({ name: "stuck", timeLimit: 0.02 }, () => gates.pass("stuck"));
    const count = shop.app.task("count", async () => {
      running += 1;
      most = Math.max(most, running);
      await sleep(1);
      running -= 1;
    });
    await endOf(stuck.delay().get({ timeout: 10 }));
    await group(Array.from({ length: 20 }, () => count.s()))
      .delay()
      .get({ timeout: 10 });
    expect(most).toBe(1);
    expect(complaints).toEqual([
      "a task goes on after its `timeLimit`, and holds its slot until it ends; let it look at `self.signal`",
    ]);
    gates.open("stuck");
    await until("the slot is free", async () => {
      most = 0;
      await group(Array.from({ length: 6 }, () => count.s()))
        .delay()
        .get({ timeout: 10 });
      return most === 2;
    });
  });

  test("a task that held the event loop past its limit has failed, too", async () => {
    const busy = shop.app.task("busy", () => {
      for (const end = performance.now() + 15; performance.now() < end; );
      return "done";
    });
    expect(await endOf(busy.applyAsync([], { timeLimitMs: 5 }).get({ timeout: 10 }))).toBeInstanceOf(TimeLimitExceeded);
    expect(await busy.applyAsync([], { timeLimitMs: 5000 }).get({ timeout: 10 })).toBe("done");
  });

  test("those of a call win over the task's, and each member of a group has a time of its own", async () => {
    const short = shop.app.task({ name: "short", timeLimit: 0.03 }, async (ms: number) => {
      await sleep(ms);
      return ms;
    });
    expect(await short.applyAsync([60], { timeLimit: 10 }).get({ timeout: 10 })).toBe(60);
    // One after another in one slice, they would take longer than one may.
    const members = Array.from({ length: 12 }, () => short.s(5));
    expect(await group(members).delay().get({ timeout: 10 })).toEqual(members.map(() => 5));
  });
});

test.each<[options: object, message: string]>([
  [
    { timeLimit: "soon" },
    'option `timeLimit` of task "t" must be a number of seconds of at least 0, or text such as "10s", "5m" or "250ms"; got "soon"',
  ],
  [
    { softTimeLimit: -1 },
    'option `softTimeLimit` of task "t" must be a number of seconds of at least 0, or text such as "10s", "5m" or "250ms"; got -1',
  ],
  [
    { softTimeLimit: "1m", timeLimit: 60 },
    '`softTimeLimit` of task "t" must be shorter than its `timeLimit`; got "1m" and 60',
  ],
])("T18 time limits: refuses %o", (options, message) => {
  expect(() => new App("a").task({ name: "t", ...options }, () => 1)).toThrow(new OptionError(message));
});
