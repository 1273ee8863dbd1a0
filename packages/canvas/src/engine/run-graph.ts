/**
 * The graph of a run as it is now, with the states of all its nodes, read in pages and without values. One rule: a state
 * here is the one that `results.ts` gives for the node.
 */
import { RunExpiredError, type RunKey, type State, UnknownTaskIdError } from "@umbel/core";
import { draw, type ExportGraphOptions, type RunGraphFormat } from "../graph/export/export-graph.ts";
import type { OutlineSource } from "../graph/export/outline.ts";
import { type GraphNode, PAGE_SIZE, type SpreadNode, stretchIndices } from "../graph/graph.ts";
import type { NodeRecord } from "../store/graph-store.ts";
import { findNode } from "./find-node.ts";
import type { Runtime } from "./runtime.ts";

/** A run's graph, with what was added to it, and the state of each node. */
export interface RunGraph {
  readonly source: OutlineSource;
  readonly stateOf: (index: number) => State;
}

/** How many pages, and how many states, are read at once. */
const PAGES_AT_ONCE = 8;
const STATES_AT_ONCE = 4000;

type Store = Runtime["store"];
type Nodes = readonly (GraphNode | undefined)[];
type Records = ReadonlyMap<number, NodeRecord>;

/** Draws the run that an id belongs to. @throws UnknownTaskIdError, RunExpiredError */
export async function drawRun(
  runtime: Runtime,
  id: string,
  options: ExportGraphOptions<RunGraphFormat>,
): Promise<string> {
  const node = await findNode(runtime, id);
  if (node === undefined)
    throw new UnknownTaskIdError(`there is no task with the id "${id}", so its run cannot be drawn`);
  const { source, stateOf } = await readRunGraph(runtime.store, node.runKey);
  return draw(source, options, { runKey: node.runKey, states: stateOf });
}

/** Reads a run. @throws RunExpiredError when it is not stored any more */
export async function readRunGraph(store: Store, runKey: RunKey): Promise<RunGraph> {
  const { exists, pageCount, openSpreads } = await store.inspect(runKey);
  if (!exists) throw new RunExpiredError(`run ${runKey} is not stored any more: it expired or was forgotten`);
  const nodes = await readNodes(store, runKey, pageCount);
  const records = await readRecords(store, runKey, nodes);
  const spreads = new Set(openSpreads.map(({ spread }) => spread));
  const additions = findAdditions(nodes, (index) => hasBegun(records.get(index)) || spreads.has(index));
  return {
    source: {
      nodes,
      replacementOf: (task) => additions.get(task)?.[0],
      additionsTo: (join) => additions.get(join) ?? [],
    },
    stateOf: (index) => stateOf(index, records),
  };
}

/** Gives nodes by index; pages that were promised to attempts which were lost are not there. */
export async function readNodes(store: Store, runKey: RunKey, pageCount: number): Promise<Nodes> {
  const nodes: (GraphNode | undefined)[] = [];
  for (let from = 0; from < pageCount; from += PAGES_AT_ONCE) {
    const numbers = Array.from({ length: Math.min(PAGES_AT_ONCE, pageCount - from) }, (_, offset) => from + offset);
    const pages = await Promise.all(numbers.map((page) => store.readPage(runKey, page)));
    for (const [position, page] of pages.entries()) {
      const first = (from + position) * PAGE_SIZE;
      for (const [offset, node] of (page ?? []).entries()) nodes[first + offset] = node;
    }
  }
  return nodes;
}

/** Gives what is stored of all tasks and groups, without values. */
export async function readRecords(store: Store, runKey: RunKey, nodes: Nodes): Promise<Records> {
  const records = new Map<number, NodeRecord>();
  const indices = [...nodes.keys()].filter((index) => nodes[index] !== undefined && nodes[index]?.kind !== "spread");
  for (let from = 0; from < indices.length; from += STATES_AT_ONCE) {
    const some = indices.slice(from, from + STATES_AT_ONCE);
    const read = await store.readNodes(runKey, some, { withPayloads: false });
    for (const [position, index] of some.entries()) {
      const record = read[position];
      if (record !== undefined) records.set(index, record);
    }
  }
  return records;
}

