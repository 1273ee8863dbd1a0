import { describe, expect, test } from "@jest/globals";
import type { SignatureData } from "@umbel/core";
import { compile, type ParamValues } from "../src/index.ts";
import { resolver } from "./tasks.ts";

/** Compiles a text that has no errors. */
function signatureOf(text: string, params: ParamValues = {}): SignatureData | undefined {
  const { signature, diagnostics } = compile(text, { file: "test.flow", resolver, params });
  expect(diagnostics.filter((diagnostic) => diagnostic.severity === "error")).toEqual([]);
  return signature;
}

const task = (name: string, ...args: unknown[]): SignatureData => ({
  kind: "task",
  task: name,
  ...(args.length > 0 && { args }),
});
const chain = (...steps: SignatureData[]): SignatureData => ({ kind: "chain", steps });
const group = (...members: SignatureData[]) => ({ kind: "group" as const, members });

type Row = readonly [text: string, signature: SignatureData];

function check(rows: readonly Row[]): void {
  test.each(rows)("%s", (text, signature) => {
    expect(signatureOf(text)).toEqual(signature);
  });
}

describe("calls", () => {
  check([
    ["add(4, 4)", task("add", 4, 4)],
    ["add(4, y: 4)", { kind: "task", task: "add", args: [4], kwargs: { y: 4 } }],
    ["add(x: 1, y: 2)", { kind: "task", task: "add", kwargs: { x: 1, y: 2 } }],
    ["add!(2, 2)", { kind: "task", task: "add", args: [2, 2], immutable: true }],
    ["fail", task("fail")],
    ["fail()", task("fail")],
    ["add(...[1, 2])", task("add", 1, 2)],
    ["add(1, ...[2],)", task("add", 1, 2)],
    ["log(...1..=3)", task("log", 1, 2, 3)],
    ["`größe`(1)", task("größe", 1)],
    ["images.resize(1, 2)", task("images.resize", 1, 2)],
    ["images.import(1)", task("images.import", 1)],
    ['notify("ops", on: true)', { kind: "task", task: "notify", args: ["ops"], kwargs: { on: true } }],
    ["add(\n  4,\n  4,\n)", task("add", 4, 4)],
  ]);
});

describe("values as arguments", () => {
  check([
    ["id(null)", task("id", null)],
    ["id(1_000 + 2.5e1)", task("id", 1025)],
    ["id(-2 * 3 - 4 % 3)", task("id", -7)],
    ["id(7 / 2)", task("id", 3.5)],
    ["id(-7 % 3)", task("id", -1)],
    ["id(1.5h)", task("id", 5400)],
    ["id(1h + 30m)", task("id", 5400)],
    ["id([250ms, {a: 10s}])", task("id", [0.25, { a: 10 }])],
    ["id(1m / 4)", task("id", 15)],
    ['id("a" + "b")', task("id", "ab")],
    ["id([1] + [2, 3])", task("id", [1, 2, 3])],
    ["id(0..3)", task("id", [0, 1, 2])],
    ["id(0..=3)", task("id", [0, 1, 2, 3])],
    ["id(3..0)", task("id", [])],
    ["id(1 < 2 and not 2 == 3 or false)", task("id", true)],
    ['id(1 == "1")', task("id", false)],
    ["id([1, {a: 2}] == [1, {a: 2}])", task("id", true)],
    ['id("\u{10000}" > "\uffff")', task("id", true)],
    ["id([1, 2, 3][-1])", task("id", 3)],
    ['id({a: {"b c": 1}}.a["b c"])', task("id", 1)],
    ["id({if: 1}.if)", task("id", 1)],
    ["id([...[1, 2], 3])", task("id", [1, 2, 3])],
    ["id([x * x for x in 1..=4 if x % 2 == 0])", task("id", [4, 16])],
    [
      "id([[x, y] for x in 0..3 for y in 0..x])",
      task("id", [
        [1, 0],
        [2, 0],
        [2, 1],
      ]),
    ],
    ["id(if 1 > 2 then 1 else if 2 > 1 then 2 else 3)", task("id", 2)],
    ["id(false and 1 / 0 == 1)", task("id", false)],
    ["id(not not true)", task("id", true)],
    ["id({__proto__: 1})", { kind: "task", task: "id", args: [JSON.parse('{"__proto__":1}')] }],
    ["id(0 * -1)", task("id", 0)],
  ]);
});

