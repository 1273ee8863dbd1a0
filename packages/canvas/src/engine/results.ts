/**
 * Values and errors of nodes. One rule: what follows from something else (the list of a group, the error of a step that
 * never ran) is not stored but derived here, the same way for a worker and for `get()`.
 */
import { type ChordError, encodeError, nodeId, type ResultRecord, type RunKey, type WireError } from "@umbel/core";
import { LRUCache } from "lru-cache";
import { type JoinNode, stretchIndices } from "../graph/graph.ts";
import type { GraphStore, NodeRecord } from "../store/graph-store.ts";
import { chordError } from "./chord-error.ts";
import type { PageCache } from "./page-cache.ts";

/** Lists that are read by many, as text; each reader parses its own, for it may change what it gets. */
const CACHED_LISTS = { max: 64, maxSize: 64 * 1024 * 1024 };

/** The stored error, and what `get()` throws where that is another. */
interface NodeError {
  readonly error: WireError;
  readonly raised: WireError;
}

/** Reads values and errors. */
export class Results {
  readonly #store: GraphStore;
  readonly #pages: PageCache;
  readonly #lists = new LRUCache<string, string>({ ...CACHED_LISTS, sizeCalculation: (text) => text.length + 1 });

  constructor(store: GraphStore, pages: PageCache) {
    this.#store = store;
    this.#pages = pages;
  }

  /** Gives the value of a node that succeeded, as JSON text. */
  async valueText(runKey: RunKey, index: number): Promise<string> {
    const [record] = await this.#store.readResults(runKey, [index]);
    return await this.#textOf(runKey, index, record ?? null);
  }

  /** Gives what is known of a node, with its value or errors. */
  async read(runKey: RunKey, index: number): Promise<ResultRecord> {
    return await this.resolve(runKey, index, await this.#store.read(runKey, index));
  }

  /** Completes what one read of a node said. */
  async resolve(runKey: RunKey, index: number, record: NodeRecord): Promise<ResultRecord> {
    switch (record.kind) {
      case "succeeded":
        return { state: "SUCCESS", value: JSON.parse(record.payload) };
      case "joined":
        return { state: "SUCCESS", value: JSON.parse(await this.#listText(runKey, index)) };
      case "failed":
      case "joinFailed":
      case "dead":
        return { state: "FAILURE", ...(await this.#errorOf(runKey, index, record)) };
      case "running":
        return { state: "STARTED" };
      case "dispatched":
      case "waiting":
      case "unknown":
        return { state: "PENDING" };
    }
  }

  /** Gives the error of a node that failed or never ran; for errbacks. */
  async errorOf(runKey: RunKey, index: number): Promise<WireError> {
    const record = await this.#store.read(runKey, index);
    const resolved = await this.resolve(runKey, index, record);
    return resolved.error ?? encodeError(new Error(`node ${index} has not failed`));
  }

  async #textOf(runKey: RunKey, index: number, record: string | null): Promise<string> {
    if (record?.startsWith("S")) return record.slice(1);
    if (record === "J") return await this.#listText(runKey, index);
    throw new Error(
      `node ${nodeId(runKey, index)} has no value, though it is wanted; its stored record is ${record ?? "missing"}`,
    );
  }

  async #listText(runKey: RunKey, index: number): Promise<string> {
    const key = `${runKey}/${index}`;
    const cached = this.#lists.get(key);
    if (cached !== undefined) return cached;
    const join = await this.#join(runKey, index);
    const tails = [...stretchIndices(join.tails)].map((tail) => tail.index);
    const records = await this.#store.readResults(runKey, tails);
    const texts: string[] = [];
    for (const [position, tail] of tails.entries()) {
      const record = records[position] ?? null;
      texts.push(record?.startsWith("S") ? record.slice(1) : await this.#textOf(runKey, tail, record));
    }
    const text = `[${texts.join(",")}]`;
    this.#lists.set(key, text);
    return text;
  }

  async #errorOf(runKey: RunKey, index: number, record: NodeRecord): Promise<NodeError> {
    switch (record.kind) {
      case "failed": {
        const error = JSON.parse(record.payload) as WireError;
        return { error, raised: error };
      }
      case "dead":
        return await this.#causeOf(runKey, record.cause);
      case "joinFailed":
        return await this.#leafError(runKey, record.member);
      default:
        throw new Error(`node ${nodeId(runKey, index)} has not failed`);
    }
  }

  /** The error of what never ran: that of the step which failed, or a ChordError when that step was a header. */
  async #causeOf(runKey: RunKey, cause: number): Promise<NodeError> {
    const record = await this.#store.read(runKey, cause);
    if (record.kind !== "joinFailed") return await this.#errorOf(runKey, cause, record);
    const member = await this.#leafError(runKey, record.member);
    // A chord in a header is named with what failed in it, not with its own ChordError.
    const error: ChordError = chordError(nodeId(runKey, record.member), member.raised);
    return { error: encodeError(error), raised: member.raised };
  }

  /** The error of a member of a group: its own, that of the first failed member of an inner group, or a ChordError. */
  async #leafError(runKey: RunKey, member: number): Promise<NodeError> {
    const record = await this.#store.read(runKey, member);
    if (record.kind !== "joinFailed") return await this.#errorOf(runKey, member, record);
    const join = await this.#join(runKey, member);
    return join.isTail ? await this.#leafError(runKey, record.member) : await this.#causeOf(runKey, member);
  }

  async #join(runKey: RunKey, index: number): Promise<JoinNode> {
    const node = await this.#pages.node(runKey, index);
    if (node.kind !== "join") throw new Error(`node ${nodeId(runKey, index)} is no group`);
    return node;
  }
}
