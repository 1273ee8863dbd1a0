/**
 * Graphs as text for the store: pages of nodes for workers, and one short line a join for scripts. One rule: names are
 * short, what says nothing is absent, and tasks of one page that differ in their arguments alone are written once with
 * a list of those, because a run of 1,000,000 nodes is kept as this.
 */
import { InvalidSignatureError, requireJson } from "@umbel/core";
import {
  type Ending,
  GRAPH_VERSION,
  type Graph,
  type GraphNode,
  type IndexStretch,
  type JoinNode,
  PAGE_SIZE,
  type TaskNode,
} from "./graph.ts";

/** What a worker must know of a run beside its nodes. */
export interface RunMeta {
  readonly version: number;
  readonly nodeCount: number;
  readonly result: number;
  readonly root: number;
  /** The root's own id, where its author gave it one. */
  readonly rootId?: string;
  /** Ids that people gave themselves. */
  readonly aliases?: readonly string[];
  readonly labels?: RunLabels;
}

/** What people are told of a run as a whole. */
export interface RunLabels {
  /** The task that it begins with. */
  readonly task: string;
  readonly name?: string;
  /** The file of its flow, where it has one. */
  readonly flow?: string;
  /** The process that sent it, as `pid@host`. */
  readonly origin?: string;
  /** The result's own id, where its author gave it one. */
  readonly resultId?: string;
  /** The result is a group's. */
  readonly isGroup?: true;
  /** Modules that define its tasks, as paths. */
  readonly modules?: readonly string[];
  /** The queue that only the process serves which sent it. */
  readonly ownQueue?: string;
  /** The id of the run that it was forked from. */
  readonly forkOf?: string;
}

type EncodedStretch = readonly [first: number, stride: number, count: number, kind: "t" | "s", suffix: string];

interface EncodedEnding {
  /** next */ readonly n?: readonly string[];
  /** onError */ readonly e?: readonly string[];
  /** join */ readonly j?: number;
  /** isTail */ readonly z?: 1;
  /** how far behind the node its deadEnd is */ readonly d?: number;
}

interface EncodedTask extends EncodedEnding {
  readonly t: string;
  readonly m?: NonNullable<TaskNode["mode"]>;
  /** each */ readonly v?: NonNullable<TaskNode["each"]>;
  readonly a?: readonly unknown[];
  readonly k?: Readonly<Record<string, unknown>>;
  /** packed */ readonly b?: string;
  readonly o?: TaskNode["options"];
  readonly i?: number;
  readonly x?: 1;
  readonly u?: string;
  readonly p?: number;
  readonly g?: number;
}

interface EncodedSpread {
  readonly s: readonly EncodedStretch[];
  readonly j: number;
  readonly c: number;
  /** limit */ readonly q?: number;
  /** alike: task and options */ readonly t?: string;
  readonly o?: TaskNode["options"];
  /** again */ readonly y?: 1;
}

interface EncodedJoin extends EncodedEnding {
  readonly l: readonly EncodedStretch[];
  /** failFast */ readonly f?: readonly [spread: number, first: number, last: number];
  readonly c: number;
  readonly u?: string;
  readonly p?: number;
}

/** Tasks behind one another that differ in their arguments alone. */
interface EncodedAlike {
  /** What they share. */
  readonly r: EncodedTask;
  /** How many arguments each has. */
  readonly w: number;
  /** How many there are. */
  readonly c: number;
  /** The arguments of all, in one list. */
  readonly b: readonly unknown[];
}

type EncodedNode = EncodedTask | EncodedSpread | EncodedJoin | EncodedAlike;

/** Gives what is stored once for the run. */
export function encodeMeta(graph: Graph): string {
  return JSON.stringify(metaOf(graph));
}

/** Gives what a worker must know of a graph beside its nodes. */
export function metaOf(graph: Graph): RunMeta {
  const root = graph.nodes[graph.root];
  const aliases: string[] = [];
  for (const node of graph.nodes) if (node.kind !== "spread" && node.ownId !== undefined) aliases.push(node.ownId);
  return {
    version: graph.version,
    nodeCount: graph.nodes.length,
    result: graph.result,
    root: graph.root,
    ...(root?.kind === "task" && root.ownId !== undefined ? { rootId: root.ownId } : {}),
    ...(aliases.length === 0 ? {} : { aliases }),
  };
}

/** A meta with what people are told of the run. */
export function labelled(meta: RunMeta, labels: RunLabels | undefined): RunMeta {
  return labels === undefined ? meta : { labels, ...meta };
}

/** Reads what `encodeMeta` wrote. @throws InvalidSignatureError when another version wrote it, whose pages are not the same */
export function decodeMeta(text: string): RunMeta {
  const meta = JSON.parse(text) as RunMeta;
  if (meta.version === GRAPH_VERSION) return meta;
  throw new InvalidSignatureError(otherVersion(meta.version));
}

