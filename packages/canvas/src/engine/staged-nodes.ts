/**
 * Nodes on their way to the store before their run is there. One rule: only a few pages are held at a time, and what is
 * stored lives for as long as more may come.
 */
import { nodeId, type RunKey } from "@umbel/core";
import { type GraphNode, PAGE_SIZE } from "../graph/graph.ts";
import { STAGED_MS, STAGED_NODES } from "../store/graph-store.ts";
import type { Runtime } from "./runtime.ts";

/** Stores nodes in order, page by page. */
export class StagedNodesWriter {
  readonly #runtime: Runtime;
  readonly #runKey: RunKey;
  readonly #stopRenewing: () => void;
  /** Kept until all else is stored, since what comes first is whole last. */
  #firstPage: GraphNode[] = [];
  #buffer: GraphNode[] = [];
  /** The index of the first node in the buffer. */
  #base = 0;
  #joinCount = 0;

  /** How many joins there are in all. */
  get joinCount(): number {
    return this.#joinCount;
  }

  constructor(runtime: Runtime, runKey: RunKey) {
    this.#runtime = runtime;
    this.#runKey = runKey;
    this.#stopRenewing = runtime.timers.every(STAGED_MS / 4, () => {
      // A connection that is away fails the next page, too, and that is told.
      runtime.store.stage(runKey, [], 0).catch(() => undefined);
    });
  }

  /** The first page, whole when `finish` has been called. */
  get firstPage(): readonly GraphNode[] {
    return this.#firstPage;
  }

  /** Takes the nodes that come next. Resolves when there is room for more. @throws DuplicateTaskIdError */
  async add(nodes: readonly GraphNode[]): Promise<void> {
    const aliases = aliasesOf(this.#runKey, nodes, this.#base + this.#buffer.length);
    if (aliases.length > 0) await this.#runtime.aliases.reserve(aliases);
    for (const node of nodes) this.#buffer.push(node);
    this.#joinCount += countJoins(nodes);
    while (this.#buffer.length >= STAGED_NODES) await this.#write(STAGED_NODES);
  }

  /** Stores what is left, and the first nodes as they are now. */
  async finish(head: readonly GraphNode[]): Promise<void> {
    await this.#write(this.#buffer.length);
    this.#firstPage.splice(0, Math.min(head.length, PAGE_SIZE), ...head.slice(0, PAGE_SIZE));
    await this.#runtime.store.stage(this.#runKey, this.#firstPage, 0);
  }

  /** Ends the renewal of what is stored. */
  stop(): void {
    this.#stopRenewing();
  }

  async #write(count: number): Promise<void> {
    const nodes = this.#buffer.splice(0, count);
    const base = this.#base;
    this.#base += nodes.length;
    if (base > 0) return await this.#runtime.store.stage(this.#runKey, nodes, base);
    this.#firstPage = nodes.slice(0, PAGE_SIZE);
    await this.#runtime.store.stage(this.#runKey, nodes.slice(PAGE_SIZE), PAGE_SIZE);
  }
}

/** How many of these nodes are joins. */
export function countJoins(nodes: readonly GraphNode[]): number {
  let count = 0;
  for (const node of nodes) if (node.kind === "join") count += 1;
  return count;
}

/** The ids that people gave themselves, with the nodes that they stand for. @param base the first node's index */
export function aliasesOf(
  runKey: RunKey,
  nodes: readonly GraphNode[],
  base: number,
): { readonly id: string; readonly nodeId: string }[] {
  const aliases: { readonly id: string; readonly nodeId: string }[] = [];
  let index = base;
  for (const node of nodes) {
    if (node.kind !== "spread" && node.ownId !== undefined) {
      aliases.push({ id: node.ownId, nodeId: nodeId(runKey, index) });
    }
    index += 1;
  }
  return aliases;
}
