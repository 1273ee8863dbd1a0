/** The words of the commands on runs. */
import { type Command, Option } from "commander";
import type { BrokerOptions } from "../open-runs.ts";
import type { Choose } from "../program.ts";
import type { ExportOptions, ReportOptions } from "./export-run.ts";
import type { ListOptions } from "./list-runs.ts";
import type { LogOptions } from "./log-run.ts";
import { readCount, SHARED_BROKER_OPTION } from "./options.ts";
import type { ForkRunOptions, ResumeOptions } from "./resume-run.ts";
import type { ResultOptions } from "./run-result.ts";
import type { ShowOptions } from "./show-run.ts";
import type { WatchOptions } from "./watch-run.ts";
import type { WhyOptions } from "./why-run.ts";

const RUN = "a run: its readable id, its name, an id of a task of it, or the beginning of one";
const RUN_OR_YOUNGEST = `${RUN}; by default the youngest`;
const APP = ["-A, --app <module[:export]>", "whose broker is asked; by default the App of the tasks.ts here"] as const;
const JSON_OPTION = ["--json", "print it as JSON"] as const;
const STATES = ["STARTED", "PAUSED", "ABANDONED", "SUCCESS", "FAILURE", "REVOKED", "IGNORED"];
const PROGRESS = ["live", "lines", "none"];

/** Adds the commands on runs. */
export function declareRuns(program: Command, choose: Choose): void {
  declareList(program, choose);
  declareReaders(program, choose);
  declareChanges(program, choose);
  declareResume(program, choose);
}

function onBroker(command: Command): Command {
  return command.option(...APP).option(...SHARED_BROKER_OPTION);
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}

function progressOption(): Option {
  return new Option("--progress <how>", "how it is shown (default: live on a terminal, else lines)").choices(PROGRESS);
}

function declareList(program: Command, choose: Choose): void {
  onBroker(program.command("runs").description("list the runs that are stored, the youngest first"))
    .addOption(new Option("--state <state>", "only those in this state").choices(STATES))
    .option("--name <text>", "only those of this name")
    .option("--task <name>", "only those that begin with this task")
    .option("--younger <duration>", "only those sent at most so long ago, such as 2h")
    .option("--older <duration>", "only those sent at least so long ago")
    .option("--limit <n>", "how many at most (default: 20)", readCount)
    .option(...JSON_OPTION)
    .addHelpText(
      "after",
      examples("flow runs", "flow runs --state FAILURE --younger 1d", "flow runs --json | jq -r '.[].id'"),
    )
    .action((options: ListOptions) =>
      choose(async (context) => (await import("./list-runs.ts")).listRuns(context, options)),
    );
}

