/** Leaving nothing behind. One rule: a step that fails is told of, and the next is taken all the same. */
import { messageOf } from "../broker/system-error.ts";
import type { Notes } from "./terminal.ts";

/** Takes the steps one after the other. */
export async function cleanUp(
  terminal: Pick<Notes, "warn">,
  steps: readonly (() => Promise<unknown>)[],
): Promise<void> {
  const told = new Set<string>();
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      const message = messageOf(error);
      // A broker that is gone fails every step alike.
      if (!told.has(message)) terminal.warn(`something may be left behind: ${message}`);
      told.add(message);
    }
  }
}
