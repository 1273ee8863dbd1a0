/** Writes the report of a run into a file. */
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { CanvasEngine } from "@umbel/canvas";
import { describeSystemError } from "../../broker/system-error.ts";
import type { CommandContext } from "../context.ts";
import { UsageError } from "../usage-error.ts";
import { reportPage } from "./html.ts";
import { readReport } from "./read-report.ts";

/** Writes the page. @throws UsageError when the file cannot be written; what `runs.inspect` throws */
export async function writeReport(
  { terminal, directory }: CommandContext,
  engine: CanvasEngine,
  run: string,
  file: string,
): Promise<void> {
  const page = reportPage(await readReport(engine, run));
  await writeFile(resolve(directory, file), page).catch((error: unknown) => {
    throw new UsageError(`cannot write the report to ${file}: ${describeSystemError(error)}`);
  });
  terminal.note(`the report is in ${file}`);
}
