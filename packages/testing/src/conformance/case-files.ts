/** The case files that this repository holds, and the list of the cases in them that hold so far. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ConformanceCase, readCases } from "./case.ts";

const folder = join(import.meta.dirname, "../../cases");
const heldPath = join(folder, "held.txt");

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
  return (await readFile(heldPath, "utf8")).split("\n").filter((id) => id !== "");
}

/** Writes the list of cases that hold. */
export async function writeHeld(ids: readonly string[]): Promise<void> {
  await writeFile(heldPath, ids.map((id) => `${id}\n`).join(""));
}