describe("strings", () => {
  check([
    [String.raw`id("a\n\t\"\\\/\u00e9\$x")`, task("id", 'a\n\t"\\/é$x')],
    [`id("a \${1 + 1} b \${"c \${true}"} \${10s} $x $")`, task("id", "a 2 b c true 10s $x $")],
    [`id("\${{a: "}"}.a}")`, task("id", "}")],
    [`id("""a "quoted" \${1} line""")`, task("id", 'a "quoted" 1 line')],
    [`id("""\n    one\n      two\n\n    three \${3}\n    """)`, task("id", "one\n  two\n\nthree 3")],
    ['id("""\r\n  a\r\n  b\r\n  """)', task("id", "a\nb")],
    ['id("""\n  a\\n  b\n  """)', task("id", "a\n  b")],
    ['id("# no comment")', task("id", "# no comment")],
    ['id("")', task("id", "")],
  ]);
});

describe("workflows", () => {
  const a = task("log", "a");
  const b = task("log", "b");
  const c = task("tsum");
  const names = 'let a = log("a")\nlet b = log("b")\n';
  check([
    ["add(4,4) | mul(8)", chain(task("add", 4, 4), task("mul", 8))],
    [`${names}a | b | tsum`, chain(a, b, c)],
    [`${names}(a | b) | (tsum | id())`, chain(a, b, c, task("id"))],
    [`${names}chain(a, b, tsum)`, chain(a, b, c)],
    [`${names}chain(a)`, a],
    [`${names}a & b`, group(a, b)],
    [`${names}[a, b]`, group(a, b)],
    [`${names}[a]`, group(a)],
    [`${names}group(a, b)`, group(a, b)],
    [`${names}group([a, b])`, group(a, b)],
    [`${names}[a, b] | tsum`, chain(group(a, b), c)],
    [`${names}a & b | tsum`, chain(group(a, b), c)],
    [`${names}[[a, b], a]`, group(a, b, a)],
    [`${names}[...[a, b], a]`, group(a, b, a)],
    [`${names}[a | [b, b], a]`, group(chain(a, group(b, b)), a)],
    [`${names}chord([a, b], tsum)`, { kind: "chord", header: group(a, b), body: c }],
    [`${names}chain(...[a, b])`, chain(a, b)],
    ["[id(x) for x in []] | tsum", chain(group(), c)],
    ["[add(i, 1) for i in 0..2] | tsum", chain(group(task("add", 0, 1), task("add", 1, 1)), c)],
    ["4 | add(1) | mul(2)", chain(task("add", 4, 1), task("mul", 2))],
    ["4 | [add(1), mul(2)]", group(task("add", 4, 1), task("mul", 4, 2))],
    ["4 | (add(1) | mul(2))", chain(task("add", 4, 1), task("mul", 2))],
    ["4 | chord([add(1)], tsum)", { kind: "chord", header: group(task("add", 4, 1)), body: c }],
    ["[] | tsum()", task("tsum", [])],
    ["null | id()", task("id", null)],
    ["id.map([1, 2])", { kind: "map", task: "id", items: [1, 2] }],
    ["map(id, [1])", { kind: "map", task: "id", items: [1] }],
    ["add.starmap([[1, 2]])", { kind: "starmap", task: "add", items: [[1, 2]] }],
    [
      "add.chunks([[1, 2], [3, 4]], 1)",
      {
        kind: "chunks",
        task: "add",
        items: [
          [1, 2],
          [3, 4],
        ],
        size: 1,
      },
    ],
    ["images.resize.starmap([[1, 2]])", { kind: "starmap", task: "images.resize", items: [[1, 2]] }],
    [
      "[1, 2] | each(add(1), limit: 5) | tsum",
      chain({ kind: "each", member: task("add", 1), limit: 5, args: [[1, 2]] }, c),
    ],
    [
      "id([1]) | each(add(1) | mul(2))",
      chain(task("id", [1]), { kind: "each", member: chain(task("add", 1), task("mul", 2)) }),
    ],
    ["if true then fail() else id()", task("fail")],
    ["id() | (if false then fail!() else id())", chain(task("id"), task("id"))],
  ]);
});

