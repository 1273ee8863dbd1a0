/** Results as plain data, and back. One rule: a tuple comes from outside, so its form is checked whole. */
import type { Engine, ResultTuple } from "./engine.ts";
import { OptionError } from "./errors.ts";
import { parseNodeId } from "./ids.ts";
import { AsyncResult, GroupResult } from "./result.ts";
import { show } from "./show.ts";

/** Makes the handle that `asTuple` described. @throws OptionError for anything else */
export function resultFromTuple(tuple: unknown, engine: Engine): AsyncResult {
  if (!isTuple(tuple)) {
    throw new OptionError(
      `a result's tuple is \`[[id, parent], members]\`, as \`asTuple()\` gives it; got ${show(tuple)}`,
    );
  }
  const [[id, parent], members] = tuple;
  if (members === null) return new AsyncResult(id, engine);
  // All of a run's group is read from the run.
  if (parseNodeId(id) !== undefined) return new GroupResult(id, engine);
  return new GroupResult(id, engine, {
    members: members.map((member) => resultFromTuple(member, engine)),
    ...(parent === null ? {} : { parent: resultFromTuple(parent, engine) }),
  });
}

function isTuple(value: unknown): value is ResultTuple {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [head, members] = value as unknown[];
  if (!Array.isArray(head) || head.length !== 2) return false;
  const [id, parent] = head as unknown[];
  return (
    typeof id === "string" &&
    (parent === null || isTuple(parent)) &&
    (members === null || (Array.isArray(members) && members.every(isTuple)))
  );
}
