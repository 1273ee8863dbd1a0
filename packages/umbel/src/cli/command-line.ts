/**
 * From a command line to an exit code. One rule: `flow` always ends by itself, whatever the user's modules left open, and
 * only after all it printed has left.
 */
import { CommanderError } from "commander";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { Interruption } from "./interruption.ts";
import { type ChosenCommand, makeProgram } from "./program.ts";
import { Terminal } from "./terminal.ts";
import { showWarnings } from "./warnings.ts";

/**
 * Runs a command line and ends the process.
 * @param args without the program's own name
 */
export async function runCommandLine(args: readonly string[]): Promise<never> {
  const terminal = new Terminal();
  const unfinished = () => {
    terminal.error("the command is not done and waits for nothing: a module of yours awaits what never comes");
    process.exitCode = EXIT.invalid;
  };
  // Node would end the process without a word.
  process.once("beforeExit", unfinished);
  const interruption = new Interruption();
  interruption.listen();
  showWarnings(terminal);
  const exitCode = await exitCodeOfCommand(args, terminal, interruption);
  process.off("beforeExit", unfinished);
  await terminal.flush();
  process.exit(exitCode);
}

/** Runs a command line in this process, which goes on, and gives the exit code that it would end with. */
export async function exitCodeOfCommand(
  args: readonly string[],
  terminal: Terminal,
  interruption: Interruption,
): Promise<ExitCode> {
  const chosen = parse(args);
  return typeof chosen === "number" ? chosen : await run(chosen, terminal, interruption);
}

interface Chosen {
  readonly command: ChosenCommand;
  readonly debug: boolean;
}

/** What the command line chooses; an exit code when all is said already, by help or by a message of commander's. */
function parse(args: readonly string[]): Chosen | ExitCode {
  const chosen: ChosenCommand[] = [];
  const program = makeProgram((command) => chosen.push(command));
  try {
    program.parse(args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    throw error;
  }
  const [command] = chosen;
  if (command !== undefined) return { command, debug: program.opts<{ debug?: boolean }>().debug === true };
  program.outputHelp({ error: true });
  return EXIT.usage;
}

async function run({ command, debug }: Chosen, terminal: Terminal, interruption: Interruption): Promise<ExitCode> {
  const { signal } = interruption;
  try {
    const exitCode = await command({
      terminal,
      environment: process.env,
      directory: process.cwd(),
      signal,
      debug,
      takeTime: (onSecond) => interruption.takeTime(onSecond),
    });
    // A command that ends well although it was told to stop, such as a worker, has its own word on that.
    return interruption.reason?.kind === "error" ? await report(interruption.reason.error, terminal, debug) : exitCode;
  } catch (error) {
    // It may end with any error then; what counts is why it was told to.
    if (interruption.reason?.kind === "signal") return EXIT.interrupted;
    return await report(interruption.reason?.error ?? error, terminal, debug);
  }
}

async function report(error: unknown, terminal: Terminal, debug: boolean): Promise<ExitCode> {
  const { errorScreen, exitCodeOf } = await import("./error-screen.ts");
  terminal.error(errorScreen(error, { debug }));
  return exitCodeOf(error);
}