/** Takes the place of a run of another version, which is there but cannot be read. @throws any other error */
export function keepForeign(error: unknown): "foreign" {
  if (error instanceof InvalidSignatureError) return "foreign";
  throw error;
}

/** Says that a run was stored by another version, and what to do. */
export function otherVersion(version: number): string {
  const [age, advice] =
    version > GRAPH_VERSION
      ? ["a newer", "update this worker"]
      : ["an older", "workers of that version can end it, or send it again"];
  return `this run was stored by ${age} version of umbel (graph version ${version}, this one knows ${GRAPH_VERSION}); ${advice}`;
}

/** Gives the pages of nodes, in order, each as text; `base` is the first one's index. @throws SerializationError for arguments that JSON would change */
export function* encodePages(nodes: readonly GraphNode[], base = 0): Generator<string> {
  for (let from = 0; from < nodes.length; from += PAGE_SIZE) {
    const end = Math.min(from + PAGE_SIZE, nodes.length);
    const page: EncodedNode[] = [];
    for (let at = from; at < end; ) {
      const alike = countAlike(nodes, base, at, end);
      const node = nodes[at];
      if (node === undefined) break;
      page.push(
        alike > 1 && node.kind === "task"
          ? encodeAlike(node, base + at, nodes.slice(at, at + alike) as readonly TaskNode[])
          : encodeNode(node, base + at),
      );
      at += alike;
    }
    yield JSON.stringify(page);
  }
}

/** How many nodes from `at` on, and before `end`, are tasks that differ in their arguments alone. */
function countAlike(nodes: readonly GraphNode[], base: number, at: number, end: number): number {
  const first = nodes[at];
  let next = at + 1;
  if (first?.kind !== "task" || !isEmpty(first.kwargs) || first.packed !== undefined) return 1;
  for (let node = nodes[next]; next < end && node?.kind === "task"; node = nodes[next]) {
    if (!isAlike(first, base + at, node, base + next)) break;
    next += 1;
  }
  return next - at;
}

function isAlike(one: TaskNode, oneIndex: number, other: TaskNode, otherIndex: number): boolean {
  return (
    one.task === other.task &&
    one.options === other.options &&
    one.args.length === other.args.length &&
    one.join === other.join &&
    one.isTail === other.isTail &&
    one.group === other.group &&
    one.parent === other.parent &&
    one.input === other.input &&
    one.mode === other.mode &&
    one.each === other.each &&
    one.takesError === other.takesError &&
    one.next.length === 0 &&
    other.next.length === 0 &&
    one.onError.length === 0 &&
    other.onError.length === 0 &&
    one.deadEnd - oneIndex === other.deadEnd - otherIndex &&
    one.ownId === undefined &&
    other.ownId === undefined &&
    other.packed === undefined &&
    isEmpty(other.kwargs)
  );
}

function encodeAlike(first: TaskNode, index: number, all: readonly TaskNode[]): EncodedAlike {
  const args: unknown[] = [];
  for (const node of all) {
    let isPlain = Array.isArray(node.args);
    for (const arg of node.args) {
      isPlain &&= typeof arg === "number" ? Number.isFinite(arg) : typeof arg === "string";
      args.push(arg);
    }
    if (!isPlain) requireJson(node.args, `the list of arguments of task "${node.task}"`);
  }
  return { r: encodeTask({ ...first, args: [] }, index), w: first.args.length, c: all.length, b: args };
}

/** Reads a page. @param page its number, from 0 */
export function decodePage(text: string, page: number): GraphNode[] {
  const nodes: GraphNode[] = [];
  const base = page * PAGE_SIZE;
  for (const encoded of JSON.parse(text) as EncodedNode[]) {
    if ("r" in encoded) decodeAlike(encoded, base + nodes.length, nodes);
    else nodes.push(decodeNode(encoded, base + nodes.length));
  }
  return nodes;
}

function decodeAlike(
  { r: shared, w: width, c: count, b: args }: EncodedAlike,
  index: number,
  nodes: GraphNode[],
): void {
  const first = decodeTask(shared, index);
  for (let offset = 0; offset < count; offset += 1) {
    const from = offset * width;
    nodes.push({ ...first, args: args.slice(from, from + width), deadEnd: first.deadEnd + offset });
  }
}

/**
 * What a script must know of a join: `outer join,is tail,dead end|next,…|onError,…|`, and behind the last bar the node
 * that a replaced task stands for; behind another, `f` and what is revoked when a member fails: spread, first and last node.
 */
export function encodeJoinRecord(join: Ending & Pick<JoinNode, "failFast">, standsFor?: number): string {
  const { failFast } = join;
  const siblings = failFast === undefined ? "" : `|f${failFast.spread},${failFast.first},${failFast.last}`;
  return `${join.join},${join.isTail ? 1 : 0},${join.deadEnd}|${join.next.join(",")}|${join.onError.join(",")}|${standsFor ?? ""}${siblings}`;
}

type Writable<Fields> = { -readonly [Name in keyof Fields]: Fields[Name] };

