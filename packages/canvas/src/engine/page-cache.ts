/** Nodes of graphs, read once. One rule: a page never changes once it is stored, so it can be kept as long as there is room. */
import { OperationalError, RunExpiredError, type RunKey } from "@umbel/core";
import { LRUCache } from "lru-cache";
import type { RunMeta } from "../graph/codec.ts";
import { type GraphNode, PAGE_SIZE } from "../graph/graph.ts";
import type { ClaimReply, GraphStore } from "../store/graph-store.ts";

/** A page that came with something else. */
export interface LoadedPage {
  readonly nodes: readonly GraphNode[];
  readonly meta: RunMeta;
}

/** How many pages are kept, and how many nodes they may have in all: of a small run there is one page with few. */
const MOST_PAGES = 256;
const MOST_NODES = 32_768;

/** Keeps the pages and the meta that were read last. */
export class PageCache {
  readonly #store: GraphStore;
  readonly #pages = new LRUCache<string, readonly GraphNode[]>({
    max: MOST_PAGES,
    maxSize: MOST_NODES,
    sizeCalculation: (nodes) => Math.max(nodes.length, 1),
  });
  readonly #metas = new LRUCache<string, RunMeta>({ max: MOST_PAGES });
  /** What was asked for last: the nodes of a slice ask for the same page one after another. */
  #last: { readonly runKey: RunKey; readonly page: number; readonly nodes: readonly GraphNode[] } | undefined;
  #lastMeta: { readonly runKey: RunKey; readonly meta: RunMeta } | undefined;
  /** Pages on their way, so that many who want one ask for it once. */
  readonly #loading = new Map<string, Promise<readonly GraphNode[] | undefined>>();

  constructor(store: GraphStore) {
    this.#store = store;
  }

  /** Whether the page of a node and its run's meta are neither here nor on their way. */
  lacks(runKey: RunKey, index: number): boolean {
    const key = pageKey(runKey, pageOf(index));
    return !this.#loading.has(key) && !(this.#pages.has(key) && this.#metas.has(runKey));
  }

  /** Takes the page of a node from an answer that may bring it. */
  async loadWith(runKey: RunKey, index: number, answer: Promise<ClaimReply>): Promise<void> {
    const page = answer.then(
      (reply) => {
        const loaded = reply.kind === "claimed" ? reply.page : undefined;
        if (loaded !== undefined) this.#keep(runKey, index, loaded);
        return loaded?.nodes;
      },
      // Whoever asked for the answer is told; those who waited for its page ask for themselves.
      () => undefined,
    );
    await this.#track(pageKey(runKey, pageOf(index)), page);
  }

  #keep(runKey: RunKey, index: number, page: LoadedPage): void {
    this.#pages.set(pageKey(runKey, pageOf(index)), page.nodes);
    this.#metas.set(runKey, page.meta);
  }

  async #track(
    key: string,
    page: Promise<readonly GraphNode[] | undefined>,
  ): Promise<readonly GraphNode[] | undefined> {
    this.#loading.set(key, page);
    try {
      return await page;
    } finally {
      this.#loading.delete(key);
    }
  }

  /** Keeps the first page of a graph that was compiled here. */
  keepFirst(runKey: RunKey, nodes: readonly GraphNode[], meta: RunMeta): void {
    this.#keep(runKey, 0, { nodes, meta });
  }

  /** Gives a node, or `undefined` if its page is not here. */
  peek(runKey: RunKey, index: number): GraphNode | undefined {
    const page = pageOf(index);
    if (this.#last?.page === page && this.#last.runKey === runKey) return this.#last.nodes[index % PAGE_SIZE];
    const nodes = this.#pages.get(pageKey(runKey, page));
    if (nodes !== undefined) this.#last = { runKey, page, nodes };
    return nodes?.[index % PAGE_SIZE];
  }

  /** Gives a node. @throws RunExpiredError when the run is gone */
  async node(runKey: RunKey, index: number): Promise<GraphNode> {
    const cached = this.peek(runKey, index);
    if (cached !== undefined) return cached;
    const key = pageKey(runKey, pageOf(index));
    // An answer that was to bring the page may come without it.
    const nodes =
      (await (this.#loading.get(key) ?? this.#read(key, runKey, index))) ?? (await this.#read(key, runKey, index));
    if (nodes === undefined)
      throw new RunExpiredError(
        `the run of node ${index} is not stored any more: it expired or was forgotten (run ${runKey})`,
      );
    this.#pages.set(key, nodes);
    const node = nodes[index % PAGE_SIZE];
    if (node === undefined) throw new OperationalError(`run ${runKey} has no node ${index}; its graph is damaged`);
    return node;
  }

  #read(key: string, runKey: RunKey, index: number): Promise<readonly GraphNode[] | undefined> {
    return this.#track(key, this.#store.readPage(runKey, pageOf(index)));
  }

  /** Gives what is known of a run as a whole, or `undefined` if it is not here. */
  peekMeta(runKey: RunKey): RunMeta | undefined {
    if (this.#lastMeta?.runKey === runKey) return this.#lastMeta.meta;
    const meta = this.#metas.get(runKey);
    if (meta !== undefined) this.#lastMeta = { runKey, meta };
    return meta;
  }

  /** Gives what is known of a run as a whole. @throws RunExpiredError when the run is gone */
  async meta(runKey: RunKey): Promise<RunMeta> {
    const cached = this.peekMeta(runKey);
    if (cached !== undefined) return cached;
    const meta = await this.#store.readMeta(runKey);
    if (meta === undefined)
      throw new RunExpiredError(`run ${runKey} is not stored any more: it expired or was forgotten`);
    this.#metas.set(runKey, meta);
    return meta;
  }
}

function pageOf(index: number): number {
  return Math.floor(index / PAGE_SIZE);
}

function pageKey(runKey: RunKey, page: number): string {
  return `${runKey}/${page}`;
}
