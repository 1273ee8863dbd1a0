/** What a command prints, kept; for commands that are called and not started as processes. */
import type { CommandContext } from "../../src/cli/context.ts";
import { Terminal } from "../../src/cli/terminal.ts";

/** A terminal that keeps what is printed. */
export class RecordingTerminal extends Terminal {
  stdout = "";
  stderr = "";
  /** Both in the order in which they came. */
  both = "";
  /** Called after each text that is printed. */
  onPrint: () => void = () => undefined;

  constructor() {
    super({ NO_COLOR: "1" });
  }

  override write(text: string): void {
    this.#take("stdout", text);
  }

  override result(text: string): void {
    this.#take("stdout", `${text}\n`);
  }

  override note(text: string): void {
    this.#take("stderr", `${text}\n`);
  }

  override captureOutput(): () => void {
    return () => undefined;
  }

  #take(stream: "stdout" | "stderr", text: string): void {
    this[stream] += text;
    this.both += text;
    this.onPrint();
  }
}

/** What a command printed, and its exit code. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One for all: each listens to the process's own streams. */
let terminal: RecordingTerminal | undefined;

/** Runs a command in a folder and gives what it printed and its exit code. */
export async function runCommand(
  directory: string,
  command: (context: CommandContext) => Promise<number>,
  onPrint: () => void = () => undefined,
): Promise<CommandResult> {
  terminal ??= new RecordingTerminal();
  terminal.stdout = "";
  terminal.stderr = "";
  terminal.both = "";
  terminal.onPrint = onPrint;
  const exitCode = await command({
    terminal,
    environment: {},
    directory,
    signal: new AbortController().signal,
    debug: false,
    takeTime: () => undefined,
  });
  // Files are named relative to the process's folder, which is not this one.
  const relative = (text: string): string => text.replaceAll(`${directory}/`, "");
  return { exitCode, stdout: relative(terminal.stdout), stderr: relative(terminal.stderr) };
}

/** What the last command printed on both streams, in order. */
export function printedByLast(): string {
  return terminal?.both ?? "";
}