describe("options and handlers", () => {
  check([
    [
      'id() with {queue: "io", retries: 3, countdown: 1m, retryDelay: "5s"}',
      { kind: "task", task: "id", options: { queue: "io", retries: 3, countdown: 60, retryDelay: 5 } },
    ],
    ["id() with {retries: 1} with {retries: 2}", { kind: "task", task: "id", options: { retries: 2 } }],
    ["(id() with {retries: 1}) with {retries: 2}", { kind: "task", task: "id", options: { retries: 1 } }],
    ["id() with {}", task("id")],
    ['let slow = {queue: "slow"}\nid() with slow', { kind: "task", task: "id", options: { queue: "slow" } }],
    ["(id() | id()) with {priority: 1}", { kind: "chain", steps: [task("id"), task("id")], options: { priority: 1 } }],
    [
      "(id() | id()) with {priority: 1} | id()",
      chain({ kind: "chain", steps: [task("id"), task("id")], options: { priority: 1 } }, task("id")),
    ],
    [
      "[id(), fail()] with {priority: 1}",
      { kind: "group", members: [task("id"), task("fail")], options: { priority: 1 } },
    ],
    [
      "[[id(), id() with {priority: 2}] with {priority: 1}, fail()]",
      group(
        { kind: "task", task: "id", options: { priority: 1 } },
        { kind: "task", task: "id", options: { priority: 2 } },
        task("fail"),
      ),
    ],
    [
      "id() on success tsum on error report()",
      { kind: "task", task: "id", options: { link: [task("tsum")], linkError: [task("report")] } },
    ],
    [
      'id() with {retries: 1} on error notify!("ops") with {retries: 5}',
      {
        kind: "task",
        task: "id",
        options: {
          retries: 1,
          linkError: [{ kind: "task", task: "notify", args: ["ops"], immutable: true, options: { retries: 5 } }],
        },
      },
    ],
    [
      "id() | fail!() on error id()",
      chain(task("id"), { kind: "task", task: "fail", immutable: true, options: { linkError: [task("id")] } }),
    ],
    [
      "(id() | id()) on error id()",
      { kind: "chain", steps: [task("id"), task("id")], options: { linkError: [task("id")] } },
    ],
  ]);
});

describe("names", () => {
  check([
    ["let x = 1 + 1\nid(x)", task("id", 2)],
    ["id(x)\nlet x = y * 2\nlet y = 3", task("id", 6)],
    ["let step = id\nstep() | step", chain(task("id"), task("id"))],
    ["let steps = [id, fail]\nsteps", group(task("id"), task("fail"))],
    ["let steps = [id(1), id(2)]\nsteps[1]", task("id", 2)],
    [
      "let steps = [id(1), id(2)]\n[s | id() for s in steps]",
      group(chain(task("id", 1), task("id")), chain(task("id", 2), task("id"))),
    ],
    ["def twice(w) = w | w\ntwice(id())", chain(task("id"), task("id"))],
    [
      "def f(a, b = a + 1) = add(a, b)\n[f(1), f(1, 5), f(b: 7, a: 0)]",
      group(task("add", 1, 2), task("add", 1, 5), task("add", 0, 7)),
    ],
    [
      "def f(x) = add(x, 1) | mul(2)\nid() | f!(1)",
      chain(task("id"), { kind: "task", task: "add", args: [1, 1], immutable: true }, task("mul", 2)),
    ],
    ["def f() = id()\n[f, f] | tsum", chain(group(task("id"), task("id")), task("tsum"))],
    ["let x = 1\ndef f() = id(x)\n[f() for x in [5]]", group(task("id", 1))],
    ["def f(id) = `id`(id)\nf(3)", task("id", 3)],
    ["let images = {resize: 7}\nid(images.resize)", task("id", 7)],
  ]);
});

