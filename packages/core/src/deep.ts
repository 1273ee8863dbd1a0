/**
 * Recursion that needs no stack: for signatures nested in one another however deep. One rule: a function that would call
 * itself is a generator, yields the generator of that call, and is given what the call returns.
 */

/** A call that may make others of its kind. */
export type Deep<Result> = Generator<Deep<Result>, Result, Result>;

/** Runs a call and all that it makes. What any of them throws ends them all. */
export function runDeep<Result>(call: Deep<Result>): Result {
  const open: Deep<Result>[] = [];
  let top = call;
  let step = top.next();
  for (;;) {
    if (step.done !== true) {
      open.push(top);
      top = step.value;
      step = top.next();
      continue;
    }
    const caller = open.pop();
    if (caller === undefined) return step.value;
    top = caller;
    step = top.next(step.value);
  }
}
