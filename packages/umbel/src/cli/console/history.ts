/** The lines that were typed into consoles before. One rule: a history that cannot be read or kept is no reason to stop. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";

/** How many lines are kept. */
export const HISTORY_SIZE = 1000;

/** Where the history is: below `XDG_STATE_HOME`, or `~/.local/state`. */
export function historyFile(environment: Readonly<Record<string, string | undefined>>): string {
  const state = environment.XDG_STATE_HOME;
  // The XDG specification: a path that is not absolute must be ignored.
  const base =
    state !== undefined && isAbsolute(state) ? state : join(environment.HOME || homedir(), ".local", "state");
  return join(base, "umbel", "console-history");
}

/** Reads the lines, the youngest first, as readline has them. */
export function readHistory(file: string): string[] {
  try {
    const lines = readFileSync(file, "utf8").split("\n");
    return lines.filter((line) => line !== "").reverse();
  } catch {
    return [];
  }
}

/** Keeps the lines; nobody else may read them, since what is typed may be a secret. */
export function keepHistory(file: string, history: readonly string[]): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, `${history.toReversed().join("\n")}\n`, { mode: 0o600 });
  } catch {
    // The lines of this console are lost when it ends.
  }
}
