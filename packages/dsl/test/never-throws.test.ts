import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  compile,
  compileEntry,
  complete,
  describeEntry,
  entryNames,
  format,
  isUnfinished,
  renderDiagnostics,
} from "../src/index.ts";
import { importingResolver, resolver, tasks } from "./tasks.ts";

const pieces = [
  ..."()[]{}|&.,:=!?+-*/%<>\"'`#$\\\n\r\t ;".split(""),
  ...'"""|${|..|..=|...|==|!=|<=|>=|||&&|===|//'.split("|").filter((piece) => piece !== ""),
  ..."import as param let def for in if then else and or not with on true false null match while success error".split(
    " ",
  ),
  ..."add mul id x y xs group chain chord map each int list string 1 0.5 10s 007 1h30m é \u202e \u{1f600} \ufeff".split(
    " ",
  ),
];

const valid = `import "./tasks.ts"
param sizes: list<int> = [64, 128]
let url = "http://x/\${1 + 1}"
def thumbnail(size) = resize(size) | upload("thumb-\${size}.png")
fetch(url) with {queue: "io", retries: 3}
  | [thumbnail(size) for size in sizes if size > 10]
  | index() on error notify!("ops")
`;

// A fiftieth of what holds otherwise: what matters is that a limit ends it, and not how long one waits for that.
const limits = { items: 200_000, steps: 1_000_000 };

function expectNoThrow(text: string): void {
  const { signature, diagnostics } = compile(text, { file: "x.flow", resolver, limits });
  const hasErrors = diagnostics.some((diagnostic) => diagnostic.severity === "error");
  expect(signature === undefined).toBe(hasErrors);
  format(text);
  renderDiagnostics(diagnostics, { "x.flow": text }, { color: true });
}

