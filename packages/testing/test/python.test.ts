import { describe, expect, test } from "@jest/globals";
import { pythonJson, ValueError } from "../src/tasks/python.ts";

describe("pythonJson prints as json.dumps does", () => {
  test.each<[unknown, string]>([
    [null, "null"],
    [undefined, "null"],
    [true, "true"],
    [0, "0"],
    [-2.5, "-2.5"],
    [1e21, "1e+21"],
    [1e-7, "1e-07"],
    [0.00005, "5e-05"],
    [0.0001, "0.0001"],
    [1.5e-10, "1.5e-10"],
    ["", '""'],
    ['a"b\\c\n', '"a\\"b\\\\c\\n"'],
    ["é→", '"\\u00e9\\u2192"'],
    ["😀", '"\\ud83d\\ude00"'],
    ["\u007f", '"\\u007f"'],
    [[], "[]"],
    [[1, [2, "x"]], '[1, [2, "x"]]'],
    [{}, "{}"],
    [{ a: 1, é: [null] }, '{"a": 1, "\\u00e9": [null]}'],
  ])("%j is %s", (value, text) => {
    expect(pythonJson(value)).toBe(text);
  });
});

test("a ValueError is an Error of that name", () => {
  const error = new ValueError("boom");
  expect(error).toBeInstanceOf(Error);
  expect(String(error)).toBe("ValueError: boom");
});
