import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { PAGE_SIZE } from "../../src/graph/graph.ts";
import { packedField, unpackPage } from "../../src/store/redis/packed-results.ts";

const stretch = (first: number, stride: number, ...values: unknown[]): string =>
  `\u0001${first}x${stride}\n${values.map((value) => `${JSON.stringify(value)}\n`).join("")}`;

test("values of several stretches of a page are found by their places", () => {
  const text = stretch(256, 1, "a", "b") + stretch(300, 20, 1, null) + stretch(258, 1, { x: "\n\u0001" });
  const values = unpackPage(text);
  expect(values).toHaveLength(PAGE_SIZE);
  expect(Object.entries(values)).toEqual([
    ["0", '"a"'],
    ["1", '"b"'],
    ["2", '{"x":"\\n\\u0001"}'],
    ["44", "1"],
    ["64", "null"],
  ]);
  expect(packedField(2)).toBe("p2");
});

test("whatever JSON holds comes out as it went in", () => {
  fc.assert(
    fc.property(fc.array(fc.json(), { minLength: 1, maxLength: PAGE_SIZE }), (texts) => {
      const text = `\u0001${PAGE_SIZE}x1\n${texts.map((value) => `${value}\n`).join("")}`;
      expect(unpackPage(text).slice(0, texts.length)).toEqual(texts);
    }),
  );
});