describe("compile gives a signature or an error and never throws", () => {
  test("on any text", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), expectNoThrow), { numRuns: 300 });
  });

  test("on any row of the language's own pieces", () => {
    const text = fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((row) => row.join(" "));
    fc.assert(fc.property(text, expectNoThrow), { numRuns: 600 });
  });

  test("and so does what a console asks of it", () => {
    const text = fc.array(fc.constantFrom(...pieces), { maxLength: 30 }).map((row) => row.join(" "));
    const options = { file: "console", before: valid, beforeName: "earlier", resolver: importingResolver, limits };
    fc.assert(
      fc.property(text, (entry) => {
        const { meaning, definitions, diagnostics } = compileEntry(entry, options);
        const hasErrors = diagnostics.some(({ severity }) => severity === "error");
        if (hasErrors) expect([meaning, definitions]).toEqual([undefined, []]);
        for (const { place } of diagnostics) expect(place.start.line).toBeGreaterThan(0);
        describeEntry(entry, options);
        entryNames(entry);
        isUnfinished(entry);
        const { word } = complete(entry, { tasks, names: ["it"] });
        expect(entry.endsWith(word)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  test("on a valid file with pieces put in, cut out or doubled", () => {
    const change = fc.record({ at: fc.nat(valid.length), cut: fc.nat(6), put: fc.constantFrom("", ...pieces) });
    const text = fc
      .array(change, { minLength: 1, maxLength: 4 })
      .map((changes) =>
        changes.reduce((current, { at, cut, put }) => current.slice(0, at) + put + current.slice(at + cut), valid),
      );
    fc.assert(fc.property(text, expectNoThrow), { numRuns: 600 });
  });

  test.each([
    ["nested parentheses", `id(${"(".repeat(99)}1${")".repeat(99)})`],
    ["too many parentheses", `${"(".repeat(100_000)}1`],
    ["brackets that close nothing", "]".repeat(10_000)],
    ["brackets that others close", "(".repeat(50_000) + "]".repeat(50_000)],
    ["brackets that are never closed, on many lines", "log((1\n".repeat(5000)],
    ["blocks that are never closed", 'log("""a\n'.repeat(5001)],
    ["backticks that are never closed", "`a\n".repeat(5000)],
    ["semicolons", "a();".repeat(5000)],
    ["another language's or", `log(1)${" || log(1)".repeat(5000)}`],
    ["comments in calls", "id( # c\n".repeat(5000)],
    ["a long name", "x".repeat(500_000)],
    ["a long number", "9".repeat(500_000)],
    ["nested calls with operators", `id(${"1 + 2 * -(".repeat(90)}1${")".repeat(90)})`],
    ["nested strings", `id(${'"${'.repeat(5000)}`],
    ["nested lists", `id(${"[".repeat(99)}${"]".repeat(99)})`],
    ["nested types", `param p: ${"list<".repeat(50_000)}`],
    ["nested ifs", "id(if ".repeat(50_000)],
    ["nested comprehensions", `id(${"[x for x in ".repeat(90)}[1]${"]".repeat(90)})`],
    ["many clauses", `id([1 ${"for x in [1] ".repeat(3000)}])`],
    [
      "defs that call defs",
      `def f0(x) = id(x)\n${Array.from({ length: 300 }, (_, i) => `def f${i + 1}(x) = [(f${i}(x))]`).join("\n")}\nf300(1)`,
    ],
    [
      "lets that nest groups",
      `let a0 = id()\n${Array.from({ length: 5000 }, (_, i) => `let a${i + 1} = id() | [a${i}, id()]`).join("\n")}\na5000`,
    ],
    [
      "lets that nest values",
      `let a0 = []\n${Array.from({ length: 5000 }, (_, i) => `let a${i + 1} = [a${i}]`).join("\n")}\nid(a5000)`,
    ],
    [
      "lets that double",
      `let a0 = id()\n${Array.from({ length: 60 }, (_, i) => `let a${i + 1} = a${i} | a${i}`).join("\n")}\na60`,
    ],
    ["a range without end", "id(0..9007199254740991)"],
    ["nested loops", "id([1 for a in 0..100000 for b in 0..100000])"],
    [
      "a string that doubles",
      `let s0 = "0123456789"\n${Array.from({ length: 60 }, (_, i) => `let s${i + 1} = s${i} + s${i}`).join("\n")}\nid(s60)`,
    ],
    ["definitions in a circle", Array.from({ length: 2000 }, (_, i) => `let a${i} = a${(i + 1) % 2000}`).join("\n")],
    ["unknown names", Array.from({ length: 3000 }, (_, i) => `let a${i} = unknown${i}()`).join("\n")],
  ])("on %s", (_title, text) => expectNoThrow(text));
});

test("a byte order mark and the kind of line breaks mean nothing", () => {
  const plain = compile(valid, { file: "x.flow", resolver, params: {} });
  const other = compile(`\ufeff${valid.replaceAll("\n", "\r\n")}`, { file: "x.flow", resolver, params: {} });
  expect(other.signature).toEqual(plain.signature);
  expect(other.diagnostics.map(({ place }) => [place.start.line, place.start.column])).toEqual(
    plain.diagnostics.map(({ place }) => [place.start.line, place.start.column]),
  );
});

describe("compiling takes steps in proportion to the text", () => {
  /** Whether a text compiles with so many steps. */
  const needs = (text: string, steps: number): boolean =>
    compile(text, { file: "x.flow", resolver, limits: { steps } }).signature !== undefined;

  test.each<[string, (n: number) => string]>([
    ["one chain", (n) => Array.from({ length: n }, (_, i) => `log(${i})`).join(" |\n  ")],
    ["one group", (n) => `[${Array.from({ length: n }, (_, i) => `id(${i})`).join(", ")}]`],
    ["one comprehension", (n) => `[id(i) for i in 0..${n}]`],
    ["lets that need the one before", (n) => chainOfLets(n)],
  ])("of %s", (_title, textOf) => {
    const perItem = 8;
    expect(needs(textOf(2000), perItem * 2000 + 50)).toBe(true);
    expect(needs(textOf(20_000), perItem * 20_000 + 50)).toBe(true);
  });
});

function chainOfLets(n: number): string {
  const lets = Array.from({ length: n }, (_, i) => `let a${i} = ${i === 0 ? "1" : `a${i - 1} + 1`}`);
  return `${lets.join("\n")}\nid(a${n - 1})`;
}
