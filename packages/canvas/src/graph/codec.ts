/**
 * Graphs as text for the store: pages of nodes for workers, and one short line a join for scripts. One rule: names are
 * short and what says nothing is absent, because a run of 100,000 nodes is kept as this.
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
  readonly a?: readonly unknown[];
  readonly k?: Readonly<Record<string, unknown>>;
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
}

interface EncodedJoin extends EncodedEnding {
  readonly l: readonly EncodedStretch[];
  /** failFast */ readonly f?: readonly [spread: number, first: number, last: number];
  readonly c: number;
  readonly u?: string;
  readonly p?: number;
}

type EncodedNode = EncodedTask | EncodedSpread | EncodedJoin;

/** Gives what is stored once for the run. */
export function encodeMeta(graph: Graph): string {
  return JSON.stringify(metaOf(graph));
}

/** Gives what a worker must know of a graph beside its nodes. */
export function metaOf(graph: Graph): RunMeta {
  const root = graph.nodes[graph.root];
  const aliases = graph.nodes.flatMap((node) =>
    node.kind === "spread" || node.ownId === undefined ? [] : [node.ownId],
  );
  return {
    version: graph.version,
    nodeCount: graph.nodes.length,
    result: graph.result,
    root: graph.root,
    ...(root?.kind === "task" && root.ownId !== undefined ? { rootId: root.ownId } : {}),
    ...(aliases.length === 0 ? {} : { aliases }),
  };
}

/** Reads what `encodeMeta` wrote. @throws InvalidSignatureError when a newer version wrote it */
export function decodeMeta(text: string): RunMeta {
  const meta = JSON.parse(text) as RunMeta;
  if (meta.version <= GRAPH_VERSION) return meta;
  throw new InvalidSignatureError(
    `this run was stored by a newer version of umbel (graph version ${meta.version}, this one knows ${GRAPH_VERSION}); update this worker`,
  );
}

/** Gives the pages of nodes, in order, each as text; `base` is the first one's index. @throws SerializationError for arguments that JSON would change */
export function* encodePages(nodes: readonly GraphNode[], base = 0): Generator<string> {
  for (let from = 0; from < nodes.length; from += PAGE_SIZE) {
    const page = nodes.slice(from, from + PAGE_SIZE).map((node, offset) => encodeNode(node, base + from + offset));
    yield JSON.stringify(page);
  }
}

/** Reads a page. @param page its number, from 0 */
export function decodePage(text: string, page: number): GraphNode[] {
  const encoded = JSON.parse(text) as EncodedNode[];
  return encoded.map((node, offset) => decodeNode(node, page * PAGE_SIZE + offset));
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
  if (node.args.length > 0) {
    requireJson(node.args, `the list of arguments of task "${node.task}"`);
    encoded.a = node.args;
  }
  if (!isEmpty(node.kwargs)) {
    requireJson(node.kwargs, `the named arguments of task "${node.task}"`);
    encoded.k = node.kwargs;
  }
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

function decodeNode(node: EncodedNode, index: number): GraphNode {
  if ("s" in node) {
    const limit = node.q === undefined ? {} : { limit: node.q };
    return { kind: "spread", join: node.j, total: node.c, ...limit, starts: node.s.map(decodeStretch) };
  }
  const ending = {
    next: node.n ?? [],
    onError: node.e ?? [],
    join: node.j ?? -1,
    isTail: node.z === 1,
    deadEnd: index + (node.d ?? 0),
  };
  const named = {
    ...(node.u === undefined ? {} : { ownId: node.u }),
    ...(node.p === undefined ? {} : { parent: node.p }),
  };
  if ("l" in node) {
    const [spread = 0, first = 0, last = 0] = node.f ?? [];
    const failFast = node.f === undefined ? {} : { failFast: { spread, first, last } };
    return { kind: "join", size: node.c, tails: node.l.map(decodeStretch), ...failFast, ...named, ...ending };
  }
  return {
    kind: "task",
    task: node.t,
    ...(node.m === undefined ? {} : { mode: node.m }),
    args: node.a ?? [],
    kwargs: node.k ?? {},
    options: node.o ?? {},
    ...(node.i === undefined ? {} : { input: node.i }),
    ...(node.x === 1 ? { takesError: true } : {}),
    ...(node.g === undefined ? {} : { group: node.g }),
    ...named,
    ...ending,
  };
}

function encodeStretch(stretch: IndexStretch): EncodedStretch {
  return [stretch.first, stretch.stride, stretch.count, stretch.kind, stretch.suffix];
}

function decodeStretch([first, stride, count, kind, suffix]: EncodedStretch): IndexStretch {
  return { first, stride, count, kind, suffix };
}
