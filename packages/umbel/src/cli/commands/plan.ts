/** The words of `flow plan`. */
import type { Command } from "commander";
import type { Choose } from "../program.ts";
import { BROKER_OPTION, collect, OUTSIDE_OPTION } from "./options.ts";
import type { PlanOptions } from "./plan-flow.ts";

const EXAMPLES = `
Loads the modules that the flow imports, but runs no task. Only --estimate asks the broker.

Exit codes: 0 done, 2 wrong usage, 3 an invalid flow, 4 no broker.

Examples:
  flow plan hello.flow -p n=3
  flow plan hello.flow --estimate
  flow plan hello.flow --json | jq .calls`;

/** Adds `flow plan`. */
export function declarePlan(program: Command, choose: Choose): void {
  program
    .command("plan")
    .description("tell what a workflow would run: how much of what, how much at once, how long")
    .argument("[file]", "the flow file")
    .option("-e, --expression <flow>", "plan this text instead of a file")
    .option("-p, --param <name=value>", "a value for a param; may be given more than once", collect)
    .option("--params <file>", "values for params, an object in JSON or YAML; - reads standard input")
    .option("-A, --app <module[:export]>", "tasks that need no import; by default the tasks.ts beside the file")
    .option(...OUTSIDE_OPTION)
    .option("--estimate", "with times, by what is stored of earlier runs, and the tasks that no worker serves")
    .option(...BROKER_OPTION)
    .option("--json", "print it as JSON")
    .addHelpText("after", EXAMPLES)
    .action((file: string | undefined, options: Omit<PlanOptions, "file">) =>
      choose(async (context) => (await import("./plan-flow.ts")).planFlow(context, { ...options, file })),
    );
}
