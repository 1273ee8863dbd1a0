/** The words of `flow explain`. */
import type { Command } from "commander";
import type { Choose } from "../program.ts";

const EXAMPLES = `
Examples:
  flow explain E201
  flow explain          all codes`;

/** Adds `flow explain`. */
export function declareExplain(program: Command, choose: Choose): void {
  program
    .command("explain")
    .description("tell what a diagnostic code of the language means")
    .argument("[code]", "such as E201; without it, all codes are listed")
    .addHelpText("after", EXAMPLES)
    .action((code: string | undefined) =>
      choose(async (context) => (await import("./explain-code.ts")).explainCode(context, code)),
    );
}
