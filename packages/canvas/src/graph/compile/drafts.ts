/** Nodes whose surroundings are not all numbered yet. One rule: `finish` gives a node only when everything is. */
import {
  countStretches,
  type GraphNode,
  type GrowingStretches,
  type JoinNode,
  type SpreadNode,
  type StartToken,
  stretchIndices,
  type TaskNode,
} from "../graph.ts";
import type { Errback, JoinPlace, Segment } from "./place.ts";
import type { PlainMember } from "./plain-members.ts";

/** What a compiled signature is to its surroundings. */
export interface Compiled {
  readonly starts: readonly Start[];
  /** The node that has its value. */
  readonly tail: Ended;
  /** A task that stands for it as a parent. */
  readonly parent: number;
}

/** How a compiled signature is started. */
export interface Start {
  readonly kind: "t" | "s";
  readonly index: number;
  /** Times, as they follow the index in a start token. */
  readonly suffix: string;
}

/** A draft of something that ends. */
export type Ended = TaskDraft | JoinDraft;

export interface TaskDraft {
  readonly kind: "task";
  readonly index: number;
  readonly node: Writable<TaskNode>;
  readonly next: StartToken[];
  readonly segment: Segment;
  readonly errbacks: readonly Errback[];
  readonly group: JoinPlace | undefined;
}

export interface JoinDraft {
  readonly kind: "join";
  readonly index: number;
  readonly node: Writable<JoinNode>;
  /** Where it begins. */
  readonly spread: SpreadDraft;
  readonly failsFast: boolean;
  readonly next: StartToken[];
  readonly segment: Segment;
  /** What comes after it in its segment; when it fails, these are what failed. */
  readonly followers: Start[];
}

export interface SpreadDraft {
  readonly kind: "spread";
  readonly index: number;
  /** Its index is -1 where nobody waits for what is handed out. */
  readonly join: JoinPlace;
  readonly starts: GrowingStretches;
  limit: number | undefined;
  /** What its members share so far; `undefined` when one says more, or is of another task. */
  alike: SpreadNode["alike"];
}

/** A plain member; all that it needs is the number of its join. */
export interface MemberDraft {
  readonly kind: "member";
  readonly index: number;
  readonly node: PlainMember["node"];
  readonly join: JoinPlace;
}

export type Draft = TaskDraft | JoinDraft | SpreadDraft | MemberDraft;

type Writable<Node> = { -readonly [Field in keyof Node]: Node[Field] };

/** Makes one signature follow another in its segment. */
export function follow(before: Ended, compiled: Compiled): void {
  before.next.push(...compiled.starts.map(tokenOf));
  if (before.kind === "join") before.followers.push(...compiled.starts);
}

/** A start as scripts read it. */
export function tokenOf(start: Start): StartToken {
  return `${start.kind}${start.index}${start.suffix}`;
}

/** Gives the node of a draft. */
export function finish(draft: Draft): GraphNode {
  if (draft.kind === "spread") return spreadNode(draft);
  if (draft.kind === "member") {
    draft.node.join = draft.join.index;
    draft.node.group = draft.join.index;
    return draft.node;
  }
  const { node, segment } = draft;
  node.join = segment.join?.index ?? -1;
  node.deadEnd = Math.max(draft.index, segment.end);
  if (draft.kind === "join") {
    if (draft.failsFast) draft.node.failFast = rangesOf(draft);
    return node;
  }
  if (draft.group !== undefined) draft.node.group = draft.group.index;
  return node;
}

function rangesOf({ spread, node: { tails } }: JoinDraft): NonNullable<JoinNode["failFast"]> {
  const last = tails.at(-1);
  return {
    spread: spread.index,
    first: spread.starts[0]?.first ?? spread.index,
    last: last === undefined ? spread.index : last.first + (last.count - 1) * last.stride,
  };
}

/** The node from which a group's members are handed out. */
function spreadNode({ join, starts, limit, alike }: SpreadDraft): SpreadNode {
  return {
    kind: "spread",
    join: join.index,
    total: countStretches(starts),
    ...(limit === undefined ? {} : { limit }),
    ...(alike === undefined ? {} : { alike }),
    starts,
  };
}

/** What is started when a node fails: its errbacks. Of a join those of what it leads to: when a header fails it is the body that is told to have failed. */
export function errorStarts(draft: Ended, draftAt: (index: number) => Draft | undefined): readonly Start[] {
  return draft.kind === "task"
    ? errbackStarts(draft)
    : draft.followers.flatMap((start) => startsBehind(start, draftAt));
}

function startsBehind({ index: follower }: Start, draftAt: (index: number) => Draft | undefined): Start[] {
  const starts: Start[] = [];
  const open = [follower];
  for (let position = 0; position < open.length; position += 1) {
    const draft = draftAt(open[position] ?? -1);
    if (draft?.kind === "spread") for (const { index } of stretchIndices(draft.starts)) open.push(index);
    else if (draft?.kind === "task") for (const start of errbackStarts(draft)) starts.push(start);
  }
  return starts;
}

/** Behind `@` stands the node whose error the errback gets. */
function errbackStarts({ index, errbacks }: TaskDraft): readonly Start[] {
  if (errbacks.length === 0) return NO_STARTS;
  return errbacks.flatMap(({ starts }) => starts.map((start) => ({ ...start, suffix: `${start.suffix}@${index}` })));
}

const NO_STARTS: readonly Start[] = [];
