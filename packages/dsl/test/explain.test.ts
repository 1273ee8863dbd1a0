import { describe, expect, test } from "@jest/globals";
import { codes } from "../src/codes.ts";
import { type CompileResult, compile } from "../src/compile.ts";
import { codeNames, explain, pageAsText } from "../src/explain/explain.ts";
import { explanations } from "../src/explain/explanations.ts";
import { resolverFor } from "../src/explain/surroundings.ts";
import { format, type ParamValues } from "../src/index.ts";

describe.each(codeNames)("the page of %s", (code) => {
  const { wrong, right, params = {}, rightParams = params, limits = {}, why, fix } = explanations[code];
  const compiled = (text: string, values: ParamValues): CompileResult =>
    compile(text, { file: "example.flow", resolver: resolverFor(text), params: values, limits });

  test("shows the mistake, and not another one before it", () => {
    const found = compiled(wrong, params).diagnostics.map((diagnostic) => diagnostic.code);
    expect(found[0]).toBe(code);
  });

  test("shows a text without it, written as the formatter writes", () => {
    const { signature, diagnostics } = compiled(right, rightParams);
    expect(diagnostics).toEqual([]);
    expect(signature).toBeDefined();
    expect(format(right).text).toBe(`${right}\n`);
  });

  test("says why in sentences, and what to do in one", () => {
    expect(why).toMatch(/^[A-Z`'"].*\.$/);
    expect(fix).not.toMatch(/\.$/);
  });
});

test("the page is the same words on a screen", () => {
  const text = pageAsText(explain("E201"));
  expect(text).toContain(`error[E201]: ${codes.E201.title}`);
  expect(text).toContain('    1 | add(4, 4) | mull(8)\n      |             ^^^^ did you mean "mul"?');
  expect(text.split("\n").every((line) => line.length <= 90)).toBe(true);
});
