/** `group(a, b, c)`: members side by side; the result is the ordered list of theirs. */
import {
  type AnySignature,
  type App,
  bindSignature,
  type GroupData,
  InvalidSignatureError,
  isSignature,
  type SignatureData,
} from "@umbel/core";
import { appOf, signatureOf } from "./chain.ts";
import { type MemberSource, StreamedGroup } from "./streamed-group.ts";
import type { GroupArgs, GroupOf, GroupOut } from "./types.ts";

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

/**
 * A group of members that are taken one by one while it is sent, so that they never are in memory all at once; for more
 * than some 100,000, or for members that come from a database. `app` says which app sends it. It gives a StreamedGroup,
 * which can be sent, piped into a body, and nothing else.
 */
group.stream = <Member extends AnySignature>(
  app: App,
  members: MemberSource<Member>,
): StreamedGroup<GroupArgs<Member[]>, GroupOut<Member[]>, "flat"> => {
  const isSource = typeof members === "object" && (Symbol.iterator in members || Symbol.asyncIterator in members);
  if (!isSource) throw new InvalidSignatureError("`group.stream` takes an app, and an iterable of signatures");
  return new StreamedGroup(app, members, { kind: "group", members: [] });
};

/** The members that a call of `group` or `chord` gives: its arguments, or one iterable. */
export function memberList(parts: readonly unknown[]): readonly unknown[] {
  const [only] = parts;
  return parts.length === 1 && isIterable(only) ? [...only] : parts;
}

/** The data of a group; plain groups inside are replaced by their members. */
export function groupData(members: readonly unknown[]): GroupData {
  const flat: SignatureData[] = [];
  for (let position = 0; position < members.length; position += 1) {
    const member = members[position];
    const { data } = isSignature(member) ? member : signatureOf(member, `member ${position + 1} of the group`);
    if (isPlainGroup(data)) for (const inner of data.members) flat.push(inner);
    else flat.push(data);
  }
  return { kind: "group", members: flat };
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
