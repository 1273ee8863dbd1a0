/**
 * Whether this is a child of a worker. One rule: a child imports its worker's own modules again, so what starts a worker there
 * must not start another.
 */

let isChild = false;

/** Makes this thread or process a child. */
export function becomeChild(): void {
  isChild = true;
}

/** Whether this thread or process is one. */
export function isPoolChild(): boolean {
  return isChild;
}
