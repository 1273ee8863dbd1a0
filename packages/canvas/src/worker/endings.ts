/** Ends of what runs side by side. One rule: no failure is lost, and none ends the process because nobody looked yet. */
import { RunExpiredError } from "@umbel/core";

/** A promise whose failure is looked at later. */
export function handled<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => undefined);
  return promise;
}

/** Resolves when all have ended, however they did. @throws the first error, and rather one that is not about a run that is gone */
export async function allEnded(ends: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(ends);
  const errors = outcomes.flatMap((end): unknown[] => (end.status === "rejected" ? [end.reason] : []));
  if (errors.length > 0) throw errors.find((error) => !(error instanceof RunExpiredError)) ?? errors[0];
}
