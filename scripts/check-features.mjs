/**
 * Reads one Jest run's `--json` and docs/features.md: `check-features.mjs REPORT`. Fails when a row has no page that is
 * there, or no passed test whose full name begins with it. The last line is `N passed, N failed`.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const [, , reportFile] = process.argv;
if (reportFile === undefined) throw new Error("name the file that `npm test -- --json --outputFile=FILE` wrote");

/** Every row that is owed. */
const ROWS = [
  ...["A", "T", "C", "R"].flatMap((letter) =>
    Array.from({ length: { A: 10, T: 19, C: 12, R: 4 }[letter] }, (_, index) => `${letter}${index + 1}`),
  ),
];

const page = readFileSync(join(root, "docs/features.md"), "utf8");
const rows = new Map(
  [...page.matchAll(/^\| ([ACRT]\d+) \| (.*?) \| (.*?) \|/gm)].map(([, row, , explained]) => [row, explained]),
);
const text = readFileSync(reportFile, "utf8");
if (text === "") {
  // Jest was ended before it could write.
  console.log(`${reportFile} is empty\n0 passed, 1 failed`);
  process.exit(1);
}
const report = JSON.parse(text);
const passed = report.testResults
  .flatMap(({ assertionResults }) => assertionResults)
  .filter(({ status }) => status === "passed")
  .map(({ fullName }) => fullName);

const problems = ROWS.flatMap((row) => {
  const pages = [...(rows.get(row) ?? "").matchAll(/\]\(([^)#]+)/g)].map(([, file]) => file);
  const missing = pages.filter((file) => !existsSync(join(root, "docs", file)));
  return [
    ...(pages.length === 0 ? [`${row} is explained nowhere: docs/features.md names no page`] : []),
    ...missing.map((file) => `${row} is explained in docs/${file}, which is not there`),
    ...(passed.some((name) => name.startsWith(`${row} `))
      ? []
      : [`${row} has no passed test whose full name begins with it`]),
  ];
});
for (const problem of problems) console.error(problem);
const failedRows = new Set(problems.map((problem) => problem.split(" ", 1)[0])).size;
console.log(`${ROWS.length - failedRows} passed, ${failedRows} failed`);
process.exitCode = problems.length === 0 ? 0 : 1;
