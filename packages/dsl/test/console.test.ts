/** What a console asks of the language: whether an entry is whole, what it means behind others, how it may go on. */
import { describe, expect, test } from "@jest/globals";
import {
  compileEntry,
  complete,
  describeEntry,
  type EntryOptions,
  entryNames,
  goesOn,
  isUnfinished,
  renderDiagnostics,
} from "../src/index.ts";
import { importingResolver, resolver, tasks } from "./tasks.ts";

const BEFORE = 'let it = 8\n## Adds one.\ndef plus(x) = add(x, 1)\nlet names = ["a"]\n';
const options: EntryOptions = { file: "console", before: BEFORE, beforeName: "earlier", resolver };

test.each([
  ["", false],
  ["add(1, 2)", false],
  ["add(1,", true],
  ["add(1", true],
  ["[add(1, 2),", true],
  ["{a: 1", true],
  ["add(1) |", true],
  ["a and", true],
  ["1 +", true],
  ["let x =", true],
  ["let x", false],
  ["import", true],
  ["add(1) with", true],
  ["add(1) on error", true],
  ["add(1) on", true],
  ["if true then a()", true],
  ["if true then a() else", true],
  ["if true then a() else b()", false],
  ["[x for x in xs if x > 1]", false],
  ["param sizes: list<int>", false],
  ["param size: int?", false],
  ["x >", true],
  ["o.if", false],
  ['"open', false],
  ['"""', true],
  ['"""\nadd(1,\n"""', false],
  ['"${add', false],
  ["add(1))", false],
  ["# a comment (", false],
])("%j is unfinished: %s", (text, expected) => {
  expect(isUnfinished(text)).toBe(expected);
});

test("a line that begins with an operator, a handler or an option goes on with the one before", () => {
  const lines = [
    "| f()",
    "  & f()",
    ".name",
    "with {}",
    "on error f()",
    "- 1",
    "else b",
    "without()",
    "[1]",
    "f()",
    "",
  ];
  expect(lines.filter(goesOn)).toEqual(["| f()", "  & f()", ".name", "with {}", "on error f()", "- 1", "else b"]);
});

describe("an entry", () => {
  test.each([
    ["it + 1", { kind: "value", value: 9 }],
    ["[]", { kind: "value", value: [] }],
    ["[x for x in names if x == it]", { kind: "value", value: [] }],
    ["10s", { kind: "value", value: 10 }],
    ['{a: names[0], __proto__: "b"}', { kind: "value", value: { a: "a", ["__proto__"]: "b" } }],
    ["plus(it)", { kind: "workflow", signature: { task: "add", args: [8, 1] } }],
    ["let x = 1", undefined],
    ["# nothing", undefined],
  ])("%s means what it would mean behind the definitions of before", (text, expected) => {
    const { meaning, diagnostics } = compileEntry(text, options);
    expect(diagnostics).toEqual([]);
    if (expected === undefined) expect(meaning).toBeUndefined();
    else expect(meaning).toMatchObject(expected);
  });

  test("gives its definitions with their texts and comments, and tells of no name that nothing uses yet", () => {
    const text =
      "## Twice.\ndef twice(x) = plus(x) | mul(2)\nparam n: int = 3 # a number\n\nlet y = [\n  n,\n]\ntwice(n)";
    const { definitions, diagnostics, meaning } = compileEntry(text, options);
    expect(diagnostics).toEqual([]);
    expect(definitions).toEqual([
      { kind: "def", name: "twice", text: "## Twice.\ndef twice(x) = plus(x) | mul(2)" },
      { kind: "param", name: "n", text: "param n: int = 3" },
      { kind: "let", name: "y", text: "# a number\n\nlet y = [\n  n,\n]" },
    ]);
    expect(meaning?.kind).toBe("workflow");
    expect(entryNames(text)).toEqual(["twice", "n", "y"]);
  });

  test("knows an import by its alias, or by what it imports", () => {
    const text = 'import "./lib.flow" as lib\nimport "./tasks.ts"';
    const { definitions } = compileEntry(text, { ...options, resolver: importingResolver });
    expect(entryNames(text)).toEqual(["lib", 'import "./tasks.ts"']);
    expect(definitions.map(({ kind }) => kind).every((kind) => kind === "import")).toBe(true);
  });

  test("that is wrong defines nothing; its places count from its own beginning, and those of before are named so", () => {
    const text = "let x = mull(1)\nplus(1, 2)";
    const { definitions, meaning, diagnostics } = compileEntry(text, options);
    expect({ definitions, meaning }).toEqual({ definitions: [], meaning: undefined });
    const screen = renderDiagnostics(diagnostics, { console: text, earlier: BEFORE });
    expect(screen).toContain("--> console:1:9");
    expect(screen).toContain("--> console:2:1");
    expect(screen).toContain("2 | plus(1, 2)");
    expect(screen).not.toContain("console:6");
  });

  test("that makes a definition of before wrong shows that one", () => {
    const before = "def f(x) = add(x, y)\n";
    const { diagnostics } = compileEntry("let y = tsum()\nf(1)", { ...options, before });
    expect(diagnostics.map(({ code, place }) => [code, place.file, place.start.line])).toContainEqual([
      "E309",
      "earlier",
      1,
    ]);
  });
});

