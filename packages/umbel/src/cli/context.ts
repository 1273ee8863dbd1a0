/** What every command is given. */
import type { Terminal } from "./terminal.ts";

/** The surroundings of a command. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The current folder. */
  readonly directory: string;
  /** Aborted when the command has to stop; it then cleans up and rejects, or ends as it likes. */
  readonly signal: AbortSignal;
  /** With `--debug`. */
  readonly debug: boolean;
  /**
   * Says that the command takes its time when it is told to stop, until it is told a second time: then `onSecond` is
   * called, and the usual limits hold.
   */
  takeTime(onSecond: () => void): void;
}
