/** The words of `flow tokens`. */
import type { Command } from "commander";
import type { Choose } from "../program.ts";

const EXAMPLES = `
One piece a line: its place, its kind, its text. Broken files have pieces, too.

Examples:
  flow tokens hello.flow
  flow tokens - --json < hello.flow`;

/** Adds `flow tokens`. */
export function declareTokens(program: Command, choose: Choose): void {
  program
    .command("tokens")
    .description("list the pieces of a flow file, as an editor colours them")
    .argument("<file>", "the flow file; `-` for standard input")
    .option("--json", "as JSON")
    .addHelpText("after", EXAMPLES)
    .action((file: string, options: { readonly json?: boolean }) =>
      choose(async (context) => (await import("./list-tokens.ts")).listTokens(context, file, options)),
    );
}
