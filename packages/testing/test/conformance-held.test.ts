import { describe, expect, test } from "@jest/globals";
import { readAllCases, readHeld } from "../src/conformance/case-files.ts";
import { openEngine } from "../src/conformance/open-engine.ts";
import { reportLine } from "../src/conformance/report.ts";
import { type CaseReport, concurrency, runCases } from "../src/conformance/runner.ts";
import { testRedisUrl } from "../src/kit/test-redis.ts";

const TIMEOUT_MS = 180_000;

const held = await readHeld();
const byId = new Map((await readAllCases()).map((testCase) => [testCase.id, testCase]));
const cases = held.flatMap((id) => byId.get(id) ?? []);

let reports: Promise<Map<string, CaseReport>> | undefined;

/** Runs all cases at once, the first time it is called. */
function runHeld(): Promise<Map<string, CaseReport>> {
  reports ??= (async () => {
    const engine = await openEngine(testRedisUrl());
    try {
      const all = await runCases(cases, engine, { level: 4, concurrency });
      return new Map(all.map((report) => [report.testCase.id, report]));
    } finally {
      await engine.close();
    }
  })();
  return reports;
}

test("every id of held.txt is that of a case, once", () => {
  expect(cases.map(({ id }) => id)).toEqual([...new Set(held)]);
});

describe("a case that is held passes:", () => {
  for (const { id, name } of cases) {
    test(
      `${id} ${name}`,
      async () => {
        const report = (await runHeld()).get(id);
        if (report === undefined) throw new Error("it was not run");
        expect(report.differences.length === 0 ? "passes" : reportLine(report)).toBe("passes");
      },
      TIMEOUT_MS,
    );
  }
});
