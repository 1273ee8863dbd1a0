import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { parseSignature } from "@umbel/core";
import { type ConformanceCase, parseCases, readCases } from "../src/conformance/case.ts";
import { givenIds, recordKeys } from "../src/conformance/celery-canvas.ts";
import { isPlain } from "../src/conformance/plain.ts";
import { timeLimitMs } from "../src/conformance/time-limit.ts";

const folder = join(import.meta.dirname, "../cases");
const files = ["celery-canvas.handpicked.jsonl", "celery-canvas.random.jsonl", "beyond-celery.jsonl"];

const sig = (task: string, args: unknown[] = [], kwargs: object = {}, options: object = {}): object => ({
  task,
  args,
  kwargs,
  options,
  subtask_type: null,
  immutable: false,
});
const chain = (...tasks: object[]): object => sig("celery.chain", [], { tasks });
const caseOf = (canvas: unknown, expected: ConformanceCase["expect"] = { state: "SUCCESS" }): ConformanceCase => ({
  id: "x",
  name: "x",
  canvas,
  expect: expected,
});

describe("a case's time limit is 20 s and", () => {
  const soon = new Date(12_000).toISOString();
  test.each<[string, object, number]>([
    ["nothing more for a plain task", sig("add", [1, 2]), 20_000],
    ["its sleep", sig("sleep_then", [1, 0.7]), 20_700],
    ["its sleep given by name", sig("sleep_then", [1], { seconds: 2 }), 22_000],
    ["all its sleeps together", chain(sig("sleep_then", [1, 1]), sig("sleep_then", [2])), 23_000],
    ["a countdown", sig("add", [], {}, { countdown: 0.05 }), 20_050],
    ["the time to an eta", sig("add", [], {}, { eta: soon }), 22_000],
    ["nothing for an eta that has passed", sig("add", [], {}, { eta: new Date(1).toISOString() }), 20_000],
    ["the delay of a retry", chain(sig("retry_once", [1]), sig("retry_fail")), 20_200],
    ["a sleep in a link", sig("add", [], {}, { link: [sig("sleep_then", [1])] }), 21_000],
    ["a sleep in what replaces it", sig("replace_with", [], { sig: sig("sleep_then", [1]) }), 21_000],
    [
      "mapped sleeps",
      sig("celery.starmap", [], {
        task: sig("sleep_then"),
        it: [
          ["a", 1],
          ["b", 2],
        ],
      }),
      23_000,
    ],
  ])("%s", (_what, canvas, expected) => {
    expect(timeLimitMs(caseOf(canvas), 10_000)).toBe(expected);
  });
});

describe("a case is plain", () => {
  const inside = (signature: object): object =>
    chain(sig("add", [1, 2]), sig("celery.group", [], { tasks: [signature] }));
  test.each<[string, ConformanceCase, boolean]>([
    ["when all its tasks are", caseOf(inside(sig("echo"))), true],
    ["when applying it gives nothing", caseOf(chain(), { state: "NO_RESULT" }), true],
    ["but not when it fails", caseOf(sig("add"), { state: "FAILURE" }), false],
    ["but not with a link", caseOf(inside(sig("add", [], {}, { link: [] }))), false],
    ["but not with an errback", caseOf(inside(sig("add", [], {}, { link_error: [] }))), false],
    ["but not with a replacement", caseOf(inside(sig("add_to_all"))), false],
    ["but not with a retry", caseOf(inside(sig("retry_once"))), false],
    ["but not with a map", caseOf(inside(sig("celery.map", [], { task: sig("add"), it: [] }))), false],
  ])("%s", (_what, testCase, expected) => {
    expect(isPlain(testCase)).toBe(expected);
  });

  test("and plain.txt lists those of the handpicked ones", async () => {
    const cases = await readCases(join(folder, files[0] ?? ""));
    const listed = readFileSync(join(folder, "plain.txt"), "utf8").trim().split("\n");
    expect(cases.filter(isPlain).map(({ id }) => id)).toEqual(listed);
  });
});

test("ids and record keys are found wherever they stand", () => {
  const record = sig("record", [1], { key: "k1" }, { task_id: "t1" });
  const canvas = chain(record, sig("add", [], {}, { link: [sig("record", [], { key: "k2" })], task_id: "t2" }));
  expect([...givenIds(canvas)].sort()).toEqual(["t1", "t2"]);
  expect([...recordKeys(canvas)].sort()).toEqual(["k1", "k2"]);
});

describe("a case file", () => {
  const line = JSON.stringify(caseOf(sig("add")));

  test("is read line by line, empty lines skipped", () => {
    expect(parseCases(`${line}\n\n${line}\n`, "f")).toHaveLength(2);
  });

  test.each([
    ["f:2: not a line of JSON", `${line}\n{`],
    ["f:1: not a case", "[]"],
    ["f:1: not a case", JSON.stringify({ id: "x", name: "y", expect: {} })],
  ])("is refused with %j", (message, text) => {
    expect(() => parseCases(text, "f")).toThrow(message);
  });

  test("that cannot be read is named", async () => {
    await expect(readCases("/nowhere/x.jsonl")).rejects.toThrow("cannot read /nowhere/x.jsonl: ");
  });

  test.each(files)("%s holds canvases that core reads", async (file) => {
    const cases = await readCases(join(folder, file));
    const unread = cases.filter(({ canvas }) => {
      try {
        parseSignature(canvas);
        return false;
      } catch {
        return true;
      }
    });
    expect(unread.map(({ id }) => id)).toEqual([]);
  });
});
