/** `flow graph`: compiles a flow and draws it. */
import { writeFile } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { exportGraph, type GraphFormat, graphFormats } from "@umbel/canvas";
import { bindSignature, didYouMean } from "@umbel/core";
import { compile } from "@umbel/dsl";
import { describeSystemError } from "../../broker/system-error.ts";
import { loadFlowTasks } from "../../load/flow-tasks.ts";
import { readChosenFlow } from "../chosen-flow.ts";
import type { CommandContext } from "../context.ts";
import { exitCodeOfErrors, showDiagnostics } from "../diagnostics-screen.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { readParams } from "../params.ts";
import { UsageError } from "../usage-error.ts";

/** The options of `flow graph`, as commander gives them. */
export interface GraphOptions {
  readonly file: string | undefined;
  readonly expression?: string;
  readonly param?: readonly string[];
  readonly app?: string;
  readonly allowOutside?: boolean;
  readonly format?: string;
  readonly output?: string;
  readonly fold?: number | boolean;
}

/** Formats by what names of files end with. */
const BY_EXTENSION: Readonly<Record<string, GraphFormat>> = {
  ".svg": "svg",
  ".mmd": "mermaid",
  ".mermaid": "mermaid",
  ".dot": "dot",
  ".gv": "dot",
  ".json": "json",
  ".txt": "tree",
  ".flow": "text",
};

/**
 * Draws a flow to standard output or into a file.
 * @throws UsageError, OptionError, ModuleError, FlowFileError
 */
export async function showGraph(context: CommandContext, options: GraphOptions): Promise<ExitCode> {
  const { terminal, directory } = context;
  const params = readParams(options.param ?? []);
  const format = readFormat(options);
  // From here on code of the user's runs.
  terminal.captureOutput();
  const source = await readChosenFlow("graph", options, directory);
  const tasks = await loadFlowTasks(source, options.app, directory, options);
  const { signature, diagnostics } = compile(source.text, { file: source.name, resolver: tasks.resolver, params });
  showDiagnostics(terminal, diagnostics, source, tasks);
  if (signature === undefined) return exitCodeOfErrors(diagnostics);
  const { fold, output } = options;
  const isFolded = typeof fold === "number" || fold === false;
  const text = exportGraph(bindSignature(signature, tasks.app), { format, ...(isFolded ? { fold } : {}) });
  if (output === undefined) terminal.result(text.trimEnd());
  else await write(resolve(directory, output), output, text);
  return EXIT.done;
}

function readFormat({ format, output }: GraphOptions): GraphFormat {
  if (format !== undefined) {
    const known = graphFormats.find((each) => each === format);
    if (known !== undefined) return known;
    throw new UsageError(
      `--format ${format}: there is no such format${didYouMean(format, graphFormats)}; there are ${graphFormats.join(", ")}`,
    );
  }
  if (output === undefined) return "tree";
  const extension = extname(output).toLowerCase();
  const meant = Object.hasOwn(BY_EXTENSION, extension) ? BY_EXTENSION[extension] : undefined;
  if (meant !== undefined) return meant;
  throw new UsageError(
    `-o ${output}: its name does not tell the format; name it by --format (${graphFormats.join(", ")})`,
  );
}

async function write(path: string, name: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (cause) {
    throw new UsageError(`-o ${name}: cannot write it: ${describeSystemError(cause)}`, { cause });
  }
}
