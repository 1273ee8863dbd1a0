/** The words of the commands on a project: its files, its tasks, its settings, and the machine it is on. */
import type { Command } from "commander";
import type { Choose } from "../program.ts";
import type { CallOptions } from "./call-task.ts";
import type { DoctorOptions } from "./examine.ts";
import type { ListTasksOptions } from "./list-tasks.ts";
import { SHARED_BROKER_OPTION } from "./options.ts";
import type { PurgeOptions } from "./purge-runs.ts";
import type { EnvOptions } from "./show-env.ts";

const APP = ["-A, --app <module[:export]>", "the App; by default that of the tasks.ts here"] as const;

/** Adds `flow init`, `list`, `call`, `purge`, `env`, `doctor` and `completion`. */
export function declareProject(program: Command, choose: Choose): void {
  program
    .command("init")
    .description("make a small project: tasks, a flow, a test")
    .argument("[dir]", "the folder; the current one unless said")
    .addHelpText(
      "after",
      "\nNo file that is there is changed.\n\nExamples:\n  flow init shop && cd shop && npm install && npm test",
    )
    .action((dir: string | undefined) =>
      choose(async (context) => (await import("./init-project.ts")).initProject(context, dir)),
    );
  program
    .command("list")
    .description("list the tasks of an App, with what they take")
    .option(...APP)
    .option("--json", "print the catalogue of tasks as JSON")
    .addHelpText("after", "\nExamples:\n  flow list\n  flow list --json | jq -r '.tasks[].name'")
    .action((options: ListTasksOptions) =>
      choose(async (context) => (await import("./list-tasks.ts")).listTasks(context, options)),
    );
  program
    .command("call")
    .description("send one call of a task to the workers, and print its id")
    .argument("<task>", "the task's name")
    .argument("[args...]", "its arguments: JSON, or text as it is")
    .option(...APP)
    .option(...SHARED_BROKER_OPTION)
    .option("--kwargs <json>", "arguments by name, an object")
    .option("--queue <name>", "the queue that it is sent to")
    .option("--countdown <duration>", "how long it waits before it begins, such as 90s")
    .option("--wait", "wait for the result and print it instead of the id")
    .option("--timeout <duration>", "with --wait: wait no longer than this")
    .addHelpText(
      "after",
      "\nExamples:\n  flow call add 2 2\n  flow call greet Ann --wait\n  flow call report --kwargs '{\"month\": 3}'",
    )
    .action((task: string, args: readonly string[], options: CallOptions) =>
      choose(async (context) => (await import("./call-task.ts")).callTask(context, task, args, options)),
    );
  program
    .command("purge")
    .description("cancel all runs that have not ended")
    .option(...APP)
    .option(...SHARED_BROKER_OPTION)
    .option("--yes", "do it; else it is only told how many there are")
    .addHelpText(
      "after",
      "\nJobs in queues follow from runs, so emptying queues alone would end nothing.\n\nExamples:\n  flow purge\n  flow purge --yes",
    )
    .action((options: PurgeOptions) =>
      choose(async (context) => (await import("./purge-runs.ts")).purgeRuns(context, options)),
    );
  program
    .command("env")
    .description("print versions and settings, without secrets")
    .option(...APP)
    .option("--all", "with settings that have their default")
    .option("--json", "print it as JSON")
    .addHelpText("after", "\nExamples:\n  flow env\n  flow env --all --json")
    .action((options: EnvOptions) =>
      choose(async (context) => (await import("./show-env.ts")).showEnv(context, options)),
    );
  program
    .command("doctor")
    .description("examine Node, Redis, clocks, workers, queues and runs, and tell what is wrong")
    .option(...APP)
    .option(...SHARED_BROKER_OPTION)
    .option(
      "--fix",
      "repair what can be repaired safely: cancel runs that nobody can go on with, delete what they left",
    )
    .option("--report", "print all of it for an issue, without secrets")
    .addHelpText(
      "after",
      "\nExit codes: 0 all well, 1 something is wrong, 4 no broker.\n\nExamples:\n  flow doctor\n  flow doctor --fix\n  flow doctor --report > doctor.txt",
    )
    .action((options: DoctorOptions) =>
      choose(async (context) => (await import("./examine.ts")).examine(context, options)),
    );
  program
    .command("completion")
    .description("print a script that completes commands and options in a shell")
    .argument("<shell>", "bash, zsh or fish")
    .addHelpText(
      "after",
      '\nExamples:\n  eval "$(flow completion bash)"     # in ~/.bashrc\n  flow completion fish > ~/.config/fish/completions/flow.fish',
    )
    .action((shell: string) =>
      choose(async (context) => (await import("./print-completion.ts")).printCompletion(context, shell, program)),
    );
}