test.each([
  ["add", "the task add(x, y)\ndefined at tasks.ts:add"],
  ["user", 'the task user(n: number, mode: "fast" | "slow") → { id: string; age?: number }\ndefined at tasks.ts:user'],
  ["plus", "Adds one.\ndef plus(x) = add(x, 1)"],
  ["user(3)", "a workflow\ngives  { id: string; age?: number }"],
  ["mul(8)", "a workflow\ntakes  x, the first argument of mul\ngives  what the types do not tell"],
  ["count() | list()", "a workflow\ntakes  items: string[], the first argument of count\ngives  number[]"],
  [
    "[count(), list(3)]",
    "a workflow\ntakes  items: string[], the first argument of count\ngives  (number | number[])[]",
  ],
  ["each(count())", "a workflow\ntakes  a list\ngives  number[]"],
  ["names", "a value: string[]"],
  ['{a: it, b: [1, "x"]}', "a value: { a: number; b: (number | string)[] }"],
  ["map", "the word `map`"],
])("%s is described as it is", (text, expected) => {
  expect(describeEntry(text, options)).toEqual({ description: expected, diagnostics: [] });
});

describe("completion", () => {
  const known = { tasks, names: ["it", "plus"] };

  test.each([
    ["ad", ["add"]],
    ["images.re", ["images.resize"]],
    ["add(1) | pl", ["plus"]],
    ["el", ["else"]],
    ["c", ["chain", "chord", "chunks", "count"]],
    ["let x", []],
    ['"ad', []],
    ["# ad", []],
    ["add(1) on ", ["error", "success"]],
    ["add(1) with {ret", ["retries: ", "retryDelay: "]],
    ["add(1) with {retries: 1, que", ["queue: "]],
    ["{ret", []],
    ["resize(si", ["size: "]],
    ["images.resize(image: i, im", ["images.import", "images.resize", "import"]],
    ["add!(x", ["x: "]],
    ["add([1, 2], x", []],
    ["notify(1, o", ["on: ", "on", "opaque", "or", "order"]],
    ["add(\n  mul(1,\n y", ["y: "]],
  ])("%j goes on as %j", (text, expected) => {
    expect(complete(text, known).candidates).toEqual(expected);
  });

  test("offers what a call still takes in front of all else, and no word that is kept for later", () => {
    const { word, candidates } = complete("resize(i, mode: m, ", known);
    expect(word).toBe("");
    expect(candidates.slice(0, 2)).toEqual(["size: ", "add"]);
    expect(candidates).not.toContain("while");
    expect(candidates).not.toContain("größe");
  });
});
