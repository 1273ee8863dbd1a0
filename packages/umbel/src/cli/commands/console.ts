/** The words of `flow console`. */
import type { Command } from "commander";
import type { Choose } from "../program.ts";
import { BROKER_OPTION, OUTSIDE_OPTION, readCount } from "./options.ts";
import type { ConsoleOptions } from "./run-console.ts";

const EXAMPLES = `
What is typed is flow text: a workflow runs and prints its result, a value is printed, definitions and imports are kept.
\`it\` is the last result, and a line that begins with \`|\` goes on with it. Tab completes, :help tells the rest.
Ctrl-C cancels what runs, Ctrl-D ends it. Where standard input is no terminal, the entries come from there.

Exit codes: 0 done; of entries that come from no terminal, that of the first that failed, as for \`flow run\`.

Examples:
  flow console
  flow console -A src/tasks.ts
  echo 'add(4, 4) | mul(8)' | flow console`;

/** Adds `flow console`. */
export function declareConsole(program: Command, choose: Choose): void {
  program
    .command("console")
    .description("type flow text and see it run, entry by entry")
    .option("-A, --app <module[:export]>", "the tasks; by default the tasks.ts here")
    .option(...BROKER_OPTION)
    .option("--concurrency <n>", "how many tasks run at once here (default: 50)", readCount)
    .option(...OUTSIDE_OPTION)
    .option("--no-history", "keep no history of what is typed")
    .addHelpText("after", EXAMPLES)
    .action((options: ConsoleOptions) =>
      choose(async (context) => (await import("./run-console.ts")).runConsole(context, options)),
    );
}
