/** `group(a, b, c)`: members side by side; the result is the ordered list of theirs. */
import { type AnySignature, bindSignature, type GroupData } from "@umbel/core";
import { appOf, signatureOf } from "./chain.ts";
import type { GroupOf } from "./types.ts";

/**
 * Makes a group of its arguments, or of all that an iterable gives. A group directly in a group is its members. The
 * result is always a list, of one member and of none too.
 * @throws InvalidSignatureError for something that is no signature
 */
export function group<M extends readonly AnySignature[]>(members: M): GroupOf<M>;
export function group<S extends AnySignature>(members: Iterable<S>): GroupOf<S[]>;
export function group<M extends readonly AnySignature[]>(...members: M): GroupOf<M>;
export function group(...parts: readonly unknown[]): AnySignature {
  const members = memberList(parts);
  return bindSignature(groupData(members), appOf(members));
}

/** The members that a call of `group` or `chord` gives: its arguments, or one iterable. */
export function memberList(parts: readonly unknown[]): readonly unknown[] {
  const [only] = parts;
  return parts.length === 1 && isIterable(only) ? [...only] : parts;
}

/** The data of a group; plain groups inside are replaced by their members. */
export function groupData(members: readonly unknown[]): GroupData {
  return {
    kind: "group",
    members: members.flatMap((member, position) => {
      const { data } = signatureOf(member, `member ${position + 1} of the group`);
      return isPlainGroup(data) ? data.members : [data];
    }),
  };
}

function isPlainGroup(data: AnySignature["data"]): data is GroupData {
  return (
    data.kind === "group" &&
    data.args === undefined &&
    data.kwargs === undefined &&
    data.options === undefined &&
    data.immutable === undefined &&
    data.unroll === undefined
  );
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}
