import { beforeEach, describe, expect, test } from "@jest/globals";
import { App, directCall, type SignatureData, TaskAttempt } from "@umbel/core";
import { defineConformanceTasks } from "../src/tasks/library.ts";
import { prependArguments } from "../src/tasks/prepend.ts";
import { MemoryRecords } from "../src/tasks/records.ts";

let app: App;
let records: MemoryRecords;

beforeEach(() => {
  app = new App("tasks");
  records = new MemoryRecords();
  defineConformanceTasks(app, records);
});

/** Calls a task as a worker does: arguments are laid on the parameters first. */
async function call(
  name: string,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>> = {},
): Promise<unknown> {
  const task = app.getTask(name);
  const bound = task.bindArguments(args, kwargs);
  const { request } = directCall(app, name, args);
  const self = new TaskAttempt(app, { ...request, id: "i", rootId: "r", parentId: "p", calledDirectly: false });
  return await task.execute(self, bound);
}

describe("a task gives", () => {
  test.each<[string, unknown[], Record<string, unknown>, unknown]>([
    ["add", [1, 2], {}, 3],
    ["add", [1, 2, 3], {}, 6],
    ["add", [1, 2], { z: null }, 3],
    ["add", [1], { y: 2 }, 3],
    ["add", ["a", "b"], {}, "ab"],
    ["add", [[1], ["x"]], {}, [1, "x"]],
    ["mul", [2, 3], {}, 6],
    ["sub", [2, 3], {}, -1],
    ["tsum", [[1, 2, 3]], {}, 6],
    ["tsum", [[]], {}, 0],
    ["xsum", [4], {}, 4],
    ["xsum", [[1, [2, [3]], []]], {}, 6],
    ["identity", [null], {}, null],
    ["echo", [1, [2]], { b: 1 }, [[1, [2]], { b: 1 }]],
    ["echo", [], {}, [[], {}]],
    ["fail_on", [1, 2], {}, 1],
    ["sleep_then", ["x", 0], {}, "x"],
    ["ids", [], {}, { id: "i", root: "r", parent: "p", group: null, x: null }],
    ["ids", [7], {}, { id: "i", root: "r", parent: "p", group: null, x: 7 }],
  ])("%s of %j and %j", async (name, args, kwargs, result) => {
    expect(await call(name, args, kwargs)).toEqual(result);
  });
});

describe("a task throws", () => {
  test.each<[string, unknown[], Record<string, unknown>, string]>([
    ["add", [1, "a"], {}, "TypeError: add: bad operands"],
    ["add", [true, 1], {}, "TypeError: add: bad operands"],
    ["add", [1, 2, "3"], {}, "TypeError: add: bad operands"],
    ["mul", ["a", 2], {}, "TypeError: mul: bad operands"],
    ["sub", [null, 2], {}, "TypeError: sub: bad operands"],
    ["tsum", [1], {}, "TypeError: tsum: bad operand"],
    ["tsum", [[1, [2]]], {}, "TypeError: tsum: bad operand"],
    ["xsum", [[1, null]], {}, "TypeError: xsum: bad operand"],
    ["raise_error", [], {}, "ValueError: boom"],
    ["raise_error", [1, 2], { msg: "m" }, "ValueError: m"],
    ["fail_on", [{ a: [1] }, { a: [1] }], {}, 'ValueError: bad value: {"a": [1]}'],
    ["record_fail", [[1, "é"]], { key: "k" }, 'ValueError: recorded [1, "\\u00e9"]'],
  ])("%s of %j and %j", async (name, args, kwargs, error) => {
    await expect(call(name, args, kwargs).catch(String)).resolves.toBe(error);
  });
});

test.each<[string, unknown[], Record<string, unknown>]>([
  ["add", [1], {}],
  ["add", [1, 2, 3, 4], {}],
  ["identity", [1], { y: 2 }],
  ["record", [1, "k"], {}],
  ["record", [1], {}],
  ["on_err", ["id"], { key: "k" }],
])("%s of %j and %j is refused before it runs", async (name, args, kwargs) => {
  await expect(call(name, args, kwargs)).rejects.toThrow(TypeError);
});

test("record and the errbacks write to the list of their key", async () => {
  expect(await call("record", [1], { key: "a" })).toBe(1);
  await call("record", [null], { key: "a" });
  await call("on_err_id", ["u"], { key: "b" });
  await call("on_err", [{ id: "u", task: "t" }, new RangeError("far"), null], { key: "b" });
  expect(await records.read("a")).toEqual([1, null]);
  expect(await records.read("b")).toEqual([{ id: "u" }, { id: "u", task: "t", type: "RangeError", message: "far" }]);
  expect(await records.read("c")).toEqual([]);
});

describe("prepended arguments come first in", () => {
  const add = (...args: unknown[]): SignatureData => ({ kind: "task", task: "add", args });
  test.each<[string, SignatureData, SignatureData]>([
    ["a task", add(2), add(9, 2)],
    ["a chain's first step", { kind: "chain", steps: [add(1), add(2)] }, { kind: "chain", steps: [add(9, 1), add(2)] }],
    ["an empty chain, which stays", { kind: "chain", steps: [] }, { kind: "chain", steps: [] }],
    [
      "each member of a group, however deep",
      { kind: "group", members: [add(1), { kind: "chain", steps: [{ kind: "group", members: [add(2)] }] }] },
      { kind: "group", members: [add(9, 1), { kind: "chain", steps: [{ kind: "group", members: [add(9, 2)] }] }] },
    ],
    [
      "the header of a chord",
      { kind: "chord", header: { kind: "group", members: [add(1)] }, body: add(2) },
      { kind: "chord", header: { kind: "group", members: [add(9, 1)] }, body: add(2) },
    ],
  ])("%s", (_what, signature, expected) => {
    expect(prependArguments(signature, [9])).toEqual(expected);
  });
});
