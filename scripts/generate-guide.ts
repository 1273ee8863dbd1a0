/**
 * Writes what is made from the compiler's own tables: pages of the guide, and the grammar for editors; `--check` fails when one is stale. One
 * rule: nothing is worded here.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { codeNames, explain, indexAsMarkdown, pageAsMarkdown, textMateGrammar } from "@umbel/dsl";
import { grammarFiles } from "./grammar-page.ts";

const root = join(import.meta.dirname, "..");
const codePages = join(root, "docs/errors");

const files = new Map<string, string>([
  [join(codePages, "README.md"), indexAsMarkdown()],
  ...codeNames.map((code): [string, string] => [join(codePages, `${code}.md`), pageAsMarkdown(explain(code))]),
  ...[...grammarFiles()].map(([path, text]): [string, string] => [join(root, "docs", path), text]),
  [join(root, "editors/flow.tmLanguage.json"), `${JSON.stringify(textMateGrammar(), undefined, 2)}\n`],
]);

const isCheck = process.argv.includes("--check");
for (const [path, text] of files) {
  if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
  report(path, () => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  });
}
// The page of a code, or the diagram of a rule, that is gone.
for (const folder of [codePages, join(root, "docs/grammar")]) {
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const path = join(folder, name);
    if (!files.has(path)) report(path, () => rmSync(path));
  }
}

function report(path: string, mend: () => void): void {
  const where = relative(root, path);
  if (isCheck) {
    console.error(`${where} is stale; run \`npm run generate\` and commit it`);
    process.exitCode = 1;
  } else {
    mend();
    console.log(`wrote ${where}`);
  }
}
