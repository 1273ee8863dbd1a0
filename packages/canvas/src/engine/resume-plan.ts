/**
 * What a run that is resumed or forked does again. Pure: a graph and what is known of its nodes come in. One rule: what has
 * succeeded and follows from nothing that runs again is kept, with all that tasks have added; everything else waits or starts.
 *
 * What starts is what is not kept and whose starter is. Members of a group that is not whole are handed out anew from a spread
 * of their own, with the group's limit, so that windows hold and a step in the middle of a member can be its beginning.
 */
import {
  appendIndex,
  type GraphNode,
  type GrowingStretches,
  type IndexStretch,
  type JoinNode,
  type SpreadNode,
  type StartToken,
  stretchIndices,
} from "../graph/graph.ts";
import type { JoinReset, NodeRecord } from "../store/graph-store.ts";

/** A run as it was left. */
export interface LeftRun {
  /** By index; pages that were promised to lost attempts are not there. */
  readonly nodes: readonly (GraphNode | undefined)[];
  /** How many nodes it was sent with. */
  readonly staticCount: number;
  readonly recordOf: (index: number) => NodeRecord;
  /** Tails that tasks have added to a join. */
  readonly addedTo: (join: number) => readonly number[];
}

/** Why a node is kept or not. */
export type Fate =
  | "kept"
  /** A task that was replaced, and what took its place is not whole. */
  | "replaced"
  /** It did not succeed: its record tells more. */
  | "unfinished"
  /** It is an errback, or follows from one: it is called when what it belongs to fails again. */
  | "errback"
  /** A fork begins with it. */
  | "chosen"
  /** A fork begins with something before it. */
  | "follows"
  /** It is no part of the run: added by an attempt that was lost, or in place of what runs again itself. */
  | "none";

/** What is to be done. */
export interface ResumePlan {
  readonly fateOf: (index: number) => Fate;
  /** Nodes that must be as if they had not run. */
  readonly again: readonly number[];
  /** Tasks that were replaced and run again themselves. */
  readonly unreplaced: readonly number[];
  readonly joins: readonly JoinReset[];
  /** Nodes that are added, the first of which stands at `firstNew`. */
  readonly spreads: readonly SpreadNode[];
  readonly starts: readonly StartToken[];
  /** Whether anything runs again. */
  readonly isEmpty: boolean;
}

/** How many starts one script takes; more are handed out from a spread that no join counts. */
const MOST_STARTS = 500;

/**
 * Plans a resume, or with `from` a fork.
 * @param firstNew the index of the first node that may be added
 * @param from the task that runs again whatever came of it
 */
export function planResume(run: LeftRun, firstNew: number, from?: number): ResumePlan {
  const plan = new Planner(run, firstNew);
  plan.decide(from);
  return plan.finish();
}

interface Starter {
  readonly kind: "next" | "error" | "member";
  readonly index: number;
}

class Planner {
  readonly #run: LeftRun;
  readonly #firstNew: number;
  readonly #starters = new Map<number, Starter>();
  /** The spread with which each group began. */
  readonly #spreads = new Map<number, number>();
  readonly #fates: Fate[] = [];
  /** Where parts begin that attempts have added, by what they were added to. */
  readonly #entries = new Map<number, number[]>();
  readonly #opened = new Map<number, boolean>();

  constructor(run: LeftRun, firstNew: number) {
    this.#run = run;
    this.#firstNew = firstNew;
    for (const [index, node] of run.nodes.entries()) {
      if (node === undefined || isOfResume(node)) continue;
      if (node.kind === "spread") this.#noteSpread(index, node);
      else {
        for (const token of node.next) this.#starters.set(indexIn(token), { kind: "next", index });
        for (const token of node.onError) this.#starters.set(indexIn(token), { kind: "error", index });
      }
    }
    for (const [index, node] of run.nodes.entries()) {
      if (index < run.staticCount || node === undefined || isOfResume(node) || node.kind === "join") continue;
      if (this.#starters.has(index)) continue;
      const owner = this.#contextOf(index, node);
      if (owner !== -1) this.#entries.set(owner, [...(this.#entries.get(owner) ?? []), index]);
    }
  }

  #noteSpread(index: number, spread: SpreadNode): void {
    for (const { index: member } of stretchIndices(spread.starts))
      this.#starters.set(member, { kind: "member", index });
    if (spread.join !== -1 && !isOfAdded(spread, index)) this.#spreads.set(spread.join, index);
  }

