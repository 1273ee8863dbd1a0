import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type AnySignature, ChordError, type SignatureData, TaskRevokedError } from "@umbel/core";
import { chain } from "../../src/primitives/chain.ts";
import { chord } from "../../src/primitives/chord.ts";
import { group } from "../../src/primitives/group.ts";
import { Shop } from "../kit/shop.ts";

const shop = new Shop();
const { add, mul, sum, echo, give, same, fail, sleep, request, spoil, nothing } = shop.tasks;

beforeAll(async () => {
  await shop.work();
});
afterAll(() => shop.close());

/** A step that types would refuse. */
const untyped = (signature: AnySignature): AnySignature => signature;

/** Sends a canvas and gives its result. */
const run = async (canvas: AnySignature): Promise<unknown> =>
  await shop.app.signature(canvas.data).delay().get({ timeout: 20 });

describe("R1 the result", () => {
  test.each<[what: string, canvas: AnySignature, result: unknown]>([
    ["of a task", add.s(2, 2), 4],
    ["of a task by name", add.signature([2], { kwargs: { y: 3 } }), 5],
    ["of a chain", chain(add.s(4, 4), mul.s(8)), 64],
    ["of a long chain", chain(give.s(0), ...Array.from({ length: 300 }, () => add.s(1))), 300],
    ["of chains in a chain", chain(chain(add.s(1, 1), add.s(1)), chain(add.s(1), chain(add.s(1)))), 5],
    ["of a chain whose last step takes nothing", chain(add.s(1, 1), add.si(5, 5)), 10],
    ["of a group, in its order", group(sleep.s(60, 1), sleep.s(30, 2), add.s(1, 2)), [1, 2, 3]],
    ["of a group of one", group(add.s(1, 1)), [2]],
    ["of an empty group", group([]), []],
    ["of a group in a group, flat", group(add.s(1, 1), group(add.s(2, 2), add.s(3, 3))), [2, 4, 6]],
    [
      "of a chain that ends in a group in a group",
      group(give.s(0), chain(give.s(1), group(add.s(1), add.s(2)))),
      [0, [2, 3]],
    ],
    ["of a chord", chord([add.s(1, 1), add.s(2, 2)], sum.s()), 6],
    ["of a chord over nothing", chord([], sum.s()), 0],
    ["of a chord with one member", chord([add.s(1, 1)], echo.s("x")), [[2], "x"]],
    ["of a chord whose body is a group", chord([add.s(1, 1), add.s(2, 2)], group(sum.s(), echo.s())), [6, [[2, 4]]]],
    ["of a chord whose body is a chain", chord([add.s(1, 1)], chain(sum.s(), add.s(10))), 12],
    ["of a chord in a chord's header", chord([chord([give.s(1), give.s(2)], sum.s()), give.s(4)], sum.s()), 7],
    ["of a group that a task follows", chain(group(give.s(1), give.s(2)), sum.s()), 3],
    ["of groups that follow each other", chain(group(give.s(1), give.s(2)), group(sum.s(), sum.s()), sum.s()), 6],
    ["of an empty group that a task follows", chain(group([]), echo.s()), [[]]],
    ["of a task that a group follows", chain(give.s(5), group(add.s(1), add.s(2))), [6, 7]],
    [
      "of a map",
      mul.starmap([
        [1, 2],
        [3, 4],
      ]),
      [2, 12],
    ],
    ["of a map over nothing", same.map([]), []],
    [
      "of chunks",
      add.chunks(
        [
          [1, 1],
          [2, 2],
          [3, 3],
        ],
        2,
      ),
      [[2, 4], [6]],
    ],
    ["that is null", same.s(null), null],
    ["that is nothing", nothing.s(), null],
    ["that is passed on as one argument", chain(same.s([1, 2]), echo.s(3)), [[1, 2], 3]],
    ["that is null is passed on", chain(same.s(null), echo.s()), [null]],
  ])("%s", async (_what, canvas, result) => {
    expect(await run(canvas)).toEqual(result);
  });

  test("of arguments and options of the call", async () => {
    expect(await add.s(2).delay(1).get()).toBe(3);
    expect(
      await add
        .s()
        .applyAsync([1], { kwargs: { y: 5 } })
        .get(),
    ).toBe(6);
    expect(await chain(add.s(1), mul.s(2)).delay(3).get()).toBe(8);
    expect(await group(add.s(1), add.s(2)).delay(10).get()).toEqual([11, 12]);
  });

  test("of each of two sends of one signature", async () => {
    const canvas = chord([add.s(1), add.s(2)], sum.s());
    expect(await Promise.all([canvas.delay(1).get(), canvas.delay(2).get()])).toEqual([5, 7]);
  });
});

