import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { InvalidSignatureError } from "../../src/errors.ts";
import type { SignatureData } from "../../src/signature/data.ts";
import { parseSignature } from "../../src/signature/json.ts";
import { copySignature, nestingOf } from "../../src/signature/nesting.ts";
import { bindSignature } from "../../src/signature/signature.ts";
import { anySignature } from "../kit/arbitrary-signature.ts";

const add: SignatureData = { kind: "task", task: "add" };

/** Each way in which one signature stands in another. */
const WAYS: readonly [way: string, around: (inner: SignatureData) => SignatureData][] = [
  ["a chain's last step", (inner) => ({ kind: "chain", steps: [add, inner] })],
  ["a chain's first step", (inner) => ({ kind: "chain", steps: [inner, add] })],
  ["a member", (inner) => ({ kind: "group", members: [add, inner] })],
  ["a header", (inner) => ({ kind: "chord", header: { kind: "group", members: [inner] }, body: add })],
  ["a body", (inner) => ({ kind: "chord", header: { kind: "group", members: [add] }, body: inner })],
  ["an each", (inner) => ({ kind: "each", member: inner })],
  ["a link", (inner) => ({ kind: "task", task: "add", options: { link: [inner] } })],
  ["a chain's errback", (inner) => ({ kind: "chain", steps: [add, add], options: { linkError: [inner] } })],
];

function nested(around: (inner: SignatureData) => SignatureData, depth: number): SignatureData {
  let data = add;
  for (let level = 0; level < depth; level += 1) data = around(data);
  return data;
}

test.each(WAYS)("%s can be nested 1,000 deep, and no deeper in JSON", (_way, around) => {
  const data = nested(around, 1000);
  const text = JSON.stringify(bindSignature(data, undefined));
  const [read, copied] = [parseSignature(text), copySignature(data)];
  expect(JSON.stringify(read) === text && JSON.stringify(copied) === text).toBe(true);
  expect(bindSignature(data, undefined).toString().match(/add/g)?.length).toBe(text.match(/"add"/g)?.length);
  const deeper = around(data);
  expect(() => JSON.stringify(bindSignature(deeper, undefined))).toThrow(
    new InvalidSignatureError("signatures are nested 1001 deep, and JSON can hold 1000; it can still be run as it is"),
  );
  expect(() => parseSignature(deeper)).toThrow(
    "signatures are nested more than 1000 deep, the most that JSON can hold",
  );
});

test.each(WAYS)("%s nested 10,000 deep has a text and a copy", (_way, around) => {
  const data = nested(around, 10_000);
  expect(nestingOf(copySignature(data))).toBe(10_000);
  expect(bindSignature(data, undefined).toString().length).toBeGreaterThan(50_000);
});

test("a copy is equal in every field, and shares none of them", () => {
  fc.assert(
    fc.property(anySignature(), (data) => {
      const copied = copySignature(data);
      expect(JSON.stringify(copied)).toBe(JSON.stringify(data));
      expect(sharedObjects(data, copied)).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

/** The objects of one value that another one holds too. */
function sharedObjects(one: unknown, other: unknown): unknown[] {
  const ones = new Set(objectsIn(one));
  return objectsIn(other).filter((object) => ones.has(object));
}

function objectsIn(value: unknown): object[] {
  return typeof value === "object" && value !== null ? [value, ...Object.values(value).flatMap(objectsIn)] : [];
}