  /** The join that hears of what starts here; -1 for none. */
  #contextOf(index: number, node: GraphNode): number {
    if (node.kind !== "spread") return node.join;
    if (node.join === -1 || isOfAdded(node, index)) return node.join;
    const join = this.#run.nodes[node.join];
    return join === undefined || join.kind === "spread" ? -1 : join.join;
  }

  /** Says of each node whether it is kept. */
  decide(from: number | undefined): void {
    const { nodes } = this.#run;
    for (const index of nodes.keys()) this.#fates[index] = this.#firstFate(index);
    if (from !== undefined) {
      this.#spoil([from], "follows");
      this.#fates[from] = "chosen";
    }
    const errbacks: number[] = [];
    for (const node of nodes) {
      if (node !== undefined && node.kind !== "spread") for (const token of node.onError) errbacks.push(indexIn(token));
    }
    this.#spoil(errbacks, "errback");
    // What is added in place of a task that runs again itself, or by a lost attempt, is no part of the run.
    for (const [index, node] of nodes.entries()) {
      if (node === undefined || index < this.#run.staticCount) continue;
      if (!this.#isCommitted(index)) this.#fates[index] = "none";
    }
  }

  #firstFate(index: number): Fate {
    const node = this.#run.nodes[index];
    if (node === undefined || isOfResume(node)) return "none";
    if (node.kind === "spread") return "kept";
    return this.#hasSucceeded(index) ? "kept" : this.#isReplaced(index) ? "replaced" : "unfinished";
  }

  #hasSucceeded(index: number): boolean {
    for (let record = this.#run.recordOf(index); ; record = this.#run.recordOf(record.by)) {
      if (record.kind !== "replaced" && record.kind !== "handedOver") {
        return record.kind === "succeeded" || record.kind === "joined";
      }
    }
  }

  #isReplaced(index: number): boolean {
    const { kind } = this.#run.recordOf(index);
    return kind === "replaced" || kind === "handedOver";
  }

  /** Gives nodes, and all that follows from them, a fate. */
  #spoil(from: readonly number[], fate: Fate): void {
    const open = [...from];
    const seen = new Set<number>();
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      const node = this.#run.nodes[index];
      if (node === undefined || seen.has(index)) continue;
      seen.add(index);
      this.#fates[index] = fate;
      if (node.kind === "spread") {
        for (const { index: member } of stretchIndices(node.starts)) open.push(member);
        if (node.join !== -1) open.push(node.join);
        continue;
      }
      for (const token of [...node.next, ...node.onError]) open.push(indexIn(token));
      if (node.join !== -1) open.push(node.join);
    }
  }

  /** Whether a node that was added belongs to the run: its attempt was settled, and what it was added to is not run anew. */
  #isCommitted(index: number): boolean {
    const node = this.#run.nodes[index];
    if (node === undefined || isOfResume(node)) return false;
    const entry = this.#entryOf(index);
    if (entry === undefined) return false;
    const entryNode = this.#run.nodes[entry];
    const owner = entryNode === undefined ? -1 : this.#contextOf(entry, entryNode);
    const record = this.#run.recordOf(owner);
    const isReplacement = record.kind === "replaced" || record.kind === "handedOver";
    const fate = this.#fates[owner];
    // A replaced task that is chosen, or follows from what is, runs itself.
    if (isReplacement && (fate === "chosen" || fate === "follows" || fate === "errback" || fate === "none"))
      return false;
    if (fate === "none") return false;
    const tails = isReplacement ? [record.by] : this.#run.addedTo(owner);
    const next = (this.#entries.get(owner) ?? []).find((other) => other > entry) ?? Number.POSITIVE_INFINITY;
    return tails.some((tail) => entry <= tail && tail < next);
  }

  /** The node with which the part begins that a node was added with. */
  #entryOf(index: number): number | undefined {
    let at = index;
    for (;;) {
      const node = this.#run.nodes[at];
      if (node?.kind === "join") {
        const spread = this.#spreads.get(at);
        if (spread === undefined) return undefined;
        at = spread;
        continue;
      }
      const starter = this.#starters.get(at);
      if (starter === undefined) return at;
      at = starter.index;
    }
  }

  #isKept(index: number): boolean {
    return this.#fates[index] === "kept";
  }

  finish(): ResumePlan {
    const { nodes, recordOf } = this.#run;
    const again: number[] = [];
    const unreplaced: number[] = [];
    const joins: JoinReset[] = [];
    const tokens = new Map<number, StartToken[]>();
    const note = (context: number, token: StartToken): void => {
      const known = tokens.get(context);
      if (known === undefined) tokens.set(context, [token]);
      else known.push(token);
    };
    const open: number[] = [];
    for (const [index, node] of nodes.entries()) {
      const fate = this.#fates[index];
      if (node === undefined || node.kind === "spread" || fate === "kept") continue;
      // What is no part of the run any more is as if it had never run, too.
      if (hasRecord(recordOf(index))) again.push(index);
      if (fate === "none") continue;
      if (node.kind === "join") {
        open.push(index);
        continue;
      }
      if (fate !== "replaced" && this.#isReplaced(index)) unreplaced.push(index);
      if (fate === "replaced") open.push(index);
      else if (this.#starts(index)) note(node.join, `t${index}`);
    }
    const spreads: SpreadNode[] = [];
    const depth = this.#depths(open);
    open.sort((one, other) => (depth.get(other) ?? 0) - (depth.get(one) ?? 0) || one - other);
    for (const index of open) {
      const node = nodes[index];
      const own = tokens.get(index) ?? [];
      tokens.delete(index);
      if (node?.kind === "task") {
        const record = recordOf(index);
        const tail = record.kind === "replaced" || record.kind === "handedOver" ? record.by : undefined;
        joins.push({ index, missing: 1, ...(tail === undefined ? {} : { replaced: { node, tail } }) });
        for (const token of own) note(node.join, token);
      } else if (node?.kind === "join") joins.push(this.#resetJoin(index, node, own, spreads, note));
    }
    const starts = tokens.get(-1) ?? [];
    return {
      fateOf: (index) => this.#fates[index] ?? "none",
      again,
      unreplaced,
      joins,
      spreads,
      starts: starts.length <= MOST_STARTS ? starts : [this.#spreadOfStarts(starts, spreads)],
      isEmpty: starts.length === 0,
    };
  }

  /** How deep joins and replaced tasks stand in one another. */
  #depths(indices: readonly number[]): ReadonlyMap<number, number> {
    const depths = new Map<number, number>([[-1, 0]]);
    for (const index of indices) {
      const path: number[] = [];
      let at = index;
      while (!depths.has(at)) {
        path.push(at);
        const node = this.#run.nodes[at];
        at = node === undefined || node.kind === "spread" ? -1 : node.join;
      }
      let depth = depths.get(at) ?? 0;
      for (const step of path.reverse()) {
        depth += 1;
        depths.set(step, depth);
      }
    }
    return depths;
  }

  #resetJoin(
    index: number,
    node: JoinNode,
    own: readonly StartToken[],
    spreads: SpreadNode[],
    note: (context: number, token: StartToken) => void,
  ): JoinReset {
    const added = this.#committedAdditions(index);
    const tails = [...[...stretchIndices(node.tails)].map((tail) => tail.index), ...added];
    const missing = tails.filter((tail) => !this.#isKept(tail)).length;
    const reset = { index, missing, added };
    const spread = this.#spreads.get(index);
    const original = spread === undefined ? undefined : this.#run.nodes[spread];
    if (spread === undefined || original?.kind !== "spread" || !this.#isOpened(spread)) return reset;
    if (missing === 0 && original.total > 0) {
      // All members have ended, and no script had room to end the group itself.
      note(node.join, `s${index}`);
      return reset;
    }
    if (own.length === 0 && original.total > 0) return reset;
    if (isWhole(original, own)) {
      note(node.join, `s${spread}`);
      return { ...reset, spread };
    }
    const place = this.#firstNew + spreads.length;
    const { alike, limit } = original;
    spreads.push({
      kind: "spread",
      join: index,
      total: own.length,
      ...(limit === undefined ? {} : { limit }),
      ...(alike === undefined || added.length > 0 ? {} : { alike }),
      starts: stretchesOf(own),
      again: true,
    });
    note(node.join, `s${place}`);
    return { ...reset, spread: place };
  }

  #committedAdditions(join: number): readonly number[] {
    return this.#run.addedTo(join).filter((tail) => this.#fates[tail] !== "none");
  }

  #spreadOfStarts(starts: readonly StartToken[], spreads: SpreadNode[]): StartToken {
    const place = this.#firstNew + spreads.length;
    const all = stretchesOf(starts);
    spreads.push({ kind: "spread", join: -1, total: starts.length, starts: all, again: true });
    return `s${place}`;
  }

  /** Whether a task that is not kept starts at once. */
  #starts(index: number): boolean {
    if (this.#fates[index] === "errback") return false;
    const starter = this.#starters.get(index);
    if (starter === undefined) return true;
    switch (starter.kind) {
      case "next":
        return this.#isKept(starter.index);
      case "error":
        return false;
      case "member":
        return this.#isOpened(starter.index);
    }
  }

  /** Whether members of a spread are to be handed out, or were. */
  #isOpened(spread: number): boolean {
    const known = this.#opened.get(spread);
    if (known !== undefined) return known;
    // Groups stand in one another, the inner ones as members of the outer ones.
    const path: number[] = [];
    let isOpened = true;
    for (let at = spread; ; ) {
      path.push(at);
      if (this.#fates[at] === "errback") {
        isOpened = false;
        break;
      }
      const starter = this.#starters.get(at);
      if (starter === undefined) break;
      if (starter.kind !== "member") {
        isOpened = starter.kind === "next" && this.#isKept(starter.index);
        break;
      }
      const before = this.#opened.get(starter.index);
      if (before !== undefined) {
        isOpened = before;
        break;
      }
      at = starter.index;
    }
    for (const at of path) this.#opened.set(at, isOpened);
    return isOpened;
  }
}

