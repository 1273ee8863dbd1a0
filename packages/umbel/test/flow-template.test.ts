// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are flow texts, whose strings interpolate.
/** Flow text within TypeScript, and that it builds what the functions of the same names build. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import * as v from "valibot";
import { z } from "zod";
import { flow } from "../src/flow.ts";
import { type AnySignature, App, chain, chord, each, group, InvalidFlowError } from "../src/index.ts";

const app = new App("shop");
const add = app.task("add", (x: number, y: number) => x + y);
const mul = app.task("mul", (x: number, y: number) => x * y);
app.task("total", (numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0));
const echo = app.task("echo", (value: unknown) => value);
const note = app.task("note", (text: string, to = "all") => `${to}: ${text}`);
const log = app.task("log", (...values: unknown[]) => values);
const odd = app.task("not a name", (value: unknown) => value);
const foreign = new App("other").task("foreign", (value: unknown) => value);

const order = app.task(
  {
    name: "order",
    params: ["pieces"],
    schema: z.object({ pieces: z.number().min(1) }),
    result: z.object({ id: z.string(), paid: z.boolean() }),
  },
  (pieces: number) => ({ id: String(pieces), paid: false }),
);
app.task(
  {
    name: "receipt",
    params: ["total", "mode?", "when?"],
    schema: z.object({ total: z.number(), mode: z.enum(["cash", "card"]).default("cash"), when: z.int().optional() }),
  },
  (total: number, mode?: string, when?: number) => [total, mode, when],
);
// Valibot's schemas tell no types.
app.task(
  { name: "archive", params: ["order"], schema: v.object({ order: v.object({ id: v.string() }) }) },
  (given: { id: string }) => given.id,
);

const run = flow(app);
const json = (signature: AnySignature): unknown => JSON.parse(JSON.stringify(signature));

describe("a template", () => {
  const x = 4;
  const injected = '") | mul(1';
  const sizes = [64, 128];
  const user = { name: "Ann", "a b": [1, null] };
  const step = add.s(1).set({ retries: 2 });
  test.each<[title: string, template: AnySignature, signature: AnySignature]>([
    ["a value", run`add(${x}, 4) | mul(8)`, chain(add.s(4, 4), mul.s(8))],
    ["text that looks like flow", run`echo(${injected})`, echo.s(injected)],
    ["text in a string", run`note("Dear ${injected}, ${x}")`, note.s(`Dear ${injected}, 4`)],
    ["a list in a comprehension", run`[echo(size) for size in ${sizes}]`, group(echo.s(64), echo.s(128))],
    ["an object's members", run`echo(${user}.name) | echo!(${user}["a b"][-1])`, chain(echo.s("Ann"), echo.si(null))],
    ["a task that is called", run`${add}(1, 2) | ${odd}`, chain(add.s(1, 2), odd.s())],
    ["a task of another App", run`${foreign}(1)`, foreign.s(1)],
    ["a signature", run`add(1, 2) | ${step}`, chain(add.s(1, 2), step)],
    ["a chain within a chain", run`${chain(add.s(1, 1), step)} | mul(2)`, chain(add.s(1, 1), step, mul.s(2))],
    ["a group, fed", run`1 | ${group(add.s(2), mul.s(3))} | echo`, chain(group(add.s(1, 2), mul.s(1, 3)), echo.s())],
    [
      "options laid on a signature",
      run`1 | ${step} with {retries: 5, priority: 1}`,
      add.s(1, 1).set({ retries: 2, priority: 1 }),
    ],
    [
      "an each",
      run`echo([1]) | ${each(add.s(1), { limit: 2 })}`,
      chain(echo.s([1]).as<number[]>(), each(add.s(1), { limit: 2 })),
    ],
    ["a value first", run`${null} | echo`, echo.s(null)],
    ["a dollar sign before a brace", run`note("\u0024{1}")`, note.s("${1}")],
    ["flow's own interpolation", run`note("\${1 + 1} ${x} \\ \n")`, note.s("2 4 \\ \n")],
    ["a name in backticks", run`\`not a name\`(1)`, odd.s(1)],
    [
      "several statements",
      run`let a = ${x}
      def twice(n) = mul(n, 2)
      twice(a)   # ${"no comment\nadd()"}`,
      mul.s(4, 2),
    ],
  ])("holds %s", (_title, template, signature) => {
    expect(json(template)).toEqual(json(signature));
  });

  test("runs, and its result has the type that is said", async () => {
    const result: number = await (await run<number>`[add(${1}, 1), mul(2, 3)] | total()`.apply()).get();
    expect(result).toBe(8);
  });

  test.each<[() => unknown, string]>([
    [
      () => run`add(${1}, 2) | mull(${2})`,
      'the flow is wrong:\n\nerror[E201]: there is no task named "mull"\n --> template:1:16\n  |\n1 | add(${…}, 2) | mull(${…})\n  |                ^^^^ did you mean "mul"?\n\n1 error',
    ],
    [() => run`add(${"a"} + 1, 2)`, "error[E401]: `+` cannot take a string and a number\n --> template:1:5"],
    [() => run`add(1, 2) ${2}`, "error[E109]: expected `|`, `&` or a new line"],
    [() => run`add(1, 2) | ${2}`, "error[E418]: a number cannot stand behind `|`\n --> template:1:13"],
    [() => run`add(1, ${add})`, 'error[E419]: an argument of task "add" must be a value, not the task "add"'],
    [() => run`note("${[1]}")`, "error[E411]: ${} cannot hold a list\n --> template:1:9"],
    [() => run`add(1, 2) | ${add.s(1, 2)}`, 'error[E301]: task "add" takes at most 2 arguments; got 3'],
    [() => run`import "./tasks.ts"\nadd(1, 2)`, "a template imports nothing; it knows the tasks of its App"],
    [() => run`add(${Number.NaN}, 1)`, "hole 1 of the template"],
    [() => run`echo(${/a/ as never})`, "hole 1 of the template"],
  ])("is wrong: %s", (make, message) => {
    let thrown: unknown;
    try {
      make();
    } catch (error) {
      thrown = error;
    }
    expect(String(thrown)).toContain(message);
  });

  test.each<[() => unknown, string]>([
    [
      () => run`order(${0})`,
      'error[E316]: task "order": `pieces`: Too small: expected number to be >=1\n --> template:1:1\n  |\n1 | order(${…})\n  | ^^^^^',
    ],
    [
      () => run`order(1) | receipt()`,
      'error[E314]: task "receipt" cannot take what task "order" gives\n --> template:1:12',
    ],
    [() => run`${order}(2) | each(receipt())`, "error[E314]"],
    [() => run`[order(1), order(2)] | receipt("x")`, "error[E314]"],
    [() => run`0 | order()`, "error[E316]"],
    [
      () => run`add(1, 2) | receipt("cash", "now")`,
      'error[E315]: `when` of task "receipt" must be number, not "now"\n --> template:1:29',
    ],
  ])("asks schemas: %s", (make, message) => {
    expect(make).toThrow(InvalidFlowError);
    expect(make).toThrow(message);
  });

  test("takes what schemas take, of which it is not known what it is", () => {
    expect(String(run`order(2) | archive()`)).toBe("order(2) | archive()");
    expect(String(run`add(1, 2) | receipt("cash")`)).toBe('add(1, 2) | receipt("cash")');
  });

  test("a mistake is an InvalidFlowError", () => {
    expect(() => run`ad(1)`).toThrow(InvalidFlowError);
    expect(new InvalidFlowError("").code).toBe("FLOW_INVALID");
  });
});

/** The same workflow as flow text and by functions. */
interface Pair {
  readonly text: string;
  readonly signature: AnySignature;
}

