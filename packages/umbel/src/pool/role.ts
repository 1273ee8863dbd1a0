/**
 * Whether this is a child of a worker. One rule: a child imports its worker's own modules again, so what starts a worker there
 * must not start another, and what stands behind it must not run: in the worker it has not run yet either.
 */

let isChild = false;

/** Makes this thread or process a child. */
export function becomeChild(): void {
  isChild = true;
}

/** Ends the evaluation of a module in a child where it would start a worker. */
export class WorkerIsElsewhere extends Error {
  override readonly name = "WorkerIsElsewhere";
}

/** @throws WorkerIsElsewhere in a child */
export function requireNoChild(): void {
  if (isChild) throw new WorkerIsElsewhere("this thread or process serves a worker that runs elsewhere");
}
