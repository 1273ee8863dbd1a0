/** `flow export` and `flow report`: a run as a picture, and as a page. */
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { RunGraphFormat } from "@umbel/canvas";
import { describeSystemError } from "../../broker/system-error.ts";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { type BrokerOptions, findMeant, withEngine } from "../open-runs.ts";
import { writeReport } from "../report/write-report.ts";
import { UsageError } from "../usage-error.ts";

/** The options of `flow export`, as commander gives them. */
export interface ExportOptions extends BrokerOptions {
  readonly format?: RunGraphFormat;
  readonly output?: string;
  readonly fold?: number;
}

/** The options of `flow report`, as commander gives them. */
export interface ReportOptions extends BrokerOptions {
  readonly output?: string;
}

/** Draws a run. @throws UnknownRunError, RunExpiredError; UsageError when the file cannot be written */
export async function exportRun(
  context: CommandContext,
  run: string | undefined,
  options: ExportOptions,
): Promise<ExitCode> {
  const { terminal, directory } = context;
  const { format = "tree", output, fold } = options;
  return await withEngine(context, options, async (engine) => {
    const { id } = await findMeant(engine, run, terminal);
    const text = await engine.exportGraph(id, { format, ...(fold === undefined ? {} : { fold }) });
    if (output === undefined) terminal.result(text.trimEnd());
    else {
      await writeFile(resolve(directory, output), text).catch((error: unknown) => {
        throw new UsageError(`cannot write to ${output}: ${describeSystemError(error)}`);
      });
    }
    return EXIT.done;
  });
}

/** Writes the report of a run. @throws UnknownRunError, RunExpiredError; UsageError when the file cannot be written */
export async function reportRun(
  context: CommandContext,
  run: string | undefined,
  options: ReportOptions,
): Promise<ExitCode> {
  return await withEngine(context, options, async (engine) => {
    const { id } = await findMeant(engine, run, context.terminal);
    await writeReport(context, engine, id, options.output ?? "report.html");
    return EXIT.done;
  });
}
