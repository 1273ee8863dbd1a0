/**
 * Gives shares back when a script comes to its end by itself, without a `close()`. One rule: one listener for the whole
 * process, however many shares there are.
 */
import { asError } from "../system-error.ts";

const releases = new Set<() => Promise<void>>();

/** Calls `release` when the event loop runs empty. Gives what takes that back. */
export function releaseBeforeExit(release: () => Promise<void>): () => void {
  if (releases.size === 0) process.on("beforeExit", releaseAll);
  releases.add(release);
  return () => {
    releases.delete(release);
    if (releases.size === 0) process.off("beforeExit", releaseAll);
  };
}

function releaseAll(): void {
  for (const release of [...releases]) {
    release().catch((error: unknown) => process.emitWarning(asError(error)));
  }
}