describe("an error", () => {
  const message = "failed with [1]";
  const RangeError_ = { name: "RangeError", message };

  test.each<[what: string, canvas: AnySignature]>([
    ["of a task", fail.s(1)],
    ["of a chain's first step", chain(fail.s(1), add.s(1), add.s(1))],
    ["of a step in the middle", chain(give.s(1), fail.s(), add.s(1), add.s(1))],
    ["of a group's member", group(add.s(1, 1), fail.s(1))],
    ["of a chord's header", chord([add.s(1, 1), fail.s(1)], sum.s())],
    ["of a chord's body", chord([], chain(give.si(1), fail.s()))],
    ["of a header in a header", chord([chord([fail.s(1)], sum.s()), give.s(1)], sum.s())],
    ["of a header with a group as body", chord([fail.s(1)], group(sum.s(), sum.s()))],
    ["of a step before a group", chain(fail.s(1), group(add.s(1), add.s(2)))],
    ["of a step before a chord", chain(fail.s(1), chord([add.s(1)], sum.s()), add.s(1))],
  ])("%s is thrown by get()", async (_what, canvas) => {
    await expect(run(canvas)).rejects.toMatchObject(RangeError_);
  });

  test("of a header is stored with the body as a ChordError that names the first in order", async () => {
    const members = [sleep.s(0, 1), chain(sleep.s(40, 2), fail.s()), fail.s(3)];
    const handle = await chord(members, sum.s()).delay();
    await expect(handle.get()).rejects.toMatchObject({ message: "failed with [2]" });
    const { state, error } = await shop.engine.read(handle.id);
    expect({ state, name: error?.name, message: error?.message }).toEqual({
      state: "FAILURE",
      name: "ChordError",
      message: expect.stringMatching(/^Dependency [0-9a-f-]{36} raised RangeError\('failed with \[2\]'\)$/),
    });
    expect(new ChordError("").code).toBe(error?.code);
  });

  test.each<[what: string, canvas: AnySignature, error: object]>([
    [
      "too few arguments of a later step",
      chain(give.s(1), untyped(add.s())),
      { name: "TypeError", message: 'task "add" takes (x, y); `y` is missing' },
    ],
    [
      "a result that JSON would change",
      same.signature([{ a: 1 }]).pipe(chain(request.si(), shop.app.task("bad", () => Symbol.iterator).si())),
      { name: "SerializationError", code: "NOT_SERIALIZABLE", message: expect.stringContaining("it is a symbol") },
    ],
    ["a task that no worker knows", shop.app.signature("nobody"), { name: "NotRegistered", message: "nobody" }],
    [
      "something thrown that is no Error",
      shop.app
        .task("throws text", () => {
          throw "text" as unknown as Error;
        })
        .s(),
      { name: "Error", message: 'a value that is not an Error was thrown: "text"' },
    ],
  ])("%s is the step's own", async (_what, canvas, error) => {
    await expect(run(canvas)).rejects.toMatchObject(error);
  });

  test("shows the stack of the task's own code", async () => {
    const error: unknown = await fail.delay(1).get({ propagate: false });
    expect(error).toMatchObject({ stack: expect.stringContaining("canvas/test/kit/shop.ts") });
  });

  test("leaves siblings and steps before it as they were", async () => {
    const first = add.s(1, 1).set({ taskId: `${shop.place.prefix}-first` });
    const later = add.s(1).set({ taskId: `${shop.place.prefix}-later` });
    await expect(chain(first, fail.s(), later).delay().get()).rejects.toThrow(RangeError_.message.slice(0, 6));
    const states = ["first", "later"].map((name) => shop.app.asyncResult(`${shop.place.prefix}-${name}`).state());
    expect(await Promise.all(states)).toEqual(["SUCCESS", "FAILURE"]);
  });
});

