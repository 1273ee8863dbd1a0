/**
 * The graph of a run: plain, versioned data. One rule: it is fixed when the run is submitted and says everything a
 * worker must know; what has happened so far is kept beside it, by the store.
 *
 * Indices are given depth first, so whatever can no longer run once a node has failed is one range: from the node to
 * the end of its segment. A *segment* is a stretch of steps of which each needs the one before: a chain, a group's
 * member, the whole run. The member of a group ends in its *tail*, which the group's join counts.
 */
import type { RunKey, SignatureData, SignatureOptions } from "@umbel/core";

/** The form in which graphs are stored; a worker refuses a newer one. */
export const GRAPH_VERSION = 2;

/**
 * How a node is started, as scripts read it: `t12` is task node 12, `s12` spread 12. Behind a task may stand
 * `;countdown ms;eta epoch ms;expires in ms;expires at epoch ms`, each of them empty if there is none. Behind
 * `@` stands the node whose error an errback gets.
 */
export type StartToken = string;

/** A stretch of starts or tails: `count` indices from `first`, `stride` apart. `suffix` follows the index in each token. */
export interface IndexStretch {
  readonly first: number;
  readonly stride: number;
  readonly count: number;
  readonly kind: "t" | "s";
  readonly suffix: string;
}

/** What task nodes and joins share: what happens when they end. */
export interface Ending {
  /** Started when it succeeds. */
  readonly next: readonly StartToken[];
  /** Started when it fails; they get its error. */
  readonly onError: readonly StartToken[];
  /** The join of the group around it, or -1. It hears of a failure, and of the tail's success. */
  readonly join: number;
  /** Whether it is what the join counts. */
  readonly isTail: boolean;
  /** The last index of the nodes that never run when it fails; its own index if there are none. */
  readonly deadEnd: number;
}

/**
 * One call of a task. With `map` or `starmap`, one call for each item of its first argument, in one job; with `each`, it
 * is replaced by a group of its member for each item.
 */
export interface TaskNode extends Ending {
  readonly kind: "task";
  readonly task: string;
  readonly mode?: "map" | "starmap" | "each";
  /** Of an `each`: what it runs. */
  readonly each?: EachPlan;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** What a serializer or a compression has made of both, which are empty then. */
  readonly packed?: string;
  /** Final options, without links and times (those are in the start token). */
  readonly options: SignatureOptions;
  /** The node whose value comes in front of `args`. */
  readonly input?: number;
  /** An errback: what failed comes in front of `args`. */
  readonly takesError?: true;
  /** The id its author gave it, instead of the one made of run and index. */
  readonly ownId?: string;
  /** The node that led to it. */
  readonly parent?: number;
  /** The join of the group it is a direct member of. */
  readonly group?: number;
}

/** Options that are said around tasks. */
export interface OptionsAround {
  /** Those of composites around them: defaults. */
  readonly under?: SignatureOptions;
  /** Those of the call of the whole: they win. */
  readonly over?: SignatureOptions;
}

/** What an `each` runs once its list is there. */
export interface EachPlan extends OptionsAround {
  /** Run for each item, which goes where a result would. */
  readonly member: SignatureData;
  /** How many members may be in flight. */
  readonly limit?: number;
}

/** The beginning of a group: its members are handed out from here, in order. */
export interface SpreadNode {
  readonly kind: "spread";
  /** The group's end; -1 for errbacks that are too many to be started by one script: nobody waits for them. */
  readonly join: number;
  readonly total: number;
  /** How many of its members may be in flight; a member is until its tail has ended. */
  readonly limit?: number;
  /** What all members share, where each is one call of one task that says nothing but its arguments. */
  readonly alike?: Pick<TaskNode, "task" | "options">;
  readonly starts: readonly IndexStretch[];
  /** Made by a resume or a fork, for what of its group runs again. */
  readonly again?: true;
}

/** The end of a group: it counts its members' tails, and its value is the ordered list of their values. */
export interface JoinNode extends Ending {
  readonly kind: "join";
  readonly size: number;
  readonly tails: readonly IndexStretch[];
  /** When a member fails, the others are revoked: its spread, and the nodes of its members. */
  readonly failFast?: { readonly spread: number; readonly first: number; readonly last: number };
  readonly ownId?: string;
  readonly parent?: number;
}

export type GraphNode = TaskNode | SpreadNode | JoinNode;

/** The id that a node's author gave it, if any. */
export function ownIdOf(node: GraphNode | undefined): string | undefined {
  return node === undefined || node.kind === "spread" ? undefined : node.ownId;
}

/** A compiled run. */
export interface Graph {
  readonly version: typeof GRAPH_VERSION;
  readonly runKey: RunKey;
  readonly nodes: readonly GraphNode[];
  /** The node whose value is the run's result: a task or a join. */
  readonly result: number;
  /** The node whose id is the run's root id. */
  readonly root: number;
  /** What starts at once. */
  readonly starts: readonly StartToken[];
}

/** The number of nodes stored in one field. */
export const PAGE_SIZE = 256;

/** How many indices the stretches hold in all. */
export function countStretches(stretches: readonly IndexStretch[]): number {
  return stretches.reduce((sum, stretch) => sum + stretch.count, 0);
}

/** Gives the indices of stretches from the ordinal `from`, at most `most` of them. */
export function* stretchIndices(
  stretches: readonly IndexStretch[],
  from = 0,
  most = Number.POSITIVE_INFINITY,
): Generator<{ readonly index: number; readonly stretch: IndexStretch }> {
  let skip = from;
  let left = most;
  for (const stretch of stretches) {
    if (skip >= stretch.count) {
      skip -= stretch.count;
      continue;
    }
    for (let ordinal = skip; ordinal < stretch.count && left > 0; ordinal += 1, left -= 1) {
      yield { index: stretch.first + ordinal * stretch.stride, stretch };
    }
    skip = 0;
    if (left <= 0) return;
  }
}

/** Stretches that are being made. */
export type GrowingStretches = { -readonly [Field in keyof IndexStretch]: IndexStretch[Field] }[];

/** Appends an index, lengthening the last stretch where it fits. */
export function appendIndex(stretches: GrowingStretches, index: number, kind: "t" | "s", suffix: string): void {
  const last = stretches.at(-1);
  if (last !== undefined && last.kind === kind && last.suffix === suffix) {
    const stride = last.count === 1 ? index - last.first : last.stride;
    if (last.first + last.count * stride === index) {
      last.stride = stride;
      last.count += 1;
      return;
    }
  }
  stretches.push({ first: index, stride: 1, count: 1, kind, suffix });
}
