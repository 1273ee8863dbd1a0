/** What editors colour: the pieces of texts, and that the grammar in TextMate's form says the same of them. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { beforeAll, describe, expect, test } from "@jest/globals";
import type { IGrammar } from "vscode-textmate";
import { scopes, type TokenKind, textMateGrammar, tokens } from "../src/index.ts";

const forms = new URL("./highlight/forms.flow", import.meta.url);
const examples = new URL("../../../examples/flows/", import.meta.url);
const files = [
  forms,
  ...readdirSync(examples)
    .filter((name) => name.endsWith(".flow"))
    .map((name) => new URL(name, examples)),
];

const require = createRequire(import.meta.url);
const textMate = require("vscode-textmate") as typeof import("vscode-textmate");
const oniguruma = require("vscode-oniguruma") as typeof import("vscode-oniguruma");
let grammar: IGrammar;

beforeAll(async () => {
  await oniguruma.loadWASM(readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm")));
  const registry = new textMate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (sources) => new oniguruma.OnigScanner(sources),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: () => Promise.resolve(textMate.parseRawGrammar(JSON.stringify(textMateGrammar()), "flow.json")),
  });
  const loaded = await registry.loadGrammar("source.flow");
  if (loaded === null) throw new Error("the grammar is not loaded");
  grammar = loaded;
});

const kinds = new Map(Object.entries(scopes).map(([kind, scope]) => [scope, kind as TokenKind]));

/** The kind that TextMate's grammar gives each character, by its offset. */
function kindsByOffset(text: string): readonly (TokenKind | undefined)[] {
  const byOffset: (TokenKind | undefined)[] = [];
  let state = textMate.INITIAL;
  let lineStart = 0;
  for (const line of text.split("\n")) {
    const { tokens: found, ruleStack } = grammar.tokenizeLine(line, state);
    state = ruleStack;
    for (const { startIndex, endIndex, scopes: names } of found) {
      const innermost = names.findLast((name) => kinds.has(name) || name === "meta.embedded.flow");
      for (let at = startIndex; at < endIndex; at += 1) byOffset[lineStart + at] = kinds.get(innermost ?? "");
    }
    lineStart += line.length + 1;
  }
  return byOffset;
}

describe("the grammar for editors", () => {
  test.each(files.map((file) => [file.pathname.split("/").at(-1), file] as const))("colours %s as it is", (_, file) => {
    const text = readFileSync(file, "utf8");
    const byOffset = kindsByOffset(text);
    const wrong = tokens(text).flatMap(({ kind, text: piece, start }) => {
      // A line break itself has no colour.
      const found = byOffset[start.offset + piece.search(/[^\n]/)];
      return found === kind ? [] : [`${start.line}:${start.column} ${piece}: ${found} instead of ${kind}`];
    });
    expect(wrong).toEqual([]);
  });
});

test("every form has its kind", () => {
  const listed = tokens(readFileSync(forms, "utf8"))
    .map(({ kind, text, start }) => `${start.line}:${start.column} ${kind} ${JSON.stringify(text)}`)
    .join("\n");
  const golden = new URL("./highlight/forms.tokens", import.meta.url);
  if (process.env.UPDATE_GOLDEN === "1") writeFileSync(golden, `${listed}\n`);
  expect(`${listed}\n`).toBe(readFileSync(golden, "utf8"));
  const seen = new Set(listed.split("\n").map((line) => line.split(" ")[1]));
  expect([...seen].sort()).toEqual(Object.keys(scopes).sort());
});