function declareReaders(program: Command, choose: Choose): void {
  onBroker(
    program.command("show").description("show a run: how it stands, and each step").argument("[run]", RUN_OR_YOUNGEST),
  )
    .option("--nodes", "each task and group instead of steps, with times and workers")
    .option(...JSON_OPTION)
    .addHelpText("after", examples("flow show brisk-otter-41c7", "flow show brisk-otter-41c7 --nodes --json"))
    .action((run: string | undefined, options: ShowOptions) =>
      choose(async (context) => (await import("./show-run.ts")).showRun(context, run, options)),
    );
  onBroker(
    program.command("watch").description("show how a run goes until it has ended").argument("[run]", RUN_OR_YOUNGEST),
  )
    .addOption(progressOption())
    .option("--events", "print events as JSON, one a line, on standard output; the last is the result")
    .option("--timeout <duration>", "look no longer than this")
    .option("--raw", "print a text without its quotes")
    .addHelpText("after", examples("flow watch brisk-otter-41c7"))
    .action((run: string | undefined, options: WatchOptions) =>
      choose(async (context) => (await import("./watch-run.ts")).watchRun(context, run, options)),
    );
  onBroker(
    program
      .command("result")
      .description("print the result of a run, or of a task, as soon as it is there")
      .argument("[run]", RUN_OR_YOUNGEST),
  )
    .option("--timeout <duration>", "wait no longer than this")
    .option("--no-wait", "do not wait: exit code 5 if it is not there")
    .option("--raw", "print a text without its quotes")
    .addHelpText("after", examples("flow result brisk-otter-41c7", "flow result 0192f0c1-1111-8abc-8def-012300000007"))
    .action((run: string | undefined, options: ResultOptions) =>
      choose(async (context) => (await import("./run-result.ts")).showResult(context, run, options)),
    );
  onBroker(
    program
      .command("why")
      .description("tell why a run failed, or what it waits for; of one node, why it is as it is")
      .argument("[run]", RUN_OR_YOUNGEST)
      .argument("[node]", "a task or group: its index or its id"),
  )
    .option(...JSON_OPTION)
    .addHelpText("after", examples("flow why brisk-otter-41c7", "flow why brisk-otter-41c7 17"))
    .action((run: string | undefined, node: string | undefined, options: WhyOptions) =>
      choose(async (context) => (await import("./why-run.ts")).whyRun(context, run, node, options)),
    );
  onBroker(
    program
      .command("logs")
      .description("tell what happened in a run, in order of time")
      .argument("[run]", RUN_OR_YOUNGEST),
  )
    .option(...JSON_OPTION)
    .addHelpText(
      "after",
      `\nLines of getTaskLogger are kept with the run; what tasks print stays with their workers.\n${examples("flow logs brisk-otter-41c7")}`,
    )
    .action((run: string | undefined, options: LogOptions) =>
      choose(async (context) => (await import("./log-run.ts")).logRun(context, run, options)),
    );
  onBroker(program.command("export").description("draw a run as it is now").argument("[run]", RUN_OR_YOUNGEST))
    .addOption(new Option("--format <name>", "how (default: tree)").choices(["tree", "mermaid", "dot", "svg", "json"]))
    .option("-o, --output <file>", "write to this file instead of standard output")
    .option("--fold <n>", "draw more than this many that are alike as one (default: 20; in JSON none)", readCount)
    .addHelpText(
      "after",
      examples("flow export brisk-otter-41c7", "flow export brisk-otter-41c7 --format svg -o run.svg"),
    )
    .action((run: string | undefined, options: ExportOptions) =>
      choose(async (context) => (await import("./export-run.ts")).exportRun(context, run, options)),
    );
  onBroker(
    program
      .command("report")
      .description("write a page with the graph, the times and the results of a run, for any browser, offline")
      .argument("[run]", RUN_OR_YOUNGEST),
  )
    .option("-o, --output <file>", "write to this file (default: report.html)")
    .addHelpText("after", examples("flow report brisk-otter-41c7 -o monday.html"))
    .action((run: string | undefined, options: ReportOptions) =>
      choose(async (context) => (await import("./export-run.ts")).reportRun(context, run, options)),
    );
}

function declareChanges(program: Command, choose: Choose): void {
  const add = (verb: "cancel" | "pause" | "continue" | "forget", description: string) =>
    onBroker(program.command(verb).description(description).argument("<runs...>", RUN))
      .addHelpText("after", examples(`flow ${verb} brisk-otter-41c7`))
      .action((runs: readonly string[], options: BrokerOptions) =>
        choose(async (context) => (await import("./change-run.ts")).changeRuns(context, verb, runs, options)),
      );
  add("cancel", "end runs: what has not begun never will, what runs is told to stop; what is done is kept");
  add("pause", "let nothing more of runs begin, until `flow continue`");
  add("continue", "let runs go on that were paused");
  add("forget", "delete runs that have ended, with all their results");
}

function declareResume(program: Command, choose: Choose): void {
  const shown = (command: Command) =>
    onBroker(command)
      .option("--concurrency <n>", "how many tasks run at once here (default: 50)", readCount)
      .option("--timeout <duration>", "give up after this long, such as 90s, 5m, 1h")
      .addOption(progressOption())
      .option("--quiet", "show nothing but the result and errors")
      .option("--events", "print events as JSON, one a line, on standard output; the last is the result")
      .option("--report <file.html>", "write a page with the graph, the times and the results when it has ended")
      .option("--raw", "print a text without its quotes");
  shown(
    program
      .command("resume")
      .description("run again what did not succeed of a run that has ended, and print its result")
      .argument("<run>", RUN),
  )
    .addHelpText("after", examples("flow resume brisk-otter-41c7"))
    .action((run: string, options: ResumeOptions) =>
      choose(async (context) => (await import("./resume-run.ts")).resumeRun(context, run, options)),
    );
  shown(
    program
      .command("fork")
      .description("make a new run of one that has ended: a task, and what follows from it, runs again")
      .argument("<run>", RUN),
  )
    .requiredOption("--from <node>", "the task from which on all runs again: its index, its id, or its name")
    .option("--args <json>", "other arguments for it, a list")
    .option("--name <text>", "what the new run is called")
    .addHelpText(
      "after",
      examples("flow fork brisk-otter-41c7 --from score", "flow fork brisk-otter-41c7 --from 17 --args '[3]'"),
    )
    .action((run: string, options: ForkRunOptions) =>
      choose(async (context) => (await import("./resume-run.ts")).forkRun(context, run, options)),
    );
}
