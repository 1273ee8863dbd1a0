/** The words of `flow fmt`. */
import type { Command } from "commander";
import type { Choose } from "../program.ts";
import type { FormatOptions } from "./format-flows.ts";

const EXAMPLES = `
There is one style, and no option for it: 80 columns, two spaces, comments kept.
The names of the files that are not in it go to standard output.

Exit codes: 0 done, 3 syntax errors, or with --check a file that is not formatted.

Examples:
  flow fmt flows/*.flow
  flow fmt flows/*.flow --check --diff
  flow fmt - < draft.flow`;

/** Adds `flow fmt`. */
export function declareFormat(program: Command, choose: Choose): void {
  program
    .command("fmt")
    .description("write flow files in their one style")
    .argument("<files...>", "the flow files; `-` for standard input, which is printed")
    .option("--check", "change nothing; tell which files are not formatted")
    .option("--diff", "print what changes")
    .addHelpText("after", EXAMPLES)
    .action((files: readonly string[], options: FormatOptions) =>
      choose(async (context) => (await import("./format-flows.ts")).formatFlows(context, files, options)),
    );
}
