import { describe, expect, test } from "@jest/globals";
import type { Expectation } from "../src/conformance/case.ts";
import { compare, type Level, type Observation } from "../src/conformance/compare.ts";

const ID = "0190b5e2-1111-8222-8333-444455556666";

/** Compares and gives what differs as `field: expected | got`. */
function differences(
  wanted: Expectation,
  observed: Partial<Observation>,
  { level = 5, ordered = false, given = [] }: { level?: Level; ordered?: boolean; given?: string[] } = {},
): string[] {
  const testCase = { id: "x", name: "x", canvas: {}, ordered, expect: wanted };
  const full = { state: "SUCCESS", records: {}, ...observed };
  return compare(testCase, full, level, new Set(given)).map(
    ({ field, expected, got }) => `${field}: ${expected} | ${got}`,
  );
}

const boom = { type: "ValueError", message: "boom" };

test("nothing differs where nothing is expected", () => {
  expect(differences({}, { value: 1, error: boom, raised: boom, records: { k: [1] } })).toEqual([]);
});

describe("state and result", () => {
  test.each<[string, Expectation, Partial<Observation>, string[]]>([
    ["equal numbers are equal however they were written", { state: "SUCCESS", result: 4.0 }, { value: 4 }, []],
    ["-0 is 0", { result: [0] }, { value: [-0] }, []],
    ["null is a result", { result: null }, { value: null }, []],
    ["no value is not null", { result: null }, {}, ["result: null | nothing"]],
    ["the order of keys does not count", { result: { a: 1, b: [2] } }, { value: { b: [2], a: 1 } }, []],
    ["the order of a list does", { result: [1, 2] }, { value: [2, 1] }, ["result: [1,2] | [2,1]"]],
    ["text is no number", { result: "1" }, { value: 1 }, ['result: "1" | 1']],
    [
      "another state says why, and is the only difference",
      { state: "SUCCESS", result: 1, records: { k: [1] } },
      { state: "FAILURE", error: boom },
      ['state: SUCCESS | FAILURE ValueError("boom")'],
    ],
  ])("%s", (_what, wanted, observed, expected) => {
    expect(differences(wanted, observed)).toEqual(expected);
  });
});

describe("generated ids", () => {
  test("match `<uuid>` wherever they stand in text", () => {
    const wanted = { result: { id: "<uuid>", x: ["a <uuid> b"] } };
    expect(differences(wanted, { value: { id: ID, x: [`a ${ID.toUpperCase()} b`] } })).toEqual([]);
  });

  test("do not match when they were given", () => {
    expect(differences({ result: ID }, { value: ID }, { given: [ID] })).toEqual([]);
    expect(differences({ result: "<uuid>" }, { value: ID }, { given: [ID] })).toEqual([`result: "<uuid>" | "${ID}"`]);
  });

  test("leave ids that were given by name as they are", () => {
    expect(differences({ result: "hp-041:a" }, { value: ID })).toEqual(['result: "hp-041:a" | "<uuid>"']);
  });
});

describe("errors", () => {
  const failed = { state: "FAILURE" } as const;

  test.each<[string, Expectation, Partial<Observation>, string[]]>([
    ["type and message", { error: boom }, { error: boom }, []],
    [
      "another message",
      { error: boom },
      { error: { ...boom, message: "b" } },
      ['error: ValueError("boom") | ValueError("b")'],
    ],
    [
      "a free message",
      { error: { type: "TypeError", message: null } },
      { error: { type: "TypeError", message: "any" } },
      [],
    ],
    [
      "a free message, but another type",
      { error: { type: "TypeError", message: null } },
      { error: boom },
      ["error: TypeError(…) | ValueError(…)"],
    ],
    ["no error at all", { error: boom }, {}, ['error: ValueError("boom") | no error']],
    ["raised", { raised: boom }, { error: boom }, ['raised: ValueError("boom") | no error']],
    [
      "an id in a message",
      { error: { type: "ChordError", message: "Dependency <uuid> raised ValueError('boom')" } },
      { error: { type: "ChordError", message: `Dependency ${ID} raised ValueError('boom')` } },
      [],
    ],
  ])("%s", (_what, wanted, observed, expected) => {
    expect(differences({ ...failed, ...wanted }, { ...failed, ...observed })).toEqual(expected);
  });
});

describe("records", () => {
  test.each<[string, Record<string, unknown[]>, Record<string, unknown[]>, boolean, string[]]>([
    ["any order will do", { k: ["a", 1, "b"] }, { k: ["b", "a", 1] }, false, []],
    ["but when it counts", { k: ["a", "b"] }, { k: ["b", "a"] }, true, ['records: {"k":["a","b"]} | {"k":["b","a"]}']],
    ["twice is not once", { k: ["a"] }, { k: ["a", "a"] }, false, ['records: {"k":["a"]} | {"k":["a","a"]}']],
    ["an empty list says nothing", { k: ["a"] }, { k: ["a"], other: [] }, false, []],
    [
      "another key is a difference",
      { k: ["a"] },
      { k: ["a"], o: [1] },
      false,
      ['records: {"k":["a"]} | {"k":["a"],"o":[1]}'],
    ],
    ["ids in them are generated", { k: [{ id: "<uuid>" }] }, { k: [{ id: ID }] }, false, []],
  ])("%s", (_what, wanted, got, ordered, expected) => {
    expect(differences({ records: wanted }, { records: got }, { ordered })).toEqual(expected);
  });
});

test("a tree is compared with free messages left out", () => {
  const tree = [
    { state: "SUCCESS", result: 1 },
    { group: [{ state: "FAILURE", error: { type: "TypeError", message: null } }] },
  ];
  const got = [
    { state: "SUCCESS", result: 1 },
    { group: [{ state: "FAILURE", error: { type: "TypeError", message: "arity" } }] },
  ];
  expect(differences({ tree }, { tree: got })).toEqual([]);
  expect(differences({ tree }, { tree: got.slice(0, 1) })).toHaveLength(1);
  expect(differences({ tree }, {})).toHaveLength(1);
});

test.each<[Level, string[]]>([
  [1, ["result"]],
  [2, ["result", "error"]],
  [3, ["result", "error", "records"]],
  [4, ["result", "error", "records", "raised"]],
  [5, ["result", "error", "records", "raised", "tree"]],
])("level %d compares %j", (level, fields) => {
  const wanted = { result: 1, error: boom, records: { k: [1] }, raised: boom, tree: [] };
  expect(differences(wanted, {}, { level }).map((line) => line.split(":")[0])).toEqual(fields);
});
