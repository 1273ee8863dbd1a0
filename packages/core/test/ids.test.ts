import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { v4, validate, version } from "uuid";
import { newRunKey, nodeId, parseNodeId, runKeyTime } from "../src/ids.ts";

const indices = fc.integer({ min: 0, max: 2 ** 32 - 1 });

test("the id of a node leads back to its run and its index", () => {
  fc.assert(
    fc.property(indices, (index) => {
      const runKey = newRunKey();
      expect(parseNodeId(nodeId(runKey, index))).toEqual({ runKey, index });
      expect(parseNodeId(nodeId(runKey, index).toUpperCase())).toEqual({ runKey, index });
    }),
  );
});

test("an id is a UUID of version 8", () => {
  fc.assert(
    fc.property(indices, (index) => {
      const id = nodeId(newRunKey(), index);
      expect(validate(id)).toBe(true);
      expect(version(id)).toBe(8);
    }),
  );
});

test("runs that are made one after another have keys in that order, and no two the same", () => {
  const keys = Array.from({ length: 5000 }, newRunKey);
  expect([...keys].sort()).toEqual(keys);
  expect(new Set(keys).size).toBe(keys.length);
});

test("a run's key tells when it was made", () => {
  const before = Date.now();
  const time = runKeyTime(newRunKey());
  expect(time).toBeGreaterThanOrEqual(before);
  expect(time).toBeLessThanOrEqual(Date.now());
});

test.each([["my-id"], [""], [v4()], ["0".repeat(36)], [`${newRunKey()}0000000`], [`${newRunKey()}000000001`]])(
  "%p is no id of ours",
  (id) => {
    expect(parseNodeId(id)).toBeUndefined();
  },
);