function encodeNode(node: GraphNode, index: number): EncodedNode {
  switch (node.kind) {
    case "task":
      return encodeTask(node, index);
    case "spread":
      return {
        s: node.starts.map(encodeStretch),
        j: node.join,
        c: node.total,
        ...(node.limit === undefined ? {} : { q: node.limit }),
        ...(node.alike === undefined ? {} : { t: node.alike.task, o: node.alike.options }),
        ...(node.again === undefined ? {} : { y: 1 }),
      };
    case "join": {
      const encoded: Writable<EncodedJoin> = { l: node.tails.map(encodeStretch), c: node.size };
      if (node.failFast !== undefined) encoded.f = [node.failFast.spread, node.failFast.first, node.failFast.last];
      if (node.ownId !== undefined) encoded.u = node.ownId;
      if (node.parent !== undefined) encoded.p = node.parent;
      encodeEnding(encoded, node, index);
      return encoded;
    }
  }
}

function encodeTask(node: TaskNode, index: number): EncodedTask {
  const encoded: Writable<EncodedTask> = { t: node.task };
  if (node.mode !== undefined) encoded.m = node.mode;
  if (node.each !== undefined) {
    requireJson(node.each, "what `each` runs");
    encoded.v = node.each;
  }
  if (node.args.length > 0) {
    requireJson(node.args, `the list of arguments of task "${node.task}"`);
    encoded.a = node.args;
  }
  if (!isEmpty(node.kwargs)) {
    requireJson(node.kwargs, `the named arguments of task "${node.task}"`);
    encoded.k = node.kwargs;
  }
  if (node.packed !== undefined) encoded.b = node.packed;
  if (!isEmpty(node.options)) encoded.o = node.options;
  if (node.input !== undefined) encoded.i = node.input;
  if (node.takesError) encoded.x = 1;
  if (node.ownId !== undefined) encoded.u = node.ownId;
  if (node.parent !== undefined) encoded.p = node.parent;
  if (node.group !== undefined) encoded.g = node.group;
  encodeEnding(encoded, node, index);
  return encoded;
}

function encodeEnding(encoded: Writable<EncodedEnding>, node: TaskNode | JoinNode, index: number): void {
  if (node.next.length > 0) encoded.n = node.next;
  if (node.onError.length > 0) encoded.e = node.onError;
  if (node.join !== -1) encoded.j = node.join;
  if (node.isTail) encoded.z = 1;
  if (node.deadEnd !== index) encoded.d = node.deadEnd - index;
}

function isEmpty(fields: object): boolean {
  for (const _name in fields) return false;
  return true;
}

function decodeNode(node: EncodedTask | EncodedSpread | EncodedJoin, index: number): GraphNode {
  if ("s" in node) {
    const limit = node.q === undefined ? {} : { limit: node.q };
    const alike = node.t === undefined ? {} : { alike: { task: node.t, options: node.o ?? {} } };
    const again = node.y === undefined ? {} : ({ again: true } as const);
    const starts = node.s.map(decodeStretch);
    return { kind: "spread", join: node.j, total: node.c, ...limit, ...alike, starts, ...again };
  }
  if ("l" in node) {
    const [spread = 0, first = 0, last = 0] = node.f ?? [];
    const failFast = node.f === undefined ? {} : { failFast: { spread, first, last } };
    return {
      kind: "join",
      size: node.c,
      tails: node.l.map(decodeStretch),
      ...failFast,
      ...named(node),
      ...ending(node, index),
    };
  }
  return decodeTask(node, index);
}

function decodeTask(node: EncodedTask, index: number): TaskNode {
  return {
    kind: "task",
    task: node.t,
    ...(node.m === undefined ? {} : { mode: node.m }),
    ...(node.v === undefined ? {} : { each: node.v }),
    args: node.a ?? [],
    kwargs: node.k ?? {},
    ...(node.b === undefined ? {} : { packed: node.b }),
    options: node.o ?? {},
    ...(node.i === undefined ? {} : { input: node.i }),
    ...(node.x === 1 ? { takesError: true } : {}),
    ...(node.g === undefined ? {} : { group: node.g }),
    ...named(node),
    ...ending(node, index),
  };
}

function ending(node: EncodedEnding, index: number): Ending {
  return {
    next: node.n ?? [],
    onError: node.e ?? [],
    join: node.j ?? -1,
    isTail: node.z === 1,
    deadEnd: index + (node.d ?? 0),
  };
}

function named({ u: ownId, p: parent }: EncodedTask | EncodedJoin): Pick<TaskNode, "ownId" | "parent"> {
  return { ...(ownId === undefined ? {} : { ownId }), ...(parent === undefined ? {} : { parent }) };
}

function encodeStretch(stretch: IndexStretch): EncodedStretch {
  return [stretch.first, stretch.stride, stretch.count, stretch.kind, stretch.suffix];
}

function decodeStretch([first, stride, count, kind, suffix]: EncodedStretch): IndexStretch {
  return { first, stride, count, kind, suffix };
}
