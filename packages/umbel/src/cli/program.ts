/**
 * The commands of `flow`, their options and their help. One rule: only words are here; what a command does is imported
 * when it runs, so that `flow --help` loads nothing.
 */
import { Command } from "commander";
import { declareCheck } from "./commands/check.ts";
import { declareConsole } from "./commands/console.ts";
import { declareDeadLetters } from "./commands/dead-letters.ts";
import { declareExplain } from "./commands/explain.ts";
import { declareFormat } from "./commands/fmt.ts";
import { declareGraph } from "./commands/graph.ts";
import { declarePlan } from "./commands/plan.ts";
import { declareProject } from "./commands/project.ts";
import { declareRedis } from "./commands/redis.ts";
import { declareRun } from "./commands/run.ts";
import { declareRuns } from "./commands/runs.ts";
import { declareTokens } from "./commands/tokens.ts";
import { declareWorker } from "./commands/worker.ts";
import type { CommandContext } from "./context.ts";
import type { ExitCode } from "./exit-codes.ts";
import { readVersion } from "./version.ts";

/** A command that was chosen and not yet run. */
export type ChosenCommand = (context: CommandContext) => Promise<ExitCode>;

/** Takes the command that the command line chooses. */
export type Choose = (command: ChosenCommand) => void;

const EXAMPLES = `
Examples:
  flow run hello.flow                            run a workflow and print its result
  flow run hello.flow -p n=3                     with a value for its param n
  flow run -e 'add(4, 4) | mul(8)' -A tasks.ts   run one line
  flow check hello.flow                          find mistakes, run nothing
  flow fmt hello.flow                            write it in the one style
  flow explain E201                              what a code means
  flow graph hello.flow -o hello.svg             draw it, run nothing
  flow console                                   type flow text and see it run
  flow worker -A tasks.ts                        serve tasks until Ctrl-C`;

/** Makes the parser of command lines; `choose` is called once by its `parse()`, unless it throws a CommanderError. */
export function makeProgram(choose: Choose): Command {
  const program = new Command("flow")
    .description("Runs workflows of TypeScript tasks on Redis: Celery's programming model, with a language of its own.")
    .version(readVersion(), "--version", "print the version")
    .helpOption("-h, --help", "print this help")
    .option("--debug", "show stacks with umbel's own frames")
    .showHelpAfterError("(type `flow --help` for what there is)")
    .addHelpText("after", EXAMPLES)
    .exitOverride();
  declareRun(program, choose);
  declarePlan(program, choose);
  declareCheck(program, choose);
  declareFormat(program, choose);
  declareGraph(program, choose);
  declareExplain(program, choose);
  declareTokens(program, choose);
  declareWorker(program, choose);
  declareRuns(program, choose);
  declareDeadLetters(program, choose);
  declareConsole(program, choose);
  declareProject(program, choose);
  declareRedis(program, choose);
  return program;
}
