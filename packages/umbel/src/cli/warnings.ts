/** Warnings of ours, as lines of this command: Node would print them with a process id and advice on its own flags. */
import type { Terminal } from "./terminal.ts";

/** Prints each warning of ours once, from now on; all others stay as they are. Gives what takes that back. */
export function showWarnings(terminal: Terminal): () => void {
  const shown = new Set<string>();
  const others = process.listeners("warning");
  process.removeAllListeners("warning");
  const show = (warning: Error): void => {
    if (warning.name !== "UmbelWarning") {
      for (const listener of others) listener.call(process, warning);
    } else if (!shown.has(warning.message)) {
      shown.add(warning.message);
      terminal.warn(warning.message);
    }
  };
  process.on("warning", show);
  silenceBullMQ();
  return () => {
    process.off("warning", show);
    for (const listener of others) process.on("warning", listener);
  };
}

/** BullMQ says for each of its connections what we say once, and has no option for that alone. */
function silenceBullMQ(): void {
  const warn = console.warn.bind(console);
  console.warn = (...args: unknown[]) => {
    const [first] = args;
    if (typeof first !== "string" || !first.startsWith("IMPORTANT! Eviction policy is")) warn(...args);
  };
}
