/** The words of `flow dead-letters`. */
import type { Command } from "commander";
import type { BrokerOptions } from "../open-runs.ts";
import type { Choose } from "../program.ts";
import type { ListLettersOptions, TakeLettersOptions } from "./list-letters.ts";
import { readCount, SHARED_BROKER_OPTION } from "./options.ts";

const ID = "the id of a rejected call, or the beginning of one";
const APP = ["-A, --app <module[:export]>", "whose broker is asked; by default the App of the tasks.ts here"] as const;
const JSON_OPTION = ["--json", "print it as JSON"] as const;

const EXAMPLES = `
A task that throws Reject has its call kept here, the latest 10,000 for 30 days.

Examples:
  flow dead-letters
  flow dead-letters list --task orders.charge --json | jq -r '.[].id'
  flow dead-letters show 019ab2c4
  flow dead-letters requeue 019ab2c4 019ab2d1
  flow dead-letters requeue --all --task orders.charge
  flow dead-letters discard --all`;

/** Adds `flow dead-letters list`, `show`, `requeue` and `discard`. */
export function declareDeadLetters(program: Command, choose: Choose): void {
  const letters = program
    .command("dead-letters")
    .description("the calls that tasks rejected: list them, send them again, drop them")
    .addHelpText("after", EXAMPLES);
  const onBroker = (command: Command): Command => command.option(...APP).option(...SHARED_BROKER_OPTION);
  onBroker(letters.command("list", { isDefault: true }).description("list rejected calls, the latest first"))
    .option("--task <name>", "only those of this task")
    .option("--limit <n>", "how many at most (default: 20)", readCount)
    .option(...JSON_OPTION)
    .action((options: ListLettersOptions) =>
      choose(async (context) => (await import("./list-letters.ts")).listLetters(context, options)),
    );
  onBroker(letters.command("show").description("show one with its arguments and its error").argument("<id>", ID))
    .option(...JSON_OPTION)
    .action((id: string, options: BrokerOptions & { readonly json?: boolean }) =>
      choose(async (context) => (await import("./list-letters.ts")).showLetter(context, id, options)),
    );
  onBroker(letters.command("requeue").description("send them again, and print their new ids").argument("[ids...]", ID))
    .option("--all", "all that are listed")
    .option("--task <name>", "of all, only those of this task")
    .action((ids: readonly string[], options: TakeLettersOptions) =>
      choose(async (context) => (await import("./list-letters.ts")).requeueLetters(context, ids, options)),
    );
  onBroker(letters.command("discard").alias("drop").description("drop them for good").argument("[ids...]", ID))
    .option("--all", "all that are listed")
    .option("--task <name>", "of all, only those of this task")
    .action((ids: readonly string[], options: TakeLettersOptions) =>
      choose(async (context) => (await import("./list-letters.ts")).discardLetters(context, ids, options)),
    );
}
