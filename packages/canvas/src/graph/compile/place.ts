/**
 * Where a signature stands while it is compiled. One rule: every composite hands its arguments, options and callbacks
 * down to the parts that they concern, by giving each of them a place of its own.
 */
import type { SignatureData } from "@umbel/core";
import { type OptionScope, times } from "./call-options.ts";
import type { Compiled, Start } from "./drafts.ts";

/** A join whose index is known when all of its group is numbered. */
export interface JoinPlace {
  index: number;
}

/** A stretch of steps that ends as a whole when one of them fails. */
export interface Segment {
  /** The join that counts this segment's tail; undefined for the run itself and for callbacks. */
  readonly join: JoinPlace | undefined;
  /** Its last index; known when all of it is numbered. */
  end: number;
}

/** An errback. It is numbered once, however many nodes of one segment may call it: only one of them can fail. */
export interface Errback {
  readonly data: SignatureData;
  starts: readonly Start[];
  /** Whether it hangs on a node already. */
  isHung: boolean;
}

/** What comes into a signature from what stands before it. */
export interface Incoming {
  readonly from: number | undefined;
  readonly takesError: boolean;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
}

/** Nothing comes in. */
export const NOTHING: Incoming = { from: undefined, takesError: false, args: [], kwargs: {} };

/** Where a signature stands. */
export interface Place {
  readonly incoming: Incoming;
  readonly segment: Segment;
  readonly scope: OptionScope;
  readonly taskId: string | undefined;
  readonly links: readonly SignatureData[];
  readonly errbacks: readonly Errback[];
  readonly parent: number | undefined;
  /** The join of the group that it is a direct member of. */
  readonly group: JoinPlace | undefined;
  /** Another step follows, so a group here is the header of a chord: errbacks around it are the body's. */
  readonly isFollowed: boolean;
}

/** A place where nothing but the segment and the options is given. */
export function plainPlace(segment: Segment, scope: OptionScope): Place {
  return {
    incoming: NOTHING,
    segment,
    scope,
    taskId: undefined,
    links: [],
    errbacks: [],
    parent: undefined,
    group: undefined,
    isFollowed: false,
  };
}

/** The place of what follows a compiled signature: it gets its value, and starts without delay. */
export function behind(before: Compiled, place: Place): Place {
  return {
    ...place,
    incoming: valueFrom(before.tail.index),
    scope: place.scope.later,
    parent: before.parent,
  };
}

/** The value of a node comes in. */
export function valueFrom(index: number): Incoming {
  return { from: index, takesError: false, args: NOTHING.args, kwargs: NOTHING.kwargs };
}

/** The place of the parts of a composite: its own arguments and options are handed down. */
export function inside(data: SignatureData, place: Place): Place {
  const { countdown, eta, taskId, link = [], linkError = [], ...under } = data.options ?? {};
  return {
    ...place,
    incoming: withGiven(data, data.immutable ? NOTHING : place.incoming),
    scope: place.scope.inside(under, times(countdown, eta)),
    taskId: place.taskId ?? taskId,
    links: joined(place.links, link),
    errbacks: joined(place.errbacks, newErrbacks(linkError)),
  };
}

function withGiven({ args, kwargs }: SignatureData, incoming: Incoming): Incoming {
  if (args === undefined && kwargs === undefined) return incoming;
  return { ...incoming, args: [...incoming.args, ...(args ?? [])], kwargs: { ...kwargs, ...incoming.kwargs } };
}

/** The place of a group's members; its links are theirs already, so they do not hang on the group as a whole. */
export function insideGroup(data: SignatureData, place: Place): Place {
  const { link: _ofMembers, ...options } = data.options ?? {};
  return inside({ ...data, options }, place.isFollowed ? { ...place, errbacks: [] } : place);
}

/** The place of one member of a group that stands there. Each may fail for itself, so each calls errbacks of its own. */
export function memberPlace(place: Place, join: JoinPlace): Place & { readonly segment: Segment } {
  const { errbacks } = place;
  return {
    ...place,
    segment: { join, end: 0 },
    taskId: undefined,
    links: [],
    errbacks: errbacks.length === 0 ? errbacks : errbacks.map((errback) => newErrback(errback.data)),
    isFollowed: false,
    group: join,
  };
}

/** How many callbacks of a node one script starts at most. */
export const MOST_CALLBACKS = 900;

/** Callbacks as they hang on a node: more than one script may start are a group, which is handed out in pages. */
export function handedOut(callbacks: readonly SignatureData[]): readonly SignatureData[] {
  if (callbacks.length <= MOST_CALLBACKS) return callbacks;
  // A group in a group would be its members; each callback stays what it is.
  const members = callbacks.map(
    (callback): SignatureData =>
      callback.kind === "group" || callback.kind === "chunks" ? { kind: "chain", steps: [callback] } : callback,
  );
  return [{ kind: "group", members }];
}

/** Errbacks that have no number yet. */
export function newErrbacks(linkErrors: readonly SignatureData[]): readonly Errback[] {
  return handedOut(linkErrors).map(newErrback);
}

/** An errback that has no number yet. */
function newErrback(data: SignatureData): Errback {
  return { data, starts: [], isHung: false };
}

function joined<Item>(first: readonly Item[], second: readonly Item[]): readonly Item[] {
  if (second.length === 0) return first;
  return first.length === 0 ? second : [...first, ...second];
}
