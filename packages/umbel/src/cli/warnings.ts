/** Warnings of ours, as lines of this command: Node would print them with a process id and advice on its own flags. */
import type { Terminal } from "./terminal.ts";

/** Prints each warning of ours once, from now on; all others stay as they are. */
export function showWarnings(terminal: Terminal): void {
  const shown = new Set<string>();
  const others = process.listeners("warning");
  process.removeAllListeners("warning");
  process.on("warning", (warning) => {
    if (warning.name !== "UmbelWarning") {
      for (const listener of others) listener.call(process, warning);
    } else if (!shown.has(warning.message)) {
      shown.add(warning.message);
      terminal.warn(warning.message);
    }
  });
}
