/** `each(member)`: the member once for each item of the list that arrives; the result is the ordered list of theirs. */
import { type AnySignature, bindSignature, OptionError, type Signature } from "@umbel/core";
import { signatureOf } from "./chain.ts";
import type { EachFits, EachItem } from "./types.ts";

/** How members are run. */
export interface EachOptions {
  /** How many members may be in flight at a time, 1 or more; no limit unless said. */
  readonly limit?: number;
}

/**
 * Makes a signature that takes a list, mostly a step's result, and runs the member once for each of its items, which goes
 * where a result would. A member counts for `limit` until all of it has ended. The result is a list, of no item too.
 * @throws InvalidSignatureError for something that is no signature; OptionError for a limit that is no count
 */
export function each<Member extends AnySignature>(
  member: EachFits<Member>,
  options: EachOptions = {},
): Signature<[items: readonly EachItem<Member>[]], Member["~out"][]> {
  const { data, app } = signatureOf(member, "what `each` runs");
  const { limit } = options;
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1)) {
    throw new OptionError(`\`limit\` of \`each\` must be a whole number of at least 1; got ${limit}`);
  }
  const signature = bindSignature({ kind: "each", member: data, ...(limit === undefined ? {} : { limit }) }, app);
  // The type is what the member's own type says; at run time there is one class of signatures.
  return signature as Signature<[items: readonly EachItem<Member>[]], Member["~out"][]>;
}
