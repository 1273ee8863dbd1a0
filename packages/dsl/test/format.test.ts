import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Diagnostics } from "../src/diagnostics.ts";
import { compile, type DeclaredParam, format } from "../src/index.ts";
import { Source } from "../src/source.ts";
import { tokenize } from "../src/syntax/lexer.ts";
import { resolver } from "./tasks.ts";

describe("formatting", () => {
  test.each<[string, string]>([
    ["add( 4,4 )|mul( 8 )", "add(4, 4) | mul(8)\n"],
    ["\ufefflet  x=-1+2*( 3- -4 )\r\n\r\n\r\n# c\r\nid(x)", "let x = -1 + 2 * (3 - -4)\n\n# c\nid(x)\n"],
    ["param p:list<  int >?=[ 1, 2, ]\nid(p)", "param p: list<int>? = [1, 2]\nid(p)\n"],
    ['param p : "a"|"b"="a"\nid( p )', 'param p: "a" | "b" = "a"\nid(p)\n'],
    ["id({a:1,'b':2}.a)", ""],
    ["id( {a :1, if: 2} . if )", "id({a: 1, if: 2}.if)\n"],
    ["id(...[1] ) & id( 0 ..= 3)&id!( 1 )", "id(...[1]) & id(0..=3) & id!(1)\n"],
    ["id() # one\n  | id() # two\n", "id()  # one\n  | id()  # two\n"],
    ["id()\n  # above\n  | id()", "id()\n  # above\n  | id()\n"],
    ["log(1, # one\n  # two\n  2 # three\n  # four\n)", "log(\n  1,  # one\n  # two\n  2,  # three\n  # four\n)\n"],
    ["if true then id() else id() | id()", "if true then id() else (id() | id())\n"],
    [
      'fetch("http://example.org/a/long/path") with {queue: "io", retries: 3} | [resize(size, mode: "fit") for size in [64, 128, 256]] | index()',
      'fetch("http://example.org/a/long/path") with {queue: "io", retries: 3}\n  | [resize(size, mode: "fit") for size in [64, 128, 256]]\n  | index()\n',
    ],
    [
      'notify("a rather long text that fills the line", on: {first: "some more text", second: "yet more"})',
      'notify(\n  "a rather long text that fills the line",\n  on: {first: "some more text", second: "yet more"},\n)\n',
    ],
    // Exactly 80 columns.
    [
      `def thumbnail(width) = images.resize(width) | images.upload(folder, "\${width}w")`,
      `def thumbnail(width) = images.resize(width) | images.upload(folder, "\${width}w")\n`,
    ],
    ['id("""\n  a  b\n  """)', 'id("""\n  a  b\n  """)\n'],
    ["", ""],
    ["# only\n\n\n## comments", "# only\n\n## comments\n"],
  ])("%j gives %j", (text, formatted) => {
    expect(format(text).text ?? "").toBe(formatted);
  });

  const pieces = [
    ..."()[]{}|&.,:=!-+*\n\n  #".split(""),
    ..."import param let def for in if then else not with on true null success error".split(" "),
    ...`add mul id x xs 1 0.5 10s .. ... == # # #c\n ##d\n\n "s" "a\${x}b"`.split(" "),
  ];
  const valid = [
    "let x = [1, 2]\n## Doc.\ndef f(a, b = 2) = id(a) | id(b)\nf(x) # end\n",
    "param p: list<int> = [1]\nid(p)\n  | [id(y) for y in p if y > 1] # c\n  | (if p[0] == 1 then id() else id() | id())\n",
    'id({a: 1, "b c": [2, -3]}) with {queue: "io", retries: 3} on error notify!("ops") on success (id() | id())\n',
    `let a = if 1 < 2 then 0..3 else [...[1], 2]\n# own\n\nlog(...a, "x\${1 + 2}")\n`,
  ];
  const change = fc.record({
    at: fc.nat(300),
    cut: fc.nat(3),
    put: fc.constantFrom("", " ", "\n", " # c\n", ...pieces),
  });
  const texts = fc.tuple(fc.constantFrom(...valid), fc.array(change, { maxLength: 3 })).map(([text, changes]) =>
    changes.reduce((current, { at, cut, put }) => {
      const place = at % (current.length + 1);
      return current.slice(0, place) + put + current.slice(place + cut);
    }, text),
  );

  test("twice is the same as once, keeps comments, and means the same", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const once = format(text).text;
        fc.pre(once !== undefined);
        expect(format(once).text).toBe(once);
        expect(commentsOf(once)).toEqual(commentsOf(text));
        const before = compile(text, { file: "x.flow", resolver });
        const after = compile(once, { file: "x.flow", resolver });
        expect(after.signature).toEqual(before.signature);
        expect(after.diagnostics.map(({ code }) => code)).toEqual(before.diagnostics.map(({ code }) => code));
        expect([after.doc, after.params.map(shown)]).toEqual([before.doc, before.params.map(shown)]);
      }),
      { numRuns: 300 },
    );
  });
});

/** A param as `--help` shows it; its default is text of the file, so it is formatted with it. */
function shown(param: DeclaredParam): DeclaredParam {
  const { defaultText } = param;
  return { ...param, defaultText: defaultText === undefined ? undefined : (format(defaultText).text ?? defaultText) };
}

function commentsOf(text: string): readonly string[] {
  const { comments } = tokenize(new Source("x.flow", text), new Diagnostics());
  return comments.map(({ start, end }) => text.slice(start, end).trimEnd());
}
