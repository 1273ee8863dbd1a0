import { expect, jest, test } from "@jest/globals";
import { App, type Engine, InvalidSignatureError, type ResultRecord, type SubmitRequest } from "@umbel/core";
import { AppEngine } from "../src/conformance/app-engine.ts";
import { MemoryRecords } from "../src/tasks/records.ts";

const signal = new AbortController().signal;

/** An AppEngine over an engine whose every run ends with `record`. */
function engineGiving(record: ResultRecord, submit = jest.fn<Engine["submit"]>()) {
  submit.mockImplementation(() => ({ resultId: "r", isGroup: false, stored: Promise.resolve(undefined) }));
  const engine: Engine = {
    submit,
    connect: async () => {},
    read: async () => record,
    wait: async () => record,
    states: async () => [record.state],
    watch: async function* () {
      yield record;
    },
    ends: async function* () {
      yield [0, record] as const;
    },
    // The result is the second step of a chain whose first one is a group of two.
    parent: async (id) => (id === "r" ? { id: "g", isGroup: true } : undefined),
    children: async () => [],
    members: async () => [
      { id: "m1", isGroup: false },
      { id: "m2", isGroup: false },
    ],
    forget: async () => {},
    revoke: async () => "ended",
    saveGroup: async () => {},
    findGroup: async () => undefined,
    deleteGroup: async () => {},
    get deadLetters(): never {
      throw new Error("nothing is rejected here");
    },
    get runs(): never {
      throw new Error("nothing runs here");
    },
    close: async () => {},
  };
  const runEnded = jest.fn<(id: string, signal: AbortSignal) => Promise<void>>(async () => {});
  const records = new MemoryRecords();
  const appEngine = new AppEngine({ app: new App("x", {}, () => engine), records, runEnded, close: async () => {} });
  return { appEngine, submit, runEnded };
}

const add = { kind: "task", task: "add", args: [1] } as const;

test("a canvas is submitted with the arguments of the call", async () => {
  const { appEngine, submit, runEnded } = engineGiving({ state: "SUCCESS", value: 3 });
  const run = await appEngine.apply(add, [2], { z: 0 });
  expect(await run?.result(signal)).toEqual({ state: "SUCCESS", value: 3 });
  expect(submit).toHaveBeenCalledWith({
    signature: add,
    args: [2],
    kwargs: { z: 0 },
    options: {},
  } satisfies SubmitRequest);
  await run?.ended(signal);
  expect(runEnded).toHaveBeenCalledWith("r", signal);
});

test("the stored error and what get() throws are both observed", async () => {
  const error = { name: "ChordError", message: "Dependency x raised ValueError('h')", code: "CHORD_ERROR" };
  const { appEngine } = engineGiving({ state: "FAILURE", error, raised: { name: "ValueError", message: "h" } });
  const run = await appEngine.apply(add, [], {});
  expect(await run?.result(signal)).toEqual({
    state: "FAILURE",
    error: { type: "ChordError", message: error.message },
    raised: { type: "ValueError", message: "h" },
  });
});

test("the tree is the result and all before it, groups with their members", async () => {
  const { appEngine } = engineGiving({ state: "SUCCESS", value: 3 });
  const run = await appEngine.apply(add, [], {});
  const node = { state: "SUCCESS", result: 3 };
  expect(await run?.tree?.(signal)).toEqual([node, { group: [node, node] }]);
  const { appEngine: failing } = engineGiving({ state: "FAILURE", error: { name: "E", message: "m" } });
  const failed = await failing.apply(add, [], {});
  const error = { state: "FAILURE", error: { type: "E", message: "m" } };
  expect(await failed?.tree?.(signal)).toEqual([error, { group: [error, error] }]);
});

test("what submitting throws is thrown to who applies", async () => {
  const { appEngine, submit } = engineGiving({ state: "PENDING" });
  submit.mockImplementation(() => {
    throw new TypeError("missing");
  });
  await expect(appEngine.apply(add, [], {})).rejects.toThrow(new TypeError("missing"));
});

test("an empty chain that is refused gives nothing; another canvas that is refused throws", async () => {
  const { appEngine, submit } = engineGiving({ state: "PENDING" });
  submit.mockImplementation(() => {
    throw new InvalidSignatureError("no");
  });
  expect(await appEngine.apply({ kind: "chain", steps: [] }, [], {})).toBeUndefined();
  await expect(appEngine.apply(add, [], {})).rejects.toThrow(InvalidSignatureError);
});
