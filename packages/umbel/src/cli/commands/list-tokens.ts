/** `flow tokens`: the pieces of a file, as an editor colours them. */
import { text } from "node:stream/consumers";
import { tokens } from "@umbel/dsl";
import { readFlowFile, sourceOfInput } from "../../load/flow-source.ts";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";

/** Prints them. @throws FlowFileError when the file cannot be read */
export async function listTokens(
  { terminal, directory }: CommandContext,
  file: string,
  options: { readonly json?: boolean },
): Promise<ExitCode> {
  const source =
    file === "-" ? sourceOfInput(await text(process.stdin), directory) : await readFlowFile(file, directory);
  const pieces = tokens(source.text, source.name);
  if (options.json) terminal.result(JSON.stringify(pieces));
  else if (pieces.length > 0) {
    const rows = pieces.map((piece) => [`${piece.start.line}:${piece.start.column}`, piece.kind, piece.text] as const);
    const width = Math.max(...rows.map(([place]) => place.length));
    const lines = rows.map(
      ([place, kind, shown]) => `${place.padEnd(width)}  ${kind.padEnd(KIND_WIDTH)}  ${shown.replaceAll("\n", "\\n")}`,
    );
    terminal.result(lines.join("\n"));
  }
  return EXIT.done;
}

const KIND_WIDTH = "interpolation".length;
