import { expect, test } from "@jest/globals";
import { readAllCases, readOwnTree } from "../src/conformance/case-files.ts";
import { openEngine } from "../src/conformance/open-engine.ts";
import { reportLine } from "../src/conformance/report.ts";
import { concurrency, runCases } from "../src/conformance/runner.ts";

test.each([1, 5, "adaptive"] as const)(
  "every case passes on memory: with slices of %s, with Celery's parents or ours",
  async (slices) => {
    const engine = await openEngine("memory:", slices);
    try {
      const reports = await runCases(await readAllCases(), engine, { level: 5, concurrency });
      const differing = reports.filter(({ differences }) => differences.length > 0);
      const [withOwnTree, others] = [true, false].map((only) =>
        differing.filter(({ differences }) => differences.every(({ field }) => field === "tree") === only),
      );
      expect(others?.map(reportLine)).toEqual([]);
      expect(withOwnTree?.map(({ testCase }) => testCase.id)).toEqual(await readOwnTree());
    } finally {
      await engine.close();
    }
  },
  60_000,
);
