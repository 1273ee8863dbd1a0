/** The case files that this repository holds, and the list of the cases in them that hold so far. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ConformanceCase, readCases } from "./case.ts";

const folder = join(import.meta.dirname, "../../cases");
const heldPath = join(folder, "held.txt");
const ownTreePath = join(folder, "own-tree.txt");

/** The paths of the case files. */
export const caseFiles: readonly string[] = [
  "celery-canvas.handpicked.jsonl",
  "celery-canvas.random.jsonl",
  "beyond-celery.jsonl",
].map((name) => join(folder, name));

/** Reads all cases of this repository, in order. */
export async function readAllCases(): Promise<ConformanceCase[]> {
  return (await Promise.all(caseFiles.map(readCases))).flat();
}

/** Reads the ids of the cases that hold. */
export async function readHeld(): Promise<string[]> {
  return await readIds(heldPath);
}

/**
 * Reads the ids of the cases whose tree of parents is ours and not Celery's: where a chord's body has several steps, or
 * groups follow each other, Celery's chord leaves out what stands between the last step and the first header; and it
 * mixes up the order of members where a header's groups are nested.
 */
export async function readOwnTree(): Promise<string[]> {
  return await readIds(ownTreePath);
}

async function readIds(path: string): Promise<string[]> {
  return (await readFile(path, "utf8")).split("\n").filter((id) => id !== "");
}

/** Writes the list of cases that hold. */
export async function writeHeld(ids: readonly string[]): Promise<void> {
  await writeFile(heldPath, ids.map((id) => `${id}\n`).join(""));
}
