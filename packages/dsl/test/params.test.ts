import { describe, expect, test } from "@jest/globals";
import { check, compile, type ParamValue } from "../src/index.ts";
import { resolver } from "./tasks.ts";

function argumentFor(declaration: string, given: ParamValue | undefined): unknown {
  const params = given === undefined ? {} : { p: given };
  const { signature, diagnostics } = compile(`param p: ${declaration}\nid(p)`, { file: "test.flow", resolver, params });
  if (diagnostics[0] !== undefined) return `${diagnostics[0].code} ${diagnostics[0].message}`;
  return signature?.kind === "task" ? signature.args?.[0] : undefined;
}

describe("values of params", () => {
  test.each<[string, ParamValue | undefined, unknown]>([
    ["int", { text: "41" }, 41],
    ["int", { text: "-41" }, -41],
    ["int", { value: 41 }, 41],
    ["int = 40 + 1", undefined, 41],
    ["string", { text: "41" }, "41"],
    ["string", { text: 'say "hi"' }, 'say "hi"'],
    ["float", { text: "1.5" }, 1.5],
    ["float", { text: "2" }, 2],
    ["bool", { text: "true" }, true],
    ["duration", { text: "90s" }, 90],
    ["duration", { value: "1.5m" }, 90],
    ["duration", { value: 90 }, 90],
    ["json", { text: '{a: [1, null, "x"]}' }, { a: [1, null, "x"] }],
    ["json", { text: '{"a": 1}' }, { a: 1 }],
    ["list<int>", { text: "[1, 2]" }, [1, 2]],
    ["list<int>", { text: "0..3" }, [0, 1, 2]],
    ["map<list<string>>", { value: { a: ["b"] } }, { a: ["b"] }],
    ['"a" | "b"', { text: "b" }, "b"],
    ["int?", undefined, null],
    ["int?", { text: "null" }, null],
    ["int? = 3", undefined, 3],
    ["int", undefined, 'E503 the param "p" has no value'],
    ["int", { text: "x" }, 'E504 the param "p" must be int: got `x`'],
    ["int", { text: "1.5" }, 'E504 the param "p" must be int: got 1.5'],
    ["int", { value: null }, 'E504 the param "p" must be int: got null'],
    ["bool", { text: "1" }, 'E504 the param "p" must be bool: got a number'],
    ["list<int>", { text: '[1, "a"]' }, 'E504 the param "p" must be list<int>: item 1 got "a"'],
    ['"fast" | "slow"', { text: "fas" }, 'E504 the param "p" must be "fast" | "slow": got "fas"; did you mean "fast"?'],
    ['int = "a"', undefined, 'E512 the default of "p" must be int: got "a"'],
    ["json", { text: "fail()" }, 'E504 the param "p" must be json: got `fail()`'],
  ])("param p: %s given %j is %j", (declaration, given, value) => {
    expect(argumentFor(declaration, given)).toEqual(value);
  });

  test.each([
    ["list<string>", "mug", ["write `-p 'p=[\"mug\"]'`"]],
    ["list<int>", "3", ["write `-p 'p=[3]'`"]],
    ["list<int>", '["a"]', []],
    ["int", "a", []],
  ])("of one item for a %s, %s, it is told how a list is written", (type, text, help) => {
    const { diagnostics } = compile(`param p: ${type}\nid(p)`, {
      file: "test.flow",
      resolver,
      params: { p: { text } },
    });
    expect(diagnostics.map((diagnostic) => [diagnostic.code, diagnostic.help])).toEqual([["E504", help]]);
  });

  test("a name that no param has is an error with the nearest", () => {
    const { diagnostics } = compile("param size: int = 1\nid(size)", {
      file: "test.flow",
      resolver,
      params: { sise: { text: "1" } },
    });
    expect(diagnostics.map((diagnostic) => [diagnostic.code, diagnostic.label])).toEqual([
      ["E505", 'did you mean "size"?'],
    ]);
  });
});

test("a param that is given as null is null where it is compared", () => {
  const text = "param size: int?\nid(if size == null then 1 else 2)";
  const { signature } = compile(text, { file: "test.flow", resolver, params: { size: { text: "null" } } });
  expect(signature).toEqual({ kind: "task", task: "id", args: [1] });
});

test("params are declared with type, doc and default", () => {
  const text =
    "## How wide.\n## In pixels.\nparam size: list<int> = [1]\n\n## Not above it.\n\nparam url: string?\nparam key: string\nid([size, url, key])";
  expect(check(text, { file: "test.flow", resolver }).params.map(({ type: _, ...param }) => param)).toEqual([
    {
      name: "size",
      typeText: "list<int>",
      doc: "How wide.\nIn pixels.",
      default: [1],
      defaultText: "[1]",
      isRequired: false,
    },
    { name: "url", typeText: "string?", doc: undefined, defaultText: undefined, isRequired: false },
    { name: "key", typeText: "string", doc: undefined, defaultText: undefined, isRequired: true },
  ]);
});

test("the doc of a file stands at its head above a blank line", () => {
  expect(check("#!flow\n## What it does.\n\n## Of x.\nlet x = 1", { file: "test.flow", resolver }).doc).toBe(
    "What it does.",
  );
  expect(check("## Of x.\nlet x = 1", { file: "test.flow", resolver }).doc).toBeUndefined();
});

test("checking takes a param for any value of its type", () => {
  const text = `param n: int\nparam xs: list<string>\nparam j: json\n[id(n + 1), id("\${n} \${xs[0]} \${j.a}"), ...[id(x) for x in xs if x != "a"]] | tsum`;
  expect(check(text, { file: "test.flow", resolver }).diagnostics).toEqual([]);
  const wrong = check('param n: int\nid(n + "a")', { file: "test.flow", resolver }).diagnostics;
  expect(wrong.map((diagnostic) => diagnostic.message)).toEqual(["`+` cannot take a number and a string"]);
});
