import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  type AnySignature,
  type AsyncResult,
  type BoundTask,
  bindSignature,
  OptionError,
  type Signature,
  type SignatureData,
  SignatureObject,
  type Submission,
  type Task,
} from "@umbel/core";
import { chain } from "../../src/primitives/chain.ts";
import { each } from "../../src/primitives/each.ts";
import { group } from "../../src/primitives/group.ts";
import { type Shop, shopsOnEachBroker } from "../kit/shop.ts";

describe.each(shopsOnEachBroker)("each on %s", (_broker, open) => {
  let shop: Shop;
  let running = 0;
  let most = 0;
  let enter: Task<[x: number], Promise<number>>;
  let leave: Task<[x: number], Promise<number>>;
  let flaky: Task<[x: number], number>;

  beforeAll(async () => {
    shop = open();
    enter = shop.app.task("enter", async (x: number) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, x % 3));
      return x;
    });
    leave = shop.app.task("leave", async (x: number) => {
      await new Promise((resolve) => setTimeout(resolve, x % 2));
      running -= 1;
      return x * 10;
    });
    flaky = shop.app.task({ name: "flaky", bind: true }, (self: BoundTask, x: number) => {
      if (self.request.retries === 0) throw new Error("not the first time");
      return x;
    });
    await shop.work({ concurrency: 20 });
  });
  afterAll(() => shop.close());

  const items = Array.from({ length: 25 }, (_, index) => index);

  test.each([[1], [4], [25]])("runs at most %d members at a time, each until all of it has ended", async (limit) => {
    most = 0;
    const result = await each(chain(enter.s(), leave.s()), { limit }).delay(items).get();
    expect(result).toEqual(items.map((x) => x * 10));
    expect(running).toBe(0);
    // How many it comes to depends on how soon workers are there.
    expect(most).toBeLessThanOrEqual(limit);
  });

  test("counts a group as one member, and goes on behind a member that fails", async () => {
    most = 0;
    const member = chain(enter.s(), group(leave.s(), shop.tasks.give.s()), shop.tasks.sum.s());
    expect(await each(member, { limit: 2 }).delay(items).get()).toEqual(items.map((x) => x * 11));
    expect(most).toBe(2);
    const ran: number[] = [];
    const odd = shop.app.task("odd", (x: number) => {
      ran.push(x);
      if (x % 2 === 0) throw new RangeError(`${x} is even`);
      return x;
    });
    await expect(each(odd.s(), { limit: 3 }).delay(items).get()).rejects.toThrow("0 is even");
    expect(ran.sort((a, b) => a - b)).toEqual(items);
  });

  test("with a limit may stand in another, and in the middle of a chain", async () => {
    const rows = [[1, 2, 3], [], [4]];
    const inner = each(chain(enter.s(), leave.s()), { limit: 1 });
    most = 0;
    const canvas = chain(shop.tasks.same.s(rows).as<number[][]>(), each(inner, { limit: 2 }), shop.tasks.echo.s());
    expect(await canvas.delay().get()).toEqual([[[10, 20, 30], [], [40]]]);
    expect(most).toBeLessThanOrEqual(2);
  });

  test("of nothing gives an empty list", async () => {
    expect(await each(enter.s(), { limit: 3 }).delay([]).get()).toEqual([]);
  });

  describe("has one entry for each item, whatever it runs", () => {
    const celeryGroup = (...tasks: object[]) => ({ task: "celery.group", kwargs: { tasks }, subtask_type: "group" });
    const celeryEcho = { task: "echo", args: ["!"], kwargs: {}, options: {}, subtask_type: null, immutable: false };

    test.each<[what: string, member: () => AnySignature, items: readonly unknown[], value: unknown]>([
      [
        "a group",
        () => group(shop.tasks.mul.s(10), shop.tasks.add.s(1)),
        [1, 2],
        [
          [10, 2],
          [20, 3],
        ],
      ],
      ["a group of one", () => group(shop.tasks.mul.s(10)), [1, 2], [[10], [20]]],
      ["a group of none", () => shop.app.signature(group()), [1, 2], [[], []]],
      ["a group, for no item", () => group(shop.tasks.mul.s(10)), [], []],
      [
        "an immutable group",
        () => group(shop.tasks.mul.si(1, 1), shop.tasks.give.si(2)).immutable(),
        [5, 6],
        [
          [1, 2],
          [1, 2],
        ],
      ],
      [
        "a group in a group",
        () => group(shop.tasks.give.s(), group(shop.tasks.mul.s(2))),
        [1, 2],
        [
          [1, 2],
          [2, 4],
        ],
      ],
      ["a group in an each", () => each(group(shop.tasks.give.s()) as never), [[1, 2], [3]], [[[1], [2]], [[3]]]],
      [
        "chunks",
        () =>
          shop.tasks.mul.chunks(
            [
              [1, 1],
              [2, 2],
              [3, 3],
            ],
            2,
          ),
        ["x", "y"],
        [
          [[1, 4], [9]],
          [[1, 4], [9]],
        ],
      ],
      ["Celery's group of one", () => shop.app.signature(celeryGroup(celeryEcho)), [1, 2], [[[1, "!"]], [[2, "!"]]]],
      ["Celery's group of none", () => shop.app.signature(celeryGroup()), [1, 2], [[], []]],
    ])("%s", async (_what, member, items, value) => {
      expect(
        await each(member() as never)
          .delay(items as never)
          .get(),
      ).toEqual(value);
    });

    test("so its limit counts items, of a group too", async () => {
      most = 0;
      const member = group(chain(enter.s(), leave.s()), chain(enter.s(), leave.s()), chain(enter.s(), leave.s()));
      const result = await each(member, { limit: 2 }).delay(items).get();
      expect(result).toEqual(items.map((x) => [x * 10, x * 10, x * 10]));
      expect(most).toBeGreaterThan(2);
      expect(most).toBeLessThanOrEqual(6);
    });

    test("and a group says for itself whether it fails fast", async () => {
      const late = shop.tasks.give.s(1).set({ countdown: 3600 });
      const member = group(shop.tasks.fail.s(), late as never).set({ failFast: true });
      await expect(
        each(member as never)
          .delay([7] as never)
          .get(),
      ).rejects.toThrow("failed with [7]");
    });
  });

  describe("hands its options on to what it runs", () => {
    const patient = { retries: 2, retryDelay: 0.05 };
    const same = (value: unknown) => shop.tasks.same.s(value).as<never[]>();

    test.each<[what: string, sent: () => Submission<AsyncResult>, value: unknown]>([
      ["set on it", () => each(flaky.s()).set(patient).delay([1, 2]), [1, 2]],
      [
        "set on a chain around it",
        () =>
          chain(same([1, 2]), each(flaky.s()))
            .set(patient)
            .delay(),
        [1, 2],
      ],
      ["set on a group around it", () => group(each(flaky.s())).set(patient).delay([1, 2]), [[1, 2]]],
      [
        "set on an each around it",
        () =>
          each(each(flaky.s()))
            .set(patient)
            .delay([[1], [2, 3]]),
        [[1], [2, 3]],
      ],
      ["of the call", () => each(flaky.s()).applyAsync([[1, 2]], patient), [1, 2]],
      ["of a call of a chain", () => chain(same([1, 2]), each(flaky.s())).applyAsync([], patient), [1, 2]],
      ["to each task of a member", () => each(chain(flaky.s(), flaky.s())).set(patient).delay([1, 2]), [1, 2]],
      ["in JSON", () => fromJson(each(flaky.s()).set(patient)).delay([1, 2]), [1, 2]],
    ])("%s", async (_what, sent, value) => {
      expect(await sent().get()).toEqual(value);
    });

    const fromJson = (signature: AnySignature) => shop.app.signature(JSON.stringify(signature));

    test("though what a member says itself wins, and what the call says wins over both", async () => {
      const impatient = each(flaky.s().set({ retries: 0 })).set(patient);
      await expect(impatient.delay([1]).get()).rejects.toThrow("not the first time");
      expect(await impatient.applyAsync([[1]], patient).get()).toEqual([1]);
      const inner = chain(flaky.s(), each(flaky.s()).set({ retries: 0 }).as<number>() as never);
      await expect(
        each(inner)
          .set(patient)
          .delay([1] as never)
          .get(),
      ).rejects.toThrow();
    });

    test("but not what is of the whole: its times, its id and its callbacks", async () => {
      const { echo, give } = shop.tasks;
      const options = {
        countdown: 0.01,
        expires: 60,
        priority: 3,
        queue: "default",
        taskId: `${shop.place.prefix}-whole`,
      };
      const result = await each(give.s())
        .set({ ...options, link: echo.s(), linkError: echo.s() })
        .delay([1, 2]);
      expect(await result.get()).toEqual([1, 2]);
      const { pages, store } = await shop.engine.runtime();
      const place = await (await shop.engine.runtime()).aliases.find(options.taskId);
      if (place === undefined) throw new Error("an id of its own");
      const page = await store.readPage(place.runKey, 1);
      const [spread, ...rest] = page ?? [];
      expect(spread).toMatchObject({ kind: "spread", starts: [{ count: 2, suffix: ";;;60000;" }] });
      expect(rest.slice(0, 2)).toMatchObject([
        { task: "give", options: { priority: 3, queue: "default" }, next: [], onError: [] },
        { task: "give", options: { priority: 3, queue: "default" }, next: [], onError: [] },
      ]);
      expect(await pages.node(place.runKey, place.index)).toMatchObject({ next: ["t1"], onError: ["t2@0"] });
    });

    test("so a queue is theirs, too", async () => {
      await shop.work({ queues: ["aside"], name: "aside" });
      const { request } = shop.tasks;
      const hosts = async (signature: Signature<[number[]], readonly { hostname: string | undefined }[]>) =>
        (await signature.delay([1, 2]).get()).map(({ hostname }) => hostname);
      const elsewhere = await hosts(each(request.si()));
      expect(elsewhere).not.toContain("aside");
      expect(await hosts(each(request.si()).set({ queue: "aside" }))).toEqual(["aside", "aside"]);
      const mixed = each(request.si().set({ queue: "default" })).set({ queue: "aside" });
      expect(await hosts(mixed)).toEqual(elsewhere);
    });
  });

  test("runs what it was sent with, whatever becomes of that here", async () => {
    const list = [1];
    const submission = each(shop.tasks.echo.s(list)).delay(["x"]);
    list.push(2);
    expect(await submission.get()).toEqual([["x", [1]]]);
    expect(() => each(shop.tasks.echo.s(/x/)).delay([1])).toThrow(
      "what `each` runs cannot be kept as JSON: `member.args[0]` is a RegExp",
    );
  });

  describe("takes one list, and else says what it got and where a list should come from", () => {
    const takes = (got: string): TypeError =>
      new TypeError(`\`each\` takes one list, the step's before it or its call's, \`delay([1, 2, 3])\`; it got ${got}`);
    const eachGive = (): SignatureObject => new SignatureObject(each(shop.tasks.give.s()).data, shop.app);

    test.each<[what: string, args: readonly unknown[], kwargs: Record<string, unknown>, got: string]>([
      ["nothing", [], {}, "no argument"],
      ["more than one argument", [[1, 2], 5], {}, "2 arguments: [1,2] and 5"],
      ["two lists and a name", [[1], [2], "x"], {}, '3 arguments: [1], [2] and "x"'],
      ["an argument by name", [[1]], { items: [1] }, "an argument by name: `items`"],
    ])("called with %s", (_what, args, kwargs, got) => {
      expect(() => eachGive().applyAsync(args, { kwargs })).toThrow(takes(got));
    });

    test.each<[what: string, data: () => SignatureData, before: unknown, got: string]>([
      ["a number", () => eachGive().data, 3, "3"],
      ["null", () => eachGive().data, null, "null"],
      ["an object", () => eachGive().data, { items: [1] }, '{"items":[1]}'],
      ["much text", () => eachGive().data, "much ".repeat(50), `"${"much ".repeat(50).slice(0, 76)}...`],
      ["a list beside one of its own", () => ({ ...eachGive().data, args: [[2]] }), [1], "2 arguments: [1] and [2]"],
      ["nothing, for it is immutable", () => ({ ...eachGive().data, immutable: true }), [1], "no argument"],
    ])("given %s by the step before it", async (_what, data, before, got) => {
      const warnings: unknown[] = [];
      const note = (warning: unknown): void => void warnings.push(warning);
      process.on("warning", note);
      try {
        const canvas = chain(shop.tasks.same.s(before), bindSignature(data(), shop.app) as never);
        await expect((canvas as AnySignature as SignatureObject).delay().get()).rejects.toMatchObject({
          name: "TypeError",
          message: takes(got).message,
        });
        await new Promise((resolve) => setImmediate(resolve));
      } finally {
        process.off("warning", note);
      }
      expect(warnings).toEqual([]);
    });
  });
});

test.each([[0], [1.5], [-1], [Number.NaN]])("a limit of %d is refused", (limit) => {
  const member = bindSignature({ kind: "task", task: "t" }, undefined);
  expect(() => each(member, { limit })).toThrow(OptionError);
});
