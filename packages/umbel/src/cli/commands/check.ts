/** The words of `flow check`. */
import type { Command } from "commander";
import type { Choose } from "../program.ts";

const EXAMPLES = `
Loads the modules that the files import, but runs no task and needs no broker.

Exit codes: 0 no errors, 3 errors.

Examples:
  flow check hello.flow
  flow check flows/*.flow -A tasks.ts`;

/** Adds `flow check`. */
export function declareCheck(program: Command, choose: Choose): void {
  program
    .command("check")
    .description("tell the mistakes in flow files, and run nothing")
    .argument("<files...>", "the flow files")
    .option("-A, --app <module[:export]>", "tasks that need no import; by default the tasks.ts beside each file")
    .addHelpText("after", EXAMPLES)
    .action((files: readonly string[], options: { readonly app?: string }) =>
      choose(async (context) => (await import("./check-flows.ts")).checkFlows(context, files, options)),
    );
}