describe("C1 what is wrong with a call is thrown at once", () => {
  test.each<[what: string, send: () => unknown, message: string]>([
    ["too few arguments", () => add.s().applyAsync([1]), 'task "add" takes (x, y); `y` is missing'],
    [
      "an unknown name",
      () => add.s().applyAsync([1], { kwargs: { z: 1 } }),
      'task "add" has no parameter `z`; did you mean `x`?; it takes (x, y)',
    ],
    [
      "too few arguments of a group's member",
      () => group(add.s(1), add.s(1)).applyAsync(),
      'task "add" takes (x, y); `y` is missing',
    ],
    [
      "an option",
      () => add.s(1, 2).applyAsync([], { priority: 12 }),
      "option `priority` must be a whole number from 0 to 9; got 12",
    ],
    [
      "a canvas without tasks",
      () => shop.app.signature({ kind: "chain", steps: [] } satisfies SignatureData).delay(),
      "this canvas holds no task at all, so there is nothing to run",
    ],
  ])("%s", (_what, send, message) => {
    expect(send).toThrow(message);
  });

  test.each([
    ["a RegExp", { which: /x/ }, "`[0].which` is a RegExp"],
    ["NaN", Number.NaN, "`[0]` is NaN"],
  ])("an argument that JSON would change: %s", (_what, argument, place) => {
    const message = `the list of arguments of task "same" cannot be kept as JSON: ${place};`;
    expect(() => same.delay(argument)).toThrow(message);
    expect(() => same.applyAsync([], { kwargs: { value: [argument] } })).toThrow("the named arguments of task");
  });
});

describe("arguments", () => {
  test("are what they were when the call was sent, whatever happens to them then", async () => {
    const list = [1];
    const submission = same.delay(list);
    list.push(2);
    expect(await submission.get()).toEqual([1]);
  });

  test("are each call's own, also in the process that sent them", async () => {
    const list = [1];
    expect(await group(spoil.s(list), spoil.s(list), spoil.s(list)).delay().get()).toEqual([2, 2, 2]);
    expect(list).toEqual([1]);
  });

  test("come as JSON gives them, also in the process that sent them", async () => {
    const kind = shop.app.task("kind", (value: object) => value.constructor.name);
    class Point {
      readonly x = 1;
    }
    expect(await kind.delay(new Point()).get()).toBe("Object");
  });
});

describe("a request", () => {
  test("of a chain's steps tells ids, parents and root", async () => {
    const ids = { first: `${shop.place.prefix}-a`, second: `${shop.place.prefix}-b` };
    const second = await chain(
      request.s().set({ taskId: ids.first }),
      request.si().set({ taskId: ids.second }),
    ).delay();
    expect(await second.get()).toMatchObject({
      id: ids.second,
      task: "request",
      rootId: ids.first,
      parentId: ids.first,
      group: null,
      retries: 0,
      calledDirectly: false,
      isEager: false,
    });
  });

  test("of a member tells the id of its group", async () => {
    const handle = await group(request.s(), request.s()).delay();
    expect(await handle.get()).toMatchObject([{ group: handle.id }, { group: handle.id }]);
  });
});

test("C5 expires: a task that was not started before it expired is revoked, and what follows it is too", async () => {
  const handle = await chain(add.s(1, 1).set({ countdownMs: 50, expiresMs: 1 }), add.s(1)).delay();
  await expect(handle.get({ timeout: 20 })).rejects.toThrow(TaskRevokedError);
  expect(await handle.state()).toBe("REVOKED");
});
