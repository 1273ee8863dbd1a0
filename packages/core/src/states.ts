/** The states of a task, in Celery's words. One rule: a state in `readyStates` never changes again, but by a resume. */

/** Celery's states, IGNORED, and whatever a task sets with `updateState`. */
export type State =
  | "PENDING"
  | "RECEIVED"
  | "STARTED"
  | "RETRY"
  | "SUCCESS"
  | "FAILURE"
  | "REVOKED"
  | "IGNORED"
  | (string & {});

/** The states in which a task has ended. */
export const readyStates: ReadonlySet<string> = new Set(["SUCCESS", "FAILURE", "REVOKED", "IGNORED"]);

/** Whether a task in this state has ended. */
export function isReady(state: State): boolean {
  return readyStates.has(state);
}
