import { expect, test } from "@jest/globals";
import { readAllCases } from "../src/conformance/case-files.ts";
import { openEngine } from "../src/conformance/open-engine.ts";
import { reportLine } from "../src/conformance/report.ts";
import { concurrency, runCases } from "../src/conformance/runner.ts";

test("every case passes on the broker memory:", async () => {
  const engine = await openEngine("memory:");
  try {
    const reports = await runCases(await readAllCases(), engine, { level: 4, concurrency });
    expect(reports.filter(({ differences }) => differences.length > 0).map(reportLine)).toEqual([]);
  } finally {
    await engine.close();
  }
}, 60_000);
