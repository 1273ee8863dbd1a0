/**
 * Ids of runs and of the nodes in them: UUIDs of version 8 with 48 bits of milliseconds, 42 random bits and 32 bits of
 * node index. One rule: the id of any task leads to its run without a look-up.
 */
import { v7, validate, version } from "uuid";

/** What all ids of one run begin with: the first 28 characters of each. It is the run's key in the store. */
export type RunKey = string & { readonly __brand: "RunKey" };

const RUN_KEY_LENGTH = 28;

/** Makes the key of a new run. `uuid`'s version 7 supplies the time and the randomness. */
export function newRunKey(): RunKey {
  const id = v7();
  return `${id.slice(0, 14)}8${id.slice(15, RUN_KEY_LENGTH)}` as RunKey;
}

/** Gives the id of a run's node. @param index 0 to 2^32 - 1 */
export function nodeId(runKey: RunKey, index: number): string {
  return runKey + index.toString(16).padStart(8, "0");
}

/** Splits the id of a node into its run and its index; `undefined` for an id that is not one of ours. */
export function parseNodeId(id: string): { readonly runKey: RunKey; readonly index: number } | undefined {
  if (!validate(id) || version(id) !== 8) return undefined;
  return {
    runKey: id.slice(0, RUN_KEY_LENGTH).toLowerCase() as RunKey,
    index: Number.parseInt(id.slice(RUN_KEY_LENGTH), 16),
  };
}

/** The moment at which a run's key was made, in epoch milliseconds. */
export function runKeyTime(runKey: RunKey): number {
  return Number.parseInt(runKey.slice(0, 8) + runKey.slice(9, 13), 16);
}
