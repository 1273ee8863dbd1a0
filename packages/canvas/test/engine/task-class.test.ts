import { hostname } from "node:os";
import { expect, test } from "@jest/globals";
import { type AnyTask, currentApp, Ignore, Request, Task, type TaskRequest } from "@umbel/core";
import * as z from "zod";
import { chain, chord, group } from "../../src/index.ts";
import { describeOnEachBroker } from "../kit/each-broker.ts";
import type { Shop } from "../kit/shop.ts";

/** What handlers were told, in order. */
let told: unknown[][] = [];

/** Waits until something was told. */
let onTold = (): void => undefined;

function tell(...what: unknown[]): void {
  told.push(what);
  onTold();
}

async function untilTold(word: string): Promise<void> {
  while (!told.some(([first]) => first === word)) {
    await new Promise<void>((resolve) => {
      onTold = resolve;
    });
  }
}

class Told extends Task {
  override beforeStart(id: string, args: readonly unknown[], kwargs: object): void {
    tell("beforeStart", this.request.id === id, args, kwargs);
  }
  override async onSuccess(value: unknown, id: string): Promise<void> {
    await Promise.resolve();
    tell("onSuccess", value, this.request.id === id);
  }
  override onFailure(error: Error, _id: string, args: readonly unknown[], _kwargs: object, traceback?: string): void {
    tell("onFailure", error.message, args, traceback?.includes("task-class.test.ts"));
  }
  override onRetry(error: Error | undefined): void {
    tell("onRetry", error?.message);
  }
  override afterReturn(state: string, valueOrError: unknown): void {
    tell("afterReturn", state, valueOrError instanceof Error ? valueOrError.message : valueOrError);
  }
}

class MyRequest extends Request {
  override onTimeout(soft: boolean, timeout: number): void {
    tell("onTimeout", soft, timeout, this.task.name);
  }
  override onFailure(error: Error): void {
    tell("request.onFailure", error.message, this.info.retries);
  }
  override onSuccess(value: unknown): void {
    tell("request.onSuccess", value);
  }
}

class Requested extends Told {
  override Request = MyRequest;
}

class Clumsy extends Task {
  override onSuccess(): void {
    throw new Error("clumsy");
  }
}

class Early extends Task {
  override beforeStart(): void {
    throw new RangeError("not today");
  }
  override run(): string {
    return "ran";
  }
}

class Database extends Task {
  connections = 0;
  get db(): number {
    this.connections += 1;
    return this.connections;
  }
}

function defineTasks({ app }: Shop) {
  return {
    add: app.task({ name: "told.add", base: Told }, (x: number, y: number) => x + y),
    fail: app.task({ name: "told.fail", base: Told }, (x: number): number => {
      throw new RangeError(`bad ${x}`);
    }),
    again: app.task({ name: "told.again", base: Told, bind: true }, (self, times: number) => {
      if (self.request.retries < times) self.retry({ countdown: 0, exc: new Error("once more") });
      return self.request.retries;
    }),
    auto: app.task({ name: "told.auto", base: Told, bind: true, retries: 1 }, (self) => {
      if (self.request.retries === 0) throw new Error("by itself");
      return "auto";
    }),
    ignore: app.task({ name: "told.ignore", base: Told }, () => {
      throw new Ignore();
    }),
    requested: app.task(
      { name: "requested", base: Requested, timeLimit: "40ms", softTimeLimit: "20ms" },
      async (ms: number) => {
        await new Promise((resolve) => setTimeout(resolve, ms).unref());
        return ms;
      },
    ),
    clumsy: app.task({ name: "clumsy", base: Clumsy }, () => 1),
    early: app.registerTask(Early, { name: "early" }),
    read: app.task({ name: "read", base: Database, bind: true }, (self) => self.db),
    self: app.registerTask(
      class extends Task {
        override async run(x: number): Promise<unknown[]> {
          await Promise.resolve();
          return [x, this.request.id !== "", this.request.calledDirectly, currentApp() === this.app];
        }
      },
      { name: "self" },
    ),
    dump: app.task({ name: "dump", bind: true }, (self, ..._args: unknown[]) => self.request),
  };
}

describeOnEachBroker("T4 handlers", (open) => {
  test("are called in order; with them T14 shared fields and T15 requests of one's own", async () => {
    const shop = open();
    const tasks = defineTasks(shop);
    const errors: string[] = [];
    await shop.work({ onError: (error) => errors.push(error.message) });
    const run = async (what: () => PromiseLike<{ get(): Promise<unknown> }>): Promise<[unknown, unknown[][]]> => {
      told = [];
      const value = await (await what()).get().catch((error: unknown) => String(error));
      return [value, told];
    };
    expect(await run(() => tasks.add.applyAsync([1], { kwargs: { y: 2 } }))).toEqual([
      3,
      [
        ["beforeStart", true, [1], { y: 2 }],
        ["onSuccess", 3, true],
        ["afterReturn", "SUCCESS", 3],
      ],
    ]);
    expect(await run(() => tasks.fail.delay(7))).toEqual([
      "RangeError: bad 7",
      [
        ["beforeStart", true, [7], {}],
        ["onFailure", "bad 7", [7], true],
        ["afterReturn", "FAILURE", "bad 7"],
      ],
    ]);
    expect(await run(() => tasks.again.delay(1))).toEqual([
      1,
      [
        ["beforeStart", true, [1], {}],
        ["onRetry", "once more"],
        ["beforeStart", true, [1], {}],
        ["onSuccess", 1, true],
        ["afterReturn", "SUCCESS", 1],
      ],
    ]);
    expect((await run(() => tasks.ignore.delay()))[1]).toEqual([["beforeStart", true, [], {}]]);
    expect(await run(() => tasks.early.delay())).toEqual(["RangeError: not today", []]);
    expect((await run(() => tasks.clumsy.delay()))[0]).toBe(1);
    expect(errors).toEqual([expect.stringMatching(/^a handler of task "clumsy" \(.+\) threw: clumsy$/)]);
    expect((await run(() => tasks.requested.delay(1)))[1]).toContainEqual(["request.onSuccess", 1]);
    expect((await run(() => tasks.requested.delay(10_000)))[0]).toMatch(/^TimeLimitExceeded: /);
    await untilTold("onTimeout");
    expect(told).toContainEqual(["onTimeout", true, 0.02, "requested"]);
    expect([(await run(() => tasks.read.delay()))[0], (await run(() => tasks.read.delay()))[0]]).toEqual([1, 2]);
    expect((await run(() => tasks.self.delay(5)))[0]).toEqual([5, true, false, true]);
  });
});

