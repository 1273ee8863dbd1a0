/**
 * The nodes of a run for people: what each is, how it stands, when and where it ran. One rule: it is read in pages, and a
 * page costs the same however large the run is.
 */
import {
  type CallArguments,
  type Content,
  describePacked,
  type InspectOptions,
  nodeId,
  RunExpiredError,
  type RunKey,
  type RunNode,
  type State,
  UmbelError,
} from "@umbel/core";
import { type GraphNode, PAGE_SIZE, type TaskNode } from "../graph/graph.ts";
import type { NodeRecord, NodeTrack, StoredRun } from "../store/graph-store.ts";
import type { Runtime } from "./runtime.ts";

type Parts = Pick<Runtime, "store" | "results" | "content" | "lifeSigns">;

/** How many pages are read at once. */
const PAGES_AT_ONCE = 4;

/** Records of nodes that have an error to tell. */
const WITH_ERROR: readonly NodeRecord["kind"][] = ["failed", "joinFailed", "dead", "revoked", "ignored", "uncalled"];

/** Reads the nodes of a run, some pages at a time. @throws RunExpiredError */
export async function* readRunNodes(
  parts: Parts,
  runKey: RunKey,
  options: InspectOptions,
): AsyncGenerator<readonly RunNode[]> {
  const stored = await parts.store.describe(runKey);
  if (stored === undefined)
    throw new RunExpiredError(`run ${runKey} is not stored any more: it expired or was forgotten`);
  const { from = 0 } = options;
  const names = new Map<string, string | undefined>();
  for (let page = Math.floor(from / PAGE_SIZE); page < stored.pageCount; page += PAGES_AT_ONCE) {
    const count = Math.min(PAGES_AT_ONCE, stored.pageCount - page);
    const pages = await Promise.all(
      Array.from({ length: count }, (_, offset) => readPage(parts, runKey, stored, page + offset, options, names)),
    );
    const nodes = pages.flat();
    if (nodes.length > 0) yield nodes;
  }
}

interface PlacedNode {
  readonly index: number;
  readonly node: GraphNode & { readonly kind: "task" | "join" };
}

async function readPage(
  parts: Parts,
  runKey: RunKey,
  stored: StoredRun,
  page: number,
  options: InspectOptions,
  names: Map<string, string | undefined>,
): Promise<RunNode[]> {
  const { from = 0, values = false } = options;
  const graphNodes = (await parts.store.readPage(runKey, page)) ?? [];
  const placed = graphNodes.flatMap((node, offset): PlacedNode[] => {
    const index = page * PAGE_SIZE + offset;
    return node.kind === "spread" || index < from ? [] : [{ index, node }];
  });
  if (placed.length === 0) return [];
  const indices = placed.map(({ index }) => index);
  const [records, states, tracks] = await Promise.all([
    parts.store.readNodes(runKey, indices, { withPayloads: values }),
    parts.results.states(runKey, indices),
    parts.store.readTracks(runKey, indices),
  ]);
  // What an attempt added that was lost never runs, and is no part of the run.
  const isAdded = page * PAGE_SIZE >= stored.meta.nodeCount;
  if (isAdded && stored.endedAt !== undefined && records.every(({ kind }) => kind === "uncalled")) return [];
  const wanted = options.state === undefined ? undefined : new Set<State>([options.state].flat());
  const read: RunNode[] = [];
  for (const [position, { index, node }] of placed.entries()) {
    const state = states[position] ?? "PENDING";
    const record = records[position];
    if (record === undefined || (wanted !== undefined && !wanted.has(state))) continue;
    const track = tracks[position];
    const ended =
      WITH_ERROR.includes(record.kind) || record.kind === "running"
        ? await parts.results.read(runKey, index)
        : undefined;
    const { queue, stamps } = node.kind === "task" ? node.options : {};
    read.push({
      id: node.ownId ?? nodeId(runKey, index),
      index,
      kind: node.kind === "task" ? "task" : "group",
      ...(node.kind === "task" ? { task: node.task, ...shownArguments(parts.content, node) } : {}),
      ...(queue === undefined ? {} : { queue }),
      ...(stamps === undefined ? {} : { stamps }),
      state,
      attempts: attemptsOf(record, track),
      ...(await shownTrack(parts, track, names)),
      ...(ended?.error === undefined ? {} : { error: ended.error }),
      ...(ended?.info === undefined ? {} : { info: ended.info }),
      ...(values && record.kind === "succeeded" ? { value: parts.content.readResult(record.payload) } : {}),
    });
  }
  return read;
}

/** The arguments of a call; of those that cannot be read here, what they are. */
function shownArguments(content: Content, node: TaskNode): CallArguments {
  if (node.packed === undefined) return { args: node.args, kwargs: node.kwargs };
  try {
    return content.readArguments(node.task, node.packed);
  } catch (error) {
    if (!(error instanceof UmbelError)) throw error;
    return { args: [`(${describePacked(node.packed)})`], kwargs: {} };
  }
}

/** How often a node was begun. */
function attemptsOf(record: NodeRecord, track: NodeTrack | undefined): number {
  const { retries = 0, deliveries = 0 } = track ?? {};
  return retries + deliveries + (BEGUN.includes(record.kind) ? 1 : 0);
}

/** Records of nodes whose last attempt was begun. */
const BEGUN: readonly NodeRecord["kind"][] = ["succeeded", "failed", "ignored", "running", "replaced", "handedOver"];

type ShownTrack = Pick<RunNode, "readyAt" | "startedAt" | "endedAt" | "worker">;

async function shownTrack(
  { lifeSigns }: Parts,
  track: NodeTrack | undefined,
  names: Map<string, string | undefined>,
): Promise<ShownTrack> {
  if (track === undefined) return {};
  const { readyAt, startedAt, endedAt, holder } = track;
  if (holder !== undefined && !names.has(holder)) names.set(holder, await lifeSigns.nameOf(holder));
  const worker = holder === undefined ? undefined : names.get(holder);
  return {
    ...(readyAt === undefined ? {} : { readyAt: new Date(readyAt) }),
    ...(startedAt === undefined ? {} : { startedAt: new Date(startedAt) }),
    ...(endedAt === undefined ? {} : { endedAt: new Date(endedAt) }),
    ...(worker === undefined ? {} : { worker }),
  };
}
