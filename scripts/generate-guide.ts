/**
 * Writes the pages of the guide that are made from the compiler's own tables; `--check` fails when one is stale. One
 * rule: nothing is worded here.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { codeNames, explain, indexAsMarkdown, pageAsMarkdown } from "@umbel/dsl";

const root = join(import.meta.dirname, "..");
const codePages = join(root, "docs/errors");

const files = new Map<string, string>([
  [join(codePages, "README.md"), indexAsMarkdown()],
  ...codeNames.map((code): [string, string] => [join(codePages, `${code}.md`), pageAsMarkdown(explain(code))]),
]);

const isCheck = process.argv.includes("--check");
for (const [path, text] of files) {
  if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
  report(path, () => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  });
}
// The page of a code that is gone.
for (const name of existsSync(codePages) ? readdirSync(codePages) : []) {
  const path = join(codePages, name);
  if (!files.has(path)) report(path, () => rmSync(path));
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
