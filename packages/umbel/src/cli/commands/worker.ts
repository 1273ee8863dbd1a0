/** The words of `flow worker`. */
import { type Command, Option } from "commander";
import type { Choose } from "../program.ts";
import { readCount, readNames, SHARED_BROKER_OPTION } from "./options.ts";
import type { WorkerOptions } from "./run-worker.ts";

const EXAMPLES = `
The first Ctrl-C (or SIGTERM) takes nothing new and waits for what runs; the second leaves that
to other workers.

Examples:
  flow worker -A tasks.ts
  flow worker -A src/app.ts:app -Q default,mail -c 10
  flow worker -A tasks.ts --pool processes -c 4
  FLOW_BROKER=redis://localhost:6379 flow worker -A tasks.ts -n worker-1`;

/** Adds what may be said of a worker, whoever starts it. */
export function addWorkerOptions(command: Command): Command {
  return command
    .option("-Q, --queues <names>", "the queues to serve (default: all that the App's tasks name)", readNames)
    .option("-c, --concurrency <n>", "how many tasks run at once (default: 50, or one a core in a pool)", readCount)
    .addOption(
      new Option("-P, --pool <kind>", "where they run (default: inline)").choices([
        "inline",
        "solo",
        "threads",
        "processes",
      ]),
    )
    .option("-n, --name <name>", "the worker's name (default: HOST:PID)")
    .option(...SHARED_BROKER_OPTION);
}

/** Adds `flow worker`. */
export function declareWorker(program: Command, choose: Choose): void {
  const command = program
    .command("worker")
    .description("serve the tasks of an App until it is told to stop")
    .option("-A, --app <module[:export]>", "the App; by default that of the tasks.ts here");
  addWorkerOptions(command)
    .addHelpText("after", EXAMPLES)
    .action((options: WorkerOptions) =>
      choose(async (context) => (await import("./run-worker.ts")).runWorker(context, options)),
    );
}