function stateOf(index: number, records: Records): State {
  const record = records.get(index);
  switch (record?.kind) {
    case "succeeded":
    case "joined":
      return "SUCCESS";
    case "failed":
    case "joinFailed":
      return "FAILURE";
    case "revoked":
    case "uncalled":
      return "REVOKED";
    case "ignored":
      return "IGNORED";
    case "replaced":
    case "handedOver":
      return stateOf(record.by, records);
    case "dead":
      // What was revoked or ignored has not failed: what comes after it is revoked.
      return stateOf(record.cause, records) === "FAILURE" ? "FAILURE" : "REVOKED";
    case "running":
      return record.state ?? "STARTED";
    case "dispatched":
      return record.retries > 0 ? "RETRY" : "PENDING";
    case "waiting":
    case "forgotten":
    case "unknown":
    case undefined:
      return "PENDING";
  }
}

/** Whether something has happened to a node, which shows that its attempt was settled. */
function hasBegun(record: NodeRecord | undefined): boolean {
  return !["waiting", "uncalled", "unknown"].includes(record?.kind ?? "waiting");
}

/**
 * Gives, by the replaced task or the join, where the nodes begin that attempts added; those of lost attempts are left out.
 * @param hasStarted whether something has happened to a node, or it is a spread that is open
 */
export function findAdditions(
  nodes: Nodes,
  hasStarted: (index: number) => boolean,
): ReadonlyMap<number, readonly number[]> {
  const additions = new Map<number, number[]>();
  const entries = entriesOf(nodes);
  for (const [position, entry] of entries.entries()) {
    const owner = ownerOf(nodes, entry);
    const end = entries[position + 1] ?? nodes.length;
    // What settles an attempt starts what it added in the same step.
    let isCommitted = false;
    for (let index = entry; index < end && !isCommitted; index += 1) {
      isCommitted = hasStarted(index);
    }
    if (owner === undefined || !isCommitted) continue;
    const known = additions.get(owner) ?? [];
    for (const beginning of beginningsAt(nodes, entry)) known.push(beginning);
    additions.set(owner, known);
  }
  return additions;
}

/** Each part begins with a page of its own, and nothing within it leads to its first node. */
function entriesOf(nodes: Nodes): readonly number[] {
  const reached = new Set<number>([0]);
  const reach = (index: number): void => {
    if (index % PAGE_SIZE === 0) reached.add(index);
  };
  for (const node of nodes) {
    if (node === undefined) continue;
    if (node.kind === "spread" && node.again !== true) {
      reach(node.join);
      for (const { first, stride, count } of node.starts) {
        for (let ordinal = 0; ordinal < count; ordinal += 1) reach(first + ordinal * stride);
      }
    } else if (node.kind !== "spread")
      for (const token of [...node.next, ...node.onError]) reach(Number.parseInt(token.slice(1), 10));
  }
  const entries: number[] = [];
  for (let index = PAGE_SIZE; index < nodes.length; index += PAGE_SIZE) {
    const node = nodes[index];
    // What a resume hands out anew was there before it.
    if (node === undefined || reached.has(index) || (node.kind === "spread" && node.again === true)) continue;
    entries.push(index);
  }
  return entries;
}

/** The join that counts what begins at a node: a task that it replaced, or a group that it was added to. */
function ownerOf(nodes: Nodes, entry: number): number | undefined {
  const node = nodes[entry];
  if (node?.kind === "spread" && isOfAdded(node, entry)) return node.join;
  const first = node?.kind === "spread" ? nodes[node.join] : node;
  return first === undefined || first.kind === "spread" || first.join === -1 ? undefined : first.join;
}

/** Where what was added begins: several members at once have a spread of their own. */
function beginningsAt(nodes: Nodes, entry: number): number[] {
  const node = nodes[entry];
  if (node?.kind !== "spread" || !isOfAdded(node, entry)) return [entry];
  return [...stretchIndices(node.starts)].map(({ index }) => index);
}

/** Members that were added lead to a join that was there before them. */
function isOfAdded({ join }: SpreadNode, index: number): boolean {
  return join !== -1 && join < index;
}
