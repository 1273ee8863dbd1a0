/** `chord([a, b], c)`: a header group, and a body that gets the ordered list of its results. */
import { type AnySignature, bindSignature, type GroupData, isSignature, type Tail } from "@umbel/core";
import { appOf, signatureOf } from "./chain.ts";
import { groupData, memberList } from "./group.ts";
import type { BodyFits, GroupArgs } from "./types.ts";

/**
 * Makes a chord. With an empty header the body runs with `[]`. If a member fails, the body does not run: it is FAILURE
 * with a ChordError, and `get()` throws the member's own error.
 * @throws InvalidSignatureError for something that is no signature
 */
export function chord<H extends readonly AnySignature[], B extends AnySignature>(
  header: readonly [...H] | Iterable<H[number]>,
  body: BodyFits<H, B>,
): Tail<GroupArgs<H>, B> {
  const members = memberList([header]);
  const data = {
    kind: "chord",
    header: headerData(header, members),
    body: signatureOf(body, "the body of the chord").data,
  } as const;
  return bindSignature(data, appOf([...members, body])) as Tail<GroupArgs<H>, B>;
}

/** A group given as header stays what it is, with its own options; a list becomes a group. */
function headerData(header: unknown, members: readonly unknown[]): GroupData {
  return isSignature(header) && header.data.kind === "group" ? header.data : groupData(members);
}
