/** The words of `flow run`. */
import type { Command } from "commander";
import type { Choose } from "../program.ts";
import { BROKER_OPTION, collect, OUTSIDE_OPTION, readCount } from "./options.ts";
import type { RunOptions } from "./run-flow.ts";

/** With a file, `--help` is about the file. */
type Options = Omit<RunOptions, "file"> & { readonly help?: boolean };

const EXAMPLES = `
The result goes to standard output as JSON, all else to standard error.

Exit codes: 0 done, 1 the workflow failed, 2 wrong usage, 3 an invalid flow, 4 no broker,
5 timeout, 6 cancelled, 130 interrupted.

Examples:
  flow run hello.flow
  flow run hello.flow --help             the params of the flow
  flow run hello.flow -p name=Ann -p 'tags=["a", "b"]'
  flow run hello.flow --raw > hello.txt
  flow run -e 'add(4, 4) | mul(8)' -A tasks.ts
  flow run hello.flow --broker redis://localhost:6379 --no-worker --timeout 5m`;

/** Adds `flow run`. */
export function declareRun(program: Command, choose: Choose): void {
  const run = program
    .command("run")
    .helpOption(false)
    .description("run a workflow and print its result")
    .argument("[file]", "the flow file")
    .option("-e, --expression <flow>", "run this text instead of a file")
    .option("-p, --param <name=value>", "a value for a param; may be given more than once", collect)
    .option("-A, --app <module[:export]>", "tasks that need no import; by default the tasks.ts beside the file")
    .option(...BROKER_OPTION)
    .option("--no-worker", "start no worker here; somebody else's runs the tasks")
    .option("--concurrency <n>", "how many tasks run at once here (default: 50)", readCount)
    .option("--timeout <duration>", "give up after this long, such as 90s, 5m, 1h")
    .option(...OUTSIDE_OPTION)
    .option("--raw", "print a text without its quotes")
    .option("-h, --help", "print this help; with a file, what its params are")
    .addHelpText("after", EXAMPLES)
    .action((file: string | undefined, { help, ...options }: Options) => {
      if (help === true && file === undefined && options.expression === undefined) run.help();
      if (help === true)
        choose(async (context) => (await import("./show-params.ts")).showParams(context, { ...options, file }));
      else choose(async (context) => (await import("./run-flow.ts")).runFlow(context, { ...options, file }));
    });
}
