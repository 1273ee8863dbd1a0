/** What a command prints, kept; for commands that are called and not started as processes. */
import type { CommandContext } from "../../src/cli/context.ts";
import { Terminal } from "../../src/cli/terminal.ts";

/** A terminal that keeps what is printed. */
export class RecordingTerminal extends Terminal {
  stdout = "";
  stderr = "";

  constructor() {
    super({ NO_COLOR: "1" });
  }

  override write(text: string): void {
    this.stdout += text;
  }

  override result(text: string): void {
    this.stdout += `${text}\n`;
  }

  override note(text: string): void {
    this.stderr += `${text}\n`;
  }

  override captureOutput(): () => void {
    return () => undefined;
  }
}

/** One for all: each listens to the process's own streams. */
let terminal: RecordingTerminal | undefined;

/** Runs a command in a folder and gives what it printed and its exit code. */
export async function runCommand(
  directory: string,
  command: (context: CommandContext) => Promise<number>,
): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }> {
  terminal ??= new RecordingTerminal();
  terminal.stdout = "";
  terminal.stderr = "";
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
