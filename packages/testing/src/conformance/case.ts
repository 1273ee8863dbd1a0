/**
 * Conformance cases: canvases in Celery's own JSON with what Celery answered, one a line (TASKS.md). One rule: a field
 * of `expect` that is absent is not compared.
 */
import { readFile } from "node:fs/promises";

/** An error as it is stored: the type's name and the message. */
export interface StoredError {
  readonly type: string;
  readonly message: string;
}

/** Gives what was thrown as the error that is stored for it. */
export function storedErrorOf(thrown: unknown): StoredError {
  if (thrown instanceof Error) return { type: thrown.name, message: thrown.message };
  return { type: "Error", message: String(thrown) };
}

/** As StoredError; a message of null is not compared. */
export interface ExpectedError {
  readonly type: string;
  readonly message: string | null;
}

/** One result of a tree: of a task, or of a group with its members'. */
export type TreeNode =
  | { readonly group: readonly TreeNode[] }
  | { readonly state: string; readonly result?: unknown; readonly error?: ExpectedError };

/** What Celery answered, or the right answer where Celery breaks. */
export interface Expectation {
  readonly state?: "SUCCESS" | "FAILURE" | "NO_RESULT" | "APPLY_ERROR";
  readonly result?: unknown;
  /** What is stored for the first failed leaf of the returned result. */
  readonly error?: ExpectedError;
  /** What a blocking `get()` throws. */
  readonly raised?: ExpectedError;
  /** The returned result, its parent, and so on to the root. */
  readonly tree?: readonly TreeNode[];
  readonly records?: Readonly<Record<string, readonly unknown[]>>;
}

/** One case. */
export interface ConformanceCase {
  readonly id: string;
  readonly name: string;
  /** The signature in Celery's JSON. */
  readonly canvas: unknown;
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  /** Whether the order of records counts. */
  readonly ordered?: boolean;
  readonly expect: Expectation;
}

/** A case file cannot be read; the message says which, and where in it. */
export class CaseFileError extends Error {
  override readonly name = "CaseFileError";
}

/** Reads a file of cases. @throws CaseFileError */
export async function readCases(path: string): Promise<ConformanceCase[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new CaseFileError(`cannot read ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
  return parseCases(text, path);
}

/** Reads the lines of a case file; empty ones are skipped. @throws CaseFileError with `path:line` */
export function parseCases(text: string, path: string): ConformanceCase[] {
  return text.split("\n").flatMap((line, index) => {
    if (line.trim() === "") return [];
    const place = `${path}:${index + 1}`;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      throw new CaseFileError(`${place}: not a line of JSON`, { cause });
    }
    if (isCase(value)) return [value];
    throw new CaseFileError(
      `${place}: not a case; it needs the texts \`id\` and \`name\`, and the objects \`canvas\` and \`expect\``,
    );
  });
}

function isCase(value: unknown): value is ConformanceCase {
  return (
    isRecord(value) &&
    typeof value.id === "string" &&
    typeof value.name === "string" &&
    isRecord(value.canvas) &&
    isRecord(value.expect) &&
    (value.args === undefined || value.args === null || Array.isArray(value.args)) &&
    (value.kwargs === undefined || value.kwargs === null || isRecord(value.kwargs))
  );
}

/** Whether a value is an object that is no list. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
