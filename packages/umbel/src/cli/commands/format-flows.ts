/** `flow fmt`: writes flow files in their one style. One rule: a file with syntax errors is left as it is. */
import { writeFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { format, renderDiagnostics } from "@umbel/dsl";
import { createTwoFilesPatch } from "diff";
import { describeSystemError } from "../../broker/system-error.ts";
import { FlowFileError, type FlowSource, readFlowFile, sourceOfInput } from "../../load/flow-source.ts";
import type { CommandContext } from "../context.ts";
import { errorScreen } from "../error-screen.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";

/** The options of `flow fmt`, as commander gives them. */
export interface FormatOptions {
  readonly check?: boolean;
  readonly diff?: boolean;
}

/** Formats the files one after the other; one that cannot be read does not keep the others from it. */
export async function formatFlows(
  context: CommandContext,
  files: readonly string[],
  options: FormatOptions,
): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.done;
  for (const file of files) {
    context.signal.throwIfAborted();
    if (!(await formatFile(context, file, options))) exitCode = EXIT.invalid;
  }
  return exitCode;
}

/** Whether the file is as it should be, now. */
async function formatFile(context: CommandContext, file: string, options: FormatOptions): Promise<boolean> {
  const { terminal, directory, debug } = context;
  try {
    const isInput = file === "-";
    const source = isInput ? sourceOfInput(await text(process.stdin), directory) : await readFlowFile(file, directory);
    const formatted = formattedText(source, context);
    if (formatted === undefined) return false;
    const isFormatted = formatted === source.text;
    if (options.diff && !isFormatted) terminal.result(diffOf(source, formatted));
    if (isInput) {
      if (!options.check && !options.diff) terminal.write(formatted);
    } else if (!isFormatted) {
      if (!options.diff) terminal.result(source.name);
      if (!options.check) await write(source, formatted);
    }
    return isFormatted || options.check !== true;
  } catch (error) {
    terminal.error(errorScreen(error, { debug }));
    return false;
  }
}

function formattedText({ name, text: written }: FlowSource, { terminal }: CommandContext): string | undefined {
  const { text: formatted, diagnostics } = format(written, name);
  if (formatted !== undefined) return formatted;
  const color = terminal.colors.isColorSupported;
  terminal.note(renderDiagnostics(diagnostics, { [name]: written }, { color }).trimEnd());
  return undefined;
}

function diffOf({ name, text: written }: FlowSource, formatted: string): string {
  const patch = createTwoFilesPatch(name, name, written, formatted, "as it is", "formatted");
  return patch.replace(/^(?:Index: .*\n)?=+\n/, "").trimEnd();
}

async function write({ name, path }: FlowSource, formatted: string): Promise<void> {
  try {
    await writeFile(path, formatted);
  } catch (cause) {
    throw new FlowFileError(`cannot write ${name}: ${describeSystemError(cause)}`, { cause });
  }
}
