/** The words of `flow run`. */
import { type Command, Option } from "commander";
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
  flow run hello.flow --params params.yaml --raw > hello.txt
  flow run hello.flow --events | jq -r 'select(.type == "task") | .state'
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
    .option("--params <file>", "values for params, an object in JSON or YAML; - reads standard input")
    .option("-A, --app <module[:export]>", "tasks that need no import; by default the tasks.ts beside the file")
    .option(...BROKER_OPTION)
    .option("--no-worker", "start no worker here; somebody else's runs the tasks")
    .option("--concurrency <n>", "how many tasks run at once here (default: 50)", readCount)
    .option("--timeout <duration>", "give up after this long, such as 90s, 5m, 1h")
    .option(...OUTSIDE_OPTION)
    .option("--name <text>", "what the run is called, in `flow runs` and elsewhere")
    .option("--detach", "send it to the workers that run elsewhere, print its id, and wait for nothing")
    .addOption(
      new Option(
        "--on-interrupt <what>",
        "what Ctrl-C does to a run that others' workers serve (default: detach)",
      ).choices(["detach", "cancel"]),
    )
    .addOption(
      new Option("--progress <how>", "how it is shown meanwhile (default: live on a terminal, else lines)").choices([
        "live",
        "lines",
        "none",
      ]),
    )
    .option("--quiet", "show nothing but the result and errors")
    .option("--events", "print events as JSON, one a line, on standard output; the last is the result")
    .option("--report <file.html>", "write a page with the graph, the times and the results when it has ended")
    .option("--dry-run", "show what would run, as `flow plan` does")
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
