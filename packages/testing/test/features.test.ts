/** `scripts/check-features.mjs`, which holds docs/features.md against a report of Jest. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";

const script = join(import.meta.dirname, "../../../scripts/check-features.mjs");
const folder = mkdtempSync(join(tmpdir(), "umbel-features-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every row, as the full names of tests begin with it. */
const ROWS = [
  ...Object.entries({ A: 10, T: 19, C: 12, R: 4 }).flatMap(([letter, count]) =>
    Array.from({ length: count }, (_, index) => `${letter}${index + 1}`),
  ),
];

/** Runs the script on a report of these tests. */
function check(tests: readonly { readonly fullName: string; readonly status: string }[] | undefined) {
  const file = join(folder, "report.json");
  writeFileSync(file, tests === undefined ? "" : JSON.stringify({ testResults: [{ assertionResults: tests }] }));
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, file], { encoding: "utf8" });
  return { status, stdout, stderr };
}

test("each row needs a passed test whose full name begins with it", () => {
  const passed = ROWS.map((row) => ({ fullName: `${row} something works`, status: "passed" }));
  expect(check(passed)).toEqual({ status: 0, stdout: `${ROWS.length} passed, 0 failed\n`, stderr: "" });
  const some = passed
    .filter(({ fullName }) => !fullName.startsWith("T1 "))
    .map((each) => (each.fullName.startsWith("C12 ") ? { ...each, status: "failed" } : each))
    .map((each) => (each.fullName.startsWith("R4 ") ? { ...each, fullName: `results: ${each.fullName}` } : each));
  expect(check(some)).toEqual({
    status: 1,
    stdout: `${ROWS.length - 3} passed, 3 failed\n`,
    stderr: ["T1", "C12", "R4"].map((row) => `${row} has no passed test whose full name begins with it\n`).join(""),
  });
});

test("a report that Jest did not come to write is a failure", () => {
  expect(check(undefined)).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(/ is empty\n0 passed, 1 failed\n$/),
  });
});