interface Pairs {
  readonly workflow: Pair;
  readonly step: Pair;
  readonly atom: Pair;
}

const value = fc.oneof(
  fc.integer({ min: -99, max: 99 }),
  fc.constantFrom(null, true, "a", 'say "${x}"', 0.5),
  fc.array(fc.nat(9), { maxLength: 2 }),
);
const textOf = (item: unknown): string => JSON.stringify(item).replaceAll("${", "\\${");

const { workflow } = fc.letrec<Pairs>((tie: fc.LetrecTypedTie<Pairs>): fc.LetrecValue<Pairs> => {
  const call = value.map((item): Pair => ({ text: `log(${textOf(item)})`, signature: log.s(item) }));
  const fixed = value.map((item): Pair => ({ text: `log!(${textOf(item)})`, signature: log.si(item) }));
  const bare = fc.constant<Pair>({ text: "log", signature: log.s() });
  const withOptions = fc.tuple(tie("atom"), fc.nat(9)).map(
    ([{ text, signature }, priority]): Pair => ({
      text: `(${text}) with {priority: ${priority}, countdown: 2s}`,
      signature: (signature as ReturnType<typeof log.s>).set({ priority, countdown: 2 }),
    }),
  );
  const members = fc.array(
    tie("step").filter(({ signature }) => signature.data.kind !== "group" && signature.data.kind !== "chunks"),
    { minLength: 1, maxLength: 3 },
  );
  const grouped = members.map(
    (parts): Pair => ({
      text: `[${parts.map(({ text }) => text).join(", ")}]`,
      signature: group(...parts.map(({ signature }) => signature)),
    }),
  );
  const eached = fc.tuple(tie("step"), fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined })).map(
    ([{ text, signature }, limit]): Pair => ({
      text: `each(${text}${limit === undefined ? "" : `, limit: ${limit}`})`,
      signature: each(signature, limit === undefined ? {} : { limit }),
    }),
  );
  const chorded = fc.tuple(grouped, tie("step")).map(
    ([header, body]): Pair => ({
      text: `chord(${header.text}, ${body.text})`,
      signature: chord(header.signature as never, body.signature as never),
    }),
  );
  const mapped = fc
    .array(value, { maxLength: 3 })
    .map((items): Pair => ({ text: `log.map(${textOf(items)})`, signature: log.map(items) }));
  const piped = fc.array(tie("step"), { minLength: 2, maxLength: 3 }).map(
    (parts): Pair => ({
      text: `(${parts.map(({ text }) => text).join(" | ")})`,
      signature: chain(...(parts.map(({ signature }) => signature) as [never, never])),
    }),
  );
  return {
    atom: fc.oneof(call, fixed, bare),
    step: fc.oneof({ maxDepth: 3 }, tie("atom"), withOptions, grouped, eached, chorded, mapped, piped),
    // An `each` at the beginning needs its list.
    workflow: fc.tuple(call, tie("step")).map(
      ([first, rest]): Pair => ({
        text: `${first.text} | ${rest.text}`,
        signature: chain(first.signature as never, rest.signature as never),
      }),
    ),
  };
});

test("flow text builds what the functions of the same names build, and a signature in a hole is its text", () => {
  fc.assert(
    fc.property(workflow, ({ text, signature }) => {
      const strings = Object.assign([text], { raw: [text.replaceAll("\\${", "\\u0024{")] });
      const compiled = run(strings);
      expect([text, json(compiled)]).toEqual([text, json(signature)]);
      expect([text, json(run`${signature}`)]).toEqual([text, json(signature)]);
    }),
    { numRuns: 300 },
  );
});