describeOnEachBroker("T6 self.request", (open) => {
  test("has every field", async () => {
    const shop = open();
    const { dump } = defineTasks(shop);
    const { sum, give } = shop.tasks;
    await shop.work({ name: "w1" });
    const eta = new Date(Date.now() - 1000);
    const one = await dump.applyAsync([1], {
      queue: "default",
      priority: 3,
      eta,
      expires: 60,
      timeLimit: 5,
      softTimeLimit: "2s",
    });
    expect(await one.get()).toEqual({
      id: one.id,
      task: "dump",
      args: [1],
      kwargs: {},
      group: null,
      chord: null,
      rootId: one.id,
      parentId: null,
      correlationId: one.id,
      retries: 0,
      hostname: "w1",
      origin: `${process.pid}@${hostname()}`,
      calledDirectly: false,
      isEager: false,
      eta: eta.toISOString(),
      expires: 60,
      deliveryInfo: { routingKey: "default", priority: 3, redelivered: false },
      replyTo: null,
      timelimit: [2, 5],
      callbacks: [],
      errbacks: [],
      chain: [],
      utc: true,
      headers: null,
      stamps: null,
      stampedHeaders: null,
    } satisfies TaskRequest);
    const asRequest = (value: unknown): TaskRequest => value as TaskRequest;
    const body = await chord(
      Array.from({ length: 200 }, () => dump.s()),
      shop.app.task("firstOf", (all: readonly unknown[]) => [all[0], all[199]]).s(),
    ).delay();
    const [first, last] = (await body.get()).map(asRequest);
    expect([first?.chord, last?.chord]).toEqual([body.id, body.id]);
    expect(first?.group).not.toBeNull();
    const plain = await group(dump.s(), dump.s()).delay();
    expect((await plain.get()).map((value) => [asRequest(value).chord, asRequest(value).group])).toEqual([
      [null, plain.id],
      [null, plain.id],
    ]);
    const keep = shop.app.task("keep", (value: unknown) => value);
    const errback = shop.app.task("errback", (_id: string) => undefined);
    const chained = await chain(
      give.si(1),
      dump.si().set({ link: [sum.si([1])], linkError: errback.s() }),
      keep.s(),
      keep.s(),
    ).delay();
    const seen = asRequest(await chained.get());
    expect(seen.chain).toHaveLength(2);
    expect(seen.chain[1]).toBe(chained.id);
    expect(seen.callbacks).toHaveLength(2);
    expect(seen.callbacks[0]).toBe(seen.chain[0]);
    expect(seen.errbacks).toHaveLength(1);
    expect(seen.parentId).toBe(seen.rootId);
  });
});

describeOnEachBroker("T2 a schema", (open) => {
  test("converts arguments and results where the task runs", async () => {
    const shop = open();
    const trim = shop.app.task(
      {
        name: "trim",
        params: ["text", "times"],
        schema: z.object({ text: z.string().trim(), times: z.number().default(2) }),
        result: z.string().max(8),
      },
      (text, times) => text.repeat(times),
    );
    await shop.work();
    expect(await trim.applyAsync([" ab "], { kwargs: { times: 3 } }).get()).toBe("ababab");
    await expect(trim.delay("abcdef", 2).get()).rejects.toThrow(/^the result of task "trim": /);
    const untyped = trim as AnyTask;
    expect(() => untyped.delay(1, 2)).toThrow(/^task "trim": `text`: /);
    await expect(chain(shop.tasks.give.si(7), untyped.s(2)).delay().get()).rejects.toThrow(/^task "trim": `text`: ./);
  });
});

describeOnEachBroker("T3 a bound task", (open) => {
  test("gets itself first, with a request, signal and all that it may do", async () => {
    const shop = open();
    const bound = shop.app.task({ name: "bound", bind: true }, function (self, x: number) {
      const methods = [self.retry, self.replace, self.addToChord, self.updateState].map((method) => typeof method);
      return { same: self === this, name: self.name, id: self.request.id, aborted: self.signal.aborted, methods, x };
    });
    await shop.work();
    const result = await bound.delay(5);
    const methods = ["function", "function", "function", "function"];
    expect(await result.get()).toEqual({ same: true, name: "bound", id: result.id, aborted: false, methods, x: 5 });
    expect(() => bound.applyAsync([])).toThrow(new TypeError('task "bound" takes (x); `x` is missing'));
  });
});
