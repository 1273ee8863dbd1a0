/** The words of `flow check`. */
import type { Command } from "commander";
import type { Choose } from "../program.ts";
import type { CheckOptions } from "./check-flows.ts";
import { OUTSIDE_OPTION } from "./options.ts";

const EXAMPLES = `
Loads the modules that the files import, but runs no task and needs no broker.
With --json, standard output holds one object in the form of \`terraform validate -json\`.

Exit codes: 0 no errors, 3 errors.

Examples:
  flow check hello.flow
  flow check flows/*.flow -A tasks.ts
  flow check flows/*.flow --json | jq '.diagnostics[].summary'`;

/** Adds `flow check`. */
export function declareCheck(program: Command, choose: Choose): void {
  program
    .command("check")
    .description("tell the mistakes in flow files, and run nothing")
    .argument("<files...>", "the flow files")
    .option("-A, --app <module[:export]>", "tasks that need no import; by default the tasks.ts beside each file")
    .option(...OUTSIDE_OPTION)
    .option("--json", "print all diagnostics as one JSON object")
    .addHelpText("after", EXAMPLES)
    .action((files: readonly string[], options: CheckOptions) =>
      choose(async (context) => (await import("./check-flows.ts")).checkFlows(context, files, options)),
    );
}
