/** A chord whose members are taken one by one: additions, and the sum of their list. */
import { group } from "umbel";

/** Makes one of n members. */
export function streamedChord({ n, app, tasks: { add, total } }) {
  return group.stream(app, additions(n, add)).pipe(total.s());
}

/** What it gives. */
export function sumOfStreamedChord(n) {
  return n * (n - 1);
}

function* additions(n, add) {
  for (let i = 0; i < n; i += 1) yield add.s(i, i);
}
