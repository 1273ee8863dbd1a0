import { describe, expect, test } from "@jest/globals";
import { type } from "arktype";
import * as v from "valibot";
import * as z from "zod";
import { App } from "../src/app.ts";
import { OptionError } from "../src/errors.ts";
import type { Schema } from "../src/schema.ts";

/** The same schema in each library: `x` a number of at least 1, `text` trimmed. */
const libraries: readonly (readonly [
  name: string,
  schema: Schema<unknown, unknown>,
  result: Schema<unknown, unknown>,
])[] = [
  ["zod", z.object({ x: z.number().min(1), text: z.string().trim() }), z.string().max(4)],
  [
    "valibot",
    v.object({ x: v.pipe(v.number(), v.minValue(1)), text: v.pipe(v.string(), v.trim()) }),
    v.pipe(v.string(), v.maxLength(4)),
  ],
  ["arktype", type({ x: "number >= 1", text: "string.trim" }), type("string <= 4")],
];

describe.each(libraries)("T2 a schema of %s", (_, schema, result) => {
  const repeat = new App().task(
    { name: "repeat", params: ["x", "text"], schema, result },
    (x: unknown, text: unknown) => String(text).repeat(Number(x)),
  );

  test("converts arguments and checks the result of a direct call", () => {
    expect(repeat(2, " ab ")).toBe("abab");
    expect(() => repeat(3, "ab")).toThrow(/^the result of task "repeat": ./);
  });

  test("names each wrong argument", () => {
    expect(() => repeat(0, "a")).toThrow(/^task "repeat": `x`: ./);
    expect(() => repeat("0", 1)).toThrow(/^task "repeat": `text`: .*; `x`: ./);
  });

  test("checks what is sent, by position and by name", () => {
    expect(repeat.checkCall([1], { text: "a" })).toBeUndefined();
    expect(() => repeat.checkCall([1], { text: 1 })).toThrow(/^task "repeat": `text`: ./);
    expect(() => repeat.checkCall([1], {})).toThrow(new TypeError('task "repeat" takes (x, text); `text` is missing'));
  });
});

describe("T2 schemas", () => {
  test("that answer later are waited for", async () => {
    const slow = z.object({ x: z.number().refine(async (x) => x > 0, "too small") });
    const task = new App().task({ name: "slow", params: ["x"], schema: slow }, (x) => x + 1);
    expect(task.checkCall([0], {})).toBeUndefined();
    await expect(Promise.resolve(task(0))).rejects.toThrow('task "slow": `x`: too small');
    expect(await Promise.resolve(task(1))).toBe(2);
  });

  test("check a result that comes later", async () => {
    const task = new App().task(
      { name: "later", params: [], schema: z.object({}), result: z.number() },
      async () => Number.NaN,
    );
    await expect(Promise.resolve(task())).rejects.toThrow(/^the result of task "later": ./);
  });

  test("give what goes by name only as the last object", () => {
    const task = new App().task(
      {
        name: "named",
        params: ["x", "*", "width", "height?"],
        schema: z.object({ x: z.string(), width: z.number(), height: z.number().default(3) }),
      },
      ((x: string, size: object) => [x, size]) as never,
    ) as unknown as (...args: unknown[]) => unknown;
    expect(task("a", { width: 2 })).toEqual(["a", { width: 2, height: 3 }]);
  });

  test.each<[what: string, define: (app: App) => unknown, message: string]>([
    [
      "without params",
      (app) => app.task({ name: "t", schema: z.object({}) }, () => 1),
      '`schema` of task "t" needs `params`: a schema has no order, so name its entries as the function takes them',
    ],
    [
      "that are none",
      (app) => app.task({ name: "t", result: "string" as never }, () => 1),
      'option `result` of task "t" must be a Standard Schema, as zod, valibot and arktype make them; got "string"',
    ],
  ])("%s are refused", (_, define, message) => {
    expect(() => define(new App())).toThrow(new OptionError(message));
  });
});
