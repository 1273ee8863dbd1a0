/**
 * Runs cases through an engine, many at once. One rule: a case ends within its own time limit, whatever the engine
 * does; what it did by then is what is compared.
 */
import { parseSignature } from "@umbel/core";
import { type ConformanceCase, storedErrorOf, type TreeNode } from "./case.ts";
import { givenIds, recordKeys } from "./celery-canvas.ts";
import { compare, type Difference, type Level, type Observation } from "./compare.ts";
import type { ConformanceEngine, ConformanceRun, ObservedResult } from "./engine.ts";
import { timeLimitMs } from "./time-limit.ts";

/** How many cases run at once: enough to fill the waits of each, few enough that none comes near its time limit. */
export const concurrency = 24;

/** A case that was run. */
export interface CaseReport {
  readonly testCase: ConformanceCase;
  /** Empty when the case passed. */
  readonly differences: readonly Difference[];
}

/** How cases are run. */
export interface RunOptions {
  readonly level: Level;
  /** How many cases run at once. */
  readonly concurrency: number;
}

/** Runs cases and reports on each, in their order. */
export async function runCases(
  cases: readonly ConformanceCase[],
  engine: ConformanceEngine,
  options: RunOptions,
): Promise<CaseReport[]> {
  const reports: CaseReport[] = new Array<CaseReport>(cases.length);
  const open = cases.entries();
  // The lanes take from one iterator: each case is run by the first lane that is free.
  const lane = async (): Promise<void> => {
    for (const [index, testCase] of open) reports[index] = await runCase(testCase, engine, options.level);
  };
  await Promise.all(Array.from({ length: Math.min(options.concurrency, cases.length) }, lane));
  return Promise.all(reports.map((report) => checkLateRecords(report, engine, options.level)));
}

async function runCase(testCase: ConformanceCase, engine: ConformanceEngine, level: Level): Promise<CaseReport> {
  const observed = await observe(testCase, engine, level);
  return { testCase, differences: compare(testCase, observed, level, givenIds(testCase.canvas)) };
}

/** A task that ran once too often may have recorded after its case was compared; so records are read again at the end. */
async function checkLateRecords(report: CaseReport, engine: ConformanceEngine, level: Level): Promise<CaseReport> {
  const { testCase, differences } = report;
  if (level < 3 || testCase.expect.records === undefined || differences.length > 0) return report;
  const recordsOnly = { ...testCase, expect: { records: testCase.expect.records } };
  const observed = { state: "", records: await readRecords(testCase, engine) };
  return { testCase, differences: compare(recordsOnly, observed, level, givenIds(testCase.canvas)) };
}

async function observe(testCase: ConformanceCase, engine: ConformanceEngine, level: Level): Promise<Observation> {
  const limitMs = timeLimitMs(testCase);
  const signal = AbortSignal.timeout(limitMs);
  const unanswered = async (asked: string, thrown: unknown): Promise<Observation> => ({
    state: signal.aborted ? `no ${asked} after ${limitMs} ms` : `no ${asked}: ${String(thrown)}`,
    records: await readRecords(testCase, engine),
  });
  let run: ConformanceRun | undefined;
  try {
    const signature = parseSignature(testCase.canvas);
    run = await inTime(engine.apply(signature, testCase.args ?? [], testCase.kwargs ?? {}), signal);
  } catch (thrown) {
    if (signal.aborted) return unanswered("answer to apply", thrown);
    const error = storedErrorOf(thrown);
    return { state: "APPLY_ERROR", error, raised: error, records: {} };
  }
  if (run === undefined) return { state: "NO_RESULT", records: await readRecords(testCase, engine) };
  let result: ObservedResult;
  try {
    result = await inTime(run.result(signal), signal);
  } catch (thrown) {
    return unanswered("result", thrown);
  }
  let tree: readonly TreeNode[] | undefined;
  try {
    await inTime(run.ended(signal), signal);
    if (level >= 5 && run.tree !== undefined) tree = await inTime(run.tree(signal), signal);
  } catch (thrown) {
    // The result is there: a link or errback that has not ended shows in the records, or does not matter.
    if (!signal.aborted) return unanswered("end of the run", thrown);
  }
  return { ...result, records: await readRecords(testCase, engine), tree };
}

async function readRecords(testCase: ConformanceCase, engine: ConformanceEngine): Promise<Observation["records"]> {
  const keys = new Set([...recordKeys(testCase.canvas), ...Object.keys(testCase.expect.records ?? {})]);
  const lists = await Promise.all([...keys].map(async (key) => [key, await engine.records(key)] as const));
  return Object.fromEntries(lists);
}

/** Waits no longer than a signal allows, also for an engine that does not watch the signal. */
async function inTime<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  let stop = (): void => {};
  const late = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
