/**
 * The conformance runner as a command: `conformance [--broker URL] [--level N] [--slices N] [--only ID] FILE.jsonl …`.
 * One rule: stdout holds one line for each case that differs and last `N passed, N failed`, and nothing else.
 */
import { parseArgs } from "node:util";
import type { SliceSize } from "@umbel/canvas";
import { OperationalError } from "@umbel/core";
import { CaseFileError, type ConformanceCase, readCases } from "./case.ts";
import type { Level } from "./compare.ts";
import type { ConformanceEngine } from "./engine.ts";
import { reportLine } from "./report.ts";
import { concurrency, runCases } from "./runner.ts";

/** What the command is given by whoever starts it. */
export interface CommandContext {
  /**
   * Opens an engine with a prefix of its own.
   * @param slices how many members of a group make one job; said by nothing, the broker decides
   * @throws OperationalError when the broker cannot be reached
   */
  openEngine(broker: string, slices?: SliceSize): Promise<ConformanceEngine>;
  print(line: string): void;
  printError(line: string): void;
}

/** The exit codes, as those of `flow`. */
const exitCodes = { passed: 0, failed: 1, usage: 2, noBroker: 4 } as const;

const USAGE =
  "usage: npm run -s conformance -- [--broker URL] [--level 1-5] [--slices N|adaptive] [--only ID] FILE.jsonl …";

class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Runs the command. @returns its exit code: 0 all passed, 1 some did not, 2 wrong usage, 4 no broker */
export async function conformance(argv: readonly string[], context: CommandContext): Promise<number> {
  try {
    const { broker, level, slices, only, files } = readArguments(argv);
    const cases = await selectCases(files, only);
    const engine = await context.openEngine(broker, slices);
    try {
      const reports = await runCases(cases, engine, { level, concurrency });
      const differing = reports.filter(({ differences }) => differences.length > 0);
      for (const report of differing) context.print(reportLine(report));
      context.print(`${reports.length - differing.length} passed, ${differing.length} failed`);
      return differing.length === 0 ? exitCodes.passed : exitCodes.failed;
    } finally {
      await engine.close();
    }
  } catch (error) {
    if (error instanceof UsageError || error instanceof CaseFileError) {
      context.printError(error.message);
      return exitCodes.usage;
    }
    if (error instanceof OperationalError) {
      context.printError(error.message);
      return exitCodes.noBroker;
    }
    throw error;
  }
}

interface Arguments {
  readonly broker: string;
  readonly level: Level;
  readonly slices?: SliceSize;
  readonly only: readonly string[];
  readonly files: readonly string[];
}

function readArguments(argv: readonly string[]): Arguments {
  const { values, positionals } = parse(argv);
  const level = LEVELS.get(values.level);
  if (level === undefined) throw new UsageError(`--level must be 1 to 5; got "${values.level}"\n${USAGE}`);
  if (positionals.length === 0) throw new UsageError(`no case file given\n${USAGE}`);
  const slices = values.slices === undefined ? {} : { slices: readSlices(values.slices) };
  return { broker: values.broker, level, ...slices, only: values.only, files: positionals };
}

function parse(argv: readonly string[]): {
  values: { broker: string; level: string; slices?: string | undefined; only: string[] };
  positionals: string[];
} {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        broker: { type: "string", default: "embedded:" },
        level: { type: "string", default: "4" },
        slices: { type: "string" },
        only: { type: "string", multiple: true, default: [] },
      },
    });
  } catch (error) {
    // parseArgs throws a TypeError with a code for an unknown option or a missing value.
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

function readSlices(text: string): SliceSize {
  if (text === "adaptive") return text;
  const size = Number(text);
  if (Number.isInteger(size) && size > 0) return size;
  throw new UsageError(`--slices must be a whole number from 1 on, or adaptive; got "${text}"\n${USAGE}`);
}

const LEVELS: ReadonlyMap<string, Level> = new Map(([1, 2, 3, 4, 5] as const).map((level) => [String(level), level]));

async function selectCases(files: readonly string[], only: readonly string[]): Promise<ConformanceCase[]> {
  const cases = (await Promise.all(files.map(readCases))).flat();
  const unknown = only.find((id) => cases.every((testCase) => testCase.id !== id));
  if (unknown !== undefined) throw new UsageError(`no case "${unknown}" in ${files.join(", ")}`);
  return only.length === 0 ? cases : cases.filter(({ id }) => only.includes(id));
}
