import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import type { ConformanceCase, Expectation } from "../src/conformance/case.ts";
import type { ConformanceEngine } from "../src/conformance/engine.ts";
import { reportLine } from "../src/conformance/report.ts";
import { type CaseReport, runCases } from "../src/conformance/runner.ts";
import { ScriptedEngine } from "./scripted-engine.ts";

const never = new Promise<never>(() => {});

const canvas = { task: "record", args: [1], kwargs: { key: "x:k" }, options: {}, subtask_type: null, immutable: false };

function caseOf(wanted: Expectation, more: Partial<ConformanceCase> = {}): ConformanceCase {
  return { id: "x", name: "a case", canvas, expect: wanted, ...more };
}

async function runOne(testCase: ConformanceCase, engine: ConformanceEngine): Promise<string> {
  const [report] = await runCases([testCase], engine, { level: 5, concurrency: 4 });
  return report === undefined || report.differences.length === 0 ? "passed" : reportLine(report);
}

test("a canvas is applied with the case's own arguments", async () => {
  const engine = new ScriptedEngine();
  expect(await runOne(caseOf({ state: "SUCCESS", result: 1 }, { args: [3], kwargs: { z: 1 } }), engine)).toBe("passed");
  expect(engine.applied).toEqual([
    { signature: { kind: "task", task: "record", args: [1], kwargs: { key: "x:k" } }, args: [3], kwargs: { z: 1 } },
  ]);
});

test("what applying throws in the caller is an APPLY_ERROR", async () => {
  const engine = new ScriptedEngine();
  engine.apply = async () => {
    throw new TypeError("record takes (value, *, key)");
  };
  const error = { type: "TypeError", message: null };
  expect(await runOne(caseOf({ state: "APPLY_ERROR", error, raised: error }), engine)).toBe("passed");
  expect(await runOne(caseOf({ state: "SUCCESS" }), engine)).toBe(
    'x a case: state: expected SUCCESS, got APPLY_ERROR TypeError("record takes (value, *, key)")',
  );
});

test("applying that gives nothing is NO_RESULT", async () => {
  const engine = new ScriptedEngine();
  engine.apply = async () => undefined;
  expect(await runOne(caseOf({ state: "NO_RESULT" }), engine)).toBe("passed");
});

test("a canvas that cannot be read is an APPLY_ERROR with the place", async () => {
  const line = await runOne(caseOf({ state: "SUCCESS" }, { canvas: { task: "" } }), new ScriptedEngine());
  expect(line).toContain("got APPLY_ERROR InvalidSignatureError(");
});

test("records are read after the run has ended", async () => {
  const engine = new ScriptedEngine({
    ended: async () => {
      engine.recorded["x:k"] = [1];
    },
  });
  expect(await runOne(caseOf({ records: { "x:k": [1] } }), engine)).toBe("passed");
});

test("a record that comes after its case was compared is found at the end", async () => {
  const engine = new ScriptedEngine();
  engine.recorded["x:k"] = [1];
  const late = { ...canvas, kwargs: { key: "y:k" } };
  const cases = [caseOf({ records: { "x:k": [1] } }), caseOf({}, { id: "y", canvas: late })];
  const apply = engine.apply.bind(engine);
  engine.apply = async (signature, args, kwargs) => {
    if (signature.kwargs?.key === "y:k") engine.recorded["x:k"] = [1, 1];
    return apply(signature, args, kwargs);
  };
  const reports = await runCases(cases, engine, { level: 4, concurrency: 1 });
  expect(reports.filter(failed).map(reportLine)).toEqual([
    'x a case: records: expected {"x:k":[1]}, got {"x:k":[1,1]}',
  ]);
});

const failed = (report: CaseReport): boolean => report.differences.length > 0;

test("cases run at once, as many as allowed, and are reported in their order", async () => {
  let running = 0;
  let most = 0;
  const engine = new ScriptedEngine({
    result: async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return { state: "SUCCESS", value: 1 };
    },
  });
  const ids = ["a", "b", "c", "d", "e", "f"];
  const reports = await runCases(
    ids.map((id) => caseOf({ result: 1 }, { id })),
    engine,
    { level: 1, concurrency: 3 },
  );
  expect(most).toBe(3);
  expect(reports.map(({ testCase }) => testCase.id)).toEqual(ids);
});

describe("an engine that does not answer", () => {
  beforeEach(() => {
    jest.spyOn(AbortSignal, "timeout").mockImplementation(() => AbortSignal.abort(new Error("time is up")));
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  test("to apply fails its case in time", async () => {
    const engine = new ScriptedEngine();
    engine.apply = () => never;
    expect(await runOne(caseOf({ state: "SUCCESS" }), engine)).toBe(
      "x a case: state: expected SUCCESS, got no answer to apply after 20000 ms",
    );
  });
});

test("a result that cannot be had fails its case", async () => {
  const engine = new ScriptedEngine({ result: () => Promise.reject(new Error("lost")) });
  expect(await runOne(caseOf({ state: "SUCCESS" }), engine)).toBe(
    "x a case: state: expected SUCCESS, got no result: Error: lost",
  );
});

test("a long value is cut in its line", async () => {
  const engine = new ScriptedEngine({ observed: { state: "SUCCESS", value: "a".repeat(1000) } });
  const line = await runOne(caseOf({ result: 1 }), engine);
  expect(line.length).toBeLessThan(400);
  expect(line).toContain("…");
});
