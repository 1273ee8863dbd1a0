/** Claims what arrives at the same time together, run by run. One rule: a slice that was not claimed is not run. */
import type { RunKey } from "@umbel/core";
import type { PageCache } from "../engine/page-cache.ts";
import type { SliceJob } from "../engine/queues.ts";
import { PAGE_SIZE } from "../graph/graph.ts";
import type { ClaimReply, ClaimRequest, GraphStore } from "../store/graph-store.ts";
import { TurnBatch } from "./turn-batch.ts";

/** No script claims more slices at once. */
const MOST_TOGETHER = 200;

/** What a Claimer is made of. */
export interface ClaimerParts {
  readonly store: GraphStore;
  readonly pages: PageCache;
  readonly incarnation: string;
  /** Whether a process still gives signs of life. */
  readonly isAlive: (incarnation: string) => Promise<boolean>;
}

/** Claims for one worker. */
export class Claimer {
  readonly #parts: ClaimerParts;
  readonly #batch: TurnBatch<ClaimRequest, ClaimReply>;

  constructor(parts: ClaimerParts) {
    this.#parts = parts;
    this.#batch = new TurnBatch({ most: MOST_TOGETHER, nodesOf }, (runKey, requests) =>
      parts.store.claim(runKey, parts.incarnation, requests),
    );
  }

  /** Claims a slice; one whose holder is lost is taken from it. Brings the page of its first node if it is not here. */
  async claim(runKey: RunKey, slice: SliceJob): Promise<ClaimReply> {
    const { pages, isAlive } = this.#parts;
    const { first, count, generation } = slice;
    const request: ClaimRequest = { first, count, generation, withPage: pages.lacks(runKey, first) };
    const claiming = this.#batch.add(runKey, request);
    if (request.withPage) void pages.loadWith(runKey, first, claiming);
    const reply = await claiming;
    if (reply.kind !== "held" || (await isAlive(reply.holder))) return reply;
    return await this.#batch.add(runKey, { ...request, withPage: false, lostHolder: reply.holder });
  }
}

/** How many nodes a claim touches: those of the slice, and those of the page that comes with them. */
function nodesOf({ count, withPage }: ClaimRequest): number {
  return count + (withPage ? PAGE_SIZE : 0);
}