/** Whether a spread was made by a resume. Those of earlier ones have no meaning any more. */
function isOfResume(node: GraphNode): boolean {
  return node.kind === "spread" && node.again === true;
}

/** Members that were added lead to a join that was there before them. */
function isOfAdded({ join }: SpreadNode, index: number): boolean {
  return join !== -1 && join < index;
}

/** Whether tokens are all members of a spread, from their beginnings. */
function isWhole(spread: SpreadNode, tokens: readonly StartToken[]): boolean {
  if (tokens.length !== spread.total) return false;
  const members = new Set([...stretchIndices(spread.starts)].map(({ index, stretch }) => `${stretch.kind}${index}`));
  return tokens.every((token) => members.has(token));
}

function stretchesOf(tokens: readonly StartToken[]): readonly IndexStretch[] {
  const stretches: GrowingStretches = [];
  const sorted = tokens.map((token) => [indexIn(token), token[0] === "s" ? "s" : "t"] as const);
  sorted.sort(([one], [other]) => one - other);
  for (const [index, kind] of sorted) appendIndex(stretches, index, kind, "");
  return stretches;
}

/** Whether something is stored for a node. */
function hasRecord({ kind }: NodeRecord): boolean {
  return !["waiting", "uncalled", "dead", "unknown"].includes(kind);
}

function indexIn(token: StartToken): number {
  return Number.parseInt(token.slice(1), 10);
}
