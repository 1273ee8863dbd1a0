/**
 * Calls of the store that must not be given up. One rule: what a worker has claimed it must settle, so it waits for a
 * server that is away, loads, fails over or is full, for as long as the worker lives.
 */
import { setTimeout as delay } from "node:timers/promises";
import { isConnectionError } from "../engine/connection-error.ts";

/** Waits between two tries, milliseconds. */
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5000;

/** When to stop, and whom to tell. */
export interface PersistOptions {
  /** Aborted when the worker is ended at once; the last error is thrown then. */
  readonly signal: AbortSignal;
  readonly onError: (error: unknown) => void;
}

/** Calls until it succeeds, or fails for a reason that will not pass. */
export async function persist<Value>(call: () => Promise<Value>, { signal, onError }: PersistOptions): Promise<Value> {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    try {
      return await call();
    } catch (error) {
      if (signal.aborted || !willPass(error)) throw error;
      onError(error);
    }
    await delay(waitMs, undefined, { signal });
  }
}

/** Whether the same call may succeed later: the connection is lost, or the server says that it cannot now. */
function willPass(error: unknown): boolean {
  return isConnectionError(error) || (error instanceof Error && TRANSIENT_REPLY.test(error.message));
}

/** How Redis begins a refusal that has to do with its state and not with the command. */
const TRANSIENT_REPLY = /^(BUSY|OOM|MISCONF|NOREPLICAS|UNKILLABLE)\b/;