describe("lines", () => {
  check([
    ["# a comment\nid() # another\n  | id()\n", chain(task("id"), task("id"))],
    ["\ufeffid()", task("id")],
    ["#!/usr/bin/env -S flow run\r\nid()\r\n  | id()\r\n", chain(task("id"), task("id"))],
    ["let x = 1\n  + 2\nid(x)", task("id", 3)],
    ["let x = [1]\n[id(x)]", group(task("id", [1]))],
    ["let x = 5\n(id(x))", task("id", 5)],
    [
      "id()\n  with {retries: 1}\n  on error\n    id()",
      { kind: "task", task: "id", options: { retries: 1, linkError: [task("id")] } },
    ],
    ["let y = if true\n  then 1\n  else 2\nid(y)", task("id", 1)],
  ]);
});

describe("imports", () => {
  test("an import brings the tasks of a module", () => {
    const { signature, diagnostics } = compile('import "./tasks.ts"\nid()', {
      file: "test.flow",
      resolver: {
        task: () => undefined,
        taskNames: () => [],
        import: (specifier, from) => resolver.import(specifier, from),
      },
    });
    expect(diagnostics).toEqual([]);
    expect(signature).toEqual(task("id"));
  });
});

describe("imports of flows", () => {
  const thumbnail = (width: number, mode: string, name: string): SignatureData =>
    chain(
      { kind: "task", task: "resize", args: [width], kwargs: { mode } },
      { kind: "task", task: "upload", args: [`${name}.png`] },
    );
  check([
    [
      'import "./lib.flow" with {size: 3}\nid() | thumbnail()',
      chain(task("id"), ...steps(thumbnail(6, "fit", "thumb"))),
    ],
    [
      'import "./lib.flow" as lib with {size: 1 + x, name: "a"}\nlet x = 3\nid(lib.width) | lib.thumbnail("crop")',
      chain(task("id", 8), ...steps(thumbnail(8, "crop", "a"))),
    ],
    [
      'import "./lib.flow" as a with {size: 1}\nimport "./lib.flow" as b with {size: 2}\n[id(a.width), id(b.width)]',
      group(task("id", 2), task("id", 4)),
    ],
    ['import "./lib.flow" with {size: 3}\nid() | shrink()', chain(task("id"), task("resize", 1.5))],
    ['import "./nested.flow"\nid() | small()', chain(task("id"), ...steps(thumbnail(20, "crop", "thumb")))],
    [
      'import "./nested.flow" as thumbnail\nid() | thumbnail.small',
      chain(task("id"), ...steps(thumbnail(20, "crop", "thumb"))),
    ],
  ]);

  function steps(data: SignatureData): readonly SignatureData[] {
    return data.kind === "chain" ? data.steps : [data];
  }

  test("imports that multiply are evaluated once each", () => {
    const texts = new Map(
      Array.from({ length: 60 }, (_, i) => [
        `./f${i}.flow`,
        i === 0
          ? "param n: int = 1\nlet x = n"
          : `param n: int = 1\nimport "./f${i - 1}.flow" as a with {n: n}\nimport "./f${i - 1}.flow" as b with {n: n}\nlet x = a.x + b.x`,
      ]),
    );
    const { diagnostics } = compile('import "./f59.flow" as f\nid(f.x)', {
      file: "test.flow",
      resolver: {
        ...resolver,
        import: (specifier) => ({ kind: "flow", file: specifier, text: texts.get(specifier) ?? "" }),
      },
    });
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual(["E403"]);
  });
});
