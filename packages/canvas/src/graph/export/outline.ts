/**
 * A graph as people think of it: steps one behind the other, groups of such sequences, callbacks beside them. One rule:
 * each task and each join of the graph is in exactly one step; spreads are the engine's and in none.
 */
import { type GraphNode, type JoinNode, type StartToken, stretchIndices, type TaskNode } from "../graph.ts";

/** Steps that run one after another. */
export interface Sequence {
  readonly steps: readonly Step[];
}

/** What is started when a step ends. An errback may be called by several steps; they share this object. */
export interface Callback {
  readonly kind: "link" | "error";
  readonly sequence: Sequence;
}

/** How a step comes by what is before it: it begins its sequence, takes its value, or only runs after it. */
export type Coming = "first" | "value" | "after";

/** A task, a group, or what a task was replaced by; or many that are alike and drawn as one. */
export interface Step {
  /** The node; where many are drawn as one, the first of them. */
  readonly node: TaskNode | JoinNode;
  /** Of the tasks or joins that it stands for. */
  readonly indices: readonly number[];
  readonly coming: Coming;
  /** The many come one after another, and not side by side. */
  readonly inSeries: boolean;
  /** What runs side by side within it, or takes a task's place; `undefined` for a task. */
  readonly members: readonly Sequence[] | undefined;
  /** How many members each of the groups has that it stands for, before any were drawn as one. */
  readonly sizes: readonly number[];
  /** What it calls when it ends. */
  readonly calls: readonly Callback[];
  /** Those of `calls` that are drawn beside it: the last of a sequence that calls something holds it. */
  readonly holds: readonly Callback[];
}

/** What an outline is made of. */
export interface OutlineSource {
  /** Nodes by index; what was never committed may be absent. */
  readonly nodes: readonly (GraphNode | undefined)[];
  /** Where that begins which took a task's place. */
  replacementOf?(task: number): number | undefined;
  /** Where members begin that were added to a join. */
  additionsTo?(join: number): readonly number[];
}

/** Makes the outline of a run; it begins with node 0. */
export function outlineOf(source: OutlineSource): Sequence {
  return new Outliner(source).sequence(0);
}

/** A step whose callbacks are not told apart yet. */
type OpenStep = Omit<Step, "holds">;

class Outliner {
  readonly #source: OutlineSource;
  /** By the index at which they start. */
  readonly #callbacks = new Map<number, Callback>();

  constructor(source: OutlineSource) {
    this.#source = source;
  }

  /** Follows a sequence from its first node. */
  sequence(entry: number): Sequence {
    const steps: OpenStep[] = [];
    for (let at: number | undefined = entry; at !== undefined; ) {
      const [step, index] = this.#step(at, steps.length === 0);
      steps.push(step);
      at = successorOf(step.node, index);
    }
    return { steps: withHolders(steps) };
  }

  /** Gives the step that starts at a node, and the index of the node that ends it. */
  #step(entry: number, isFirst: boolean): readonly [OpenStep, number] {
    const node = this.#node(entry);
    if (node.kind === "spread") return [this.#group(entry, isFirst), node.join];
    if (node.kind === "join") throw new Error(`node ${entry} is a join, and nothing starts there`);
    const replacement = this.#source.replacementOf?.(entry);
    const step: OpenStep = {
      node,
      indices: [entry],
      coming: comingOf(isFirst, node.input !== undefined),
      inSeries: false,
      members: replacement === undefined ? undefined : [this.sequence(replacement)],
      sizes: replacement === undefined ? [] : [1],
      calls: this.#calls(node, entry),
    };
    return [step, entry];
  }

  #group(entry: number, isFirst: boolean): OpenStep {
    const spread = this.#node(entry);
    const index = spread.kind === "spread" ? spread.join : entry;
    const node = this.#node(index);
    if (spread.kind !== "spread" || node.kind !== "join") throw new Error(`node ${entry} is no group's beginning`);
    const members = [...stretchIndices(spread.starts)].map((start) => this.sequence(start.index));
    for (const start of this.#source.additionsTo?.(index) ?? []) members.push(this.sequence(start));
    return {
      node,
      indices: [index],
      coming: comingOf(isFirst, members.some(takesValue)),
      inSeries: false,
      members,
      sizes: [members.length],
      calls: this.#calls(node, index),
    };
  }

  #calls(node: TaskNode | JoinNode, index: number): readonly Callback[] {
    const links = node.next.map(indexOf).filter((next) => !isSuccessor(node, index, next));
    // The errbacks of a join are those of the steps that it leads to, and drawn there.
    const errbacks = node.kind === "task" ? node.onError.flatMap((token) => this.#startedBy(indexOf(token))) : [];
    return [
      ...links.map((start) => this.#callback("link", start)),
      ...errbacks.map((start) => this.#callback("error", start)),
    ];
  }

  /** What is started with a node: itself, or all that stands behind a spread which ends nothing. */
  #startedBy(index: number): readonly number[] {
    const node = this.#node(index);
    if (node.kind !== "spread" || node.join !== -1) return [index];
    return [...stretchIndices(node.starts)].map((start) => start.index);
  }

  #callback(kind: Callback["kind"], start: number): Callback {
    const known = this.#callbacks.get(start);
    if (known !== undefined) return known;
    const callback: Callback = { kind, sequence: this.sequence(start) };
    this.#callbacks.set(start, callback);
    return callback;
  }

  #node(index: number): GraphNode {
    const node = this.#source.nodes[index];
    if (node === undefined) throw new Error(`the graph has no node ${index}`);
    return node;
  }
}

/** The index that a start token leads to. */
function indexOf(token: StartToken): number {
  return Number.parseInt(token.slice(1), 10);
}

/** What a node leads to within its segment never runs when it fails; callbacks lie behind all of that. */
function isSuccessor(node: TaskNode | JoinNode, index: number, next: number): boolean {
  return next > index && next <= node.deadEnd;
}

function successorOf(node: TaskNode | JoinNode, index: number): number | undefined {
  return node.next.map(indexOf).find((next) => isSuccessor(node, index, next));
}

function comingOf(isFirst: boolean, takes: boolean): Coming {
  if (isFirst) return "first";
  return takes ? "value" : "after";
}

/** Whether a member takes the value of what is before its group. */
function takesValue({ steps: [first] }: Sequence): boolean {
  if (first === undefined) return false;
  return first.node.kind === "task" ? first.node.input !== undefined : (first.members ?? []).some(takesValue);
}

/** Lets the last step that calls something hold it. */
export function withHolders(steps: readonly OpenStep[]): Step[] {
  const [only] = steps;
  // Members of large groups are mostly such.
  if (only !== undefined && steps.length === 1) return [{ ...only, holds: only.calls }];
  const held = new Set<Callback>();
  const holders: Step[] = [];
  for (const step of [...steps].reverse()) {
    const holds = step.calls.filter((callback) => !held.has(callback));
    for (const callback of holds) held.add(callback);
    holders.push({ ...step, holds });
  }
  return holders.reverse();
}

/** Gives all sequences of an outline, each before those within it. */
export function* sequencesIn(outline: Sequence): Generator<Sequence> {
  const open = [outline];
  for (let sequence = open.pop(); sequence !== undefined; sequence = open.pop()) {
    yield sequence;
    const inner = sequence.steps.flatMap(innerSequences);
    for (const one of inner.reverse()) open.push(one);
  }
}

function innerSequences(step: Step): readonly Sequence[] {
  return [...(step.members ?? []), ...step.holds.map(({ sequence }) => sequence)];
}
