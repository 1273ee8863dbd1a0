/**
 * Values and errors of nodes. One rule: what follows from something else (the list of a group, the error of a step that
 * never ran) is not stored but derived here, the same way for a worker and for `get()`.
 */
import {
  type Content,
  encodeError,
  Ignore,
  isReady,
  nodeId,
  type ResultRecord,
  RunExpiredError,
  type RunKey,
  type State,
  TaskRevokedError,
  type WireError,
} from "@umbel/core";
import { LRUCache } from "lru-cache";
import type { IndexStretch, JoinNode } from "../graph/graph.ts";
import { type GraphStore, type NodeRecord, readRecord } from "../store/graph-store.ts";
import { chordError } from "./chord-error.ts";
import type { PageCache } from "./page-cache.ts";

/** Lists that are read by many, as text; each reader parses its own, for it may change what it gets. */
const CACHED_LISTS = { max: 64, maxSize: 64 * 1024 * 1024 };

/** How a node ended that did not succeed: the stored error, and what `get()` throws. */
interface Ended {
  readonly state: "FAILURE" | "REVOKED" | "IGNORED";
  readonly error: WireError;
  readonly raised: WireError;
}

const UNCALLED = encodeError(new TaskRevokedError("not called: what it was to be called for did not happen"));
/** In Celery's word; with the member whose failure revoked the others of its group. */
function revokedBy(runKey: RunKey, cause: number | undefined): WireError {
  const why = cause === undefined ? "" : `: ${nodeId(runKey, cause)} has failed, and its group fails fast`;
  return encodeError(new TaskRevokedError(`revoked${why}`));
}

function ended(state: Ended["state"], error: WireError): Ended {
  return { state, error, raised: error };
}

/** Reads values and errors. */
export class Results {
  readonly #store: GraphStore;
  readonly #pages: PageCache;
  readonly #content: Content;
  readonly #lists = new LRUCache<string, string>({ ...CACHED_LISTS, sizeCalculation: (text) => text.length + 1 });

  constructor(store: GraphStore, pages: PageCache, content: Content) {
    this.#store = store;
    this.#pages = pages;
    this.#content = content;
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
        return { state: "SUCCESS", value: this.#content.readResult(record.payload) };
      case "joined":
        return { state: "SUCCESS", value: this.#content.readResult(await this.#listText(runKey, index, record.added)) };
      case "replaced":
      case "handedOver":
        return await this.read(runKey, record.by);
      case "failed":
      case "joinFailed":
      case "dead":
      case "revoked":
      case "ignored":
      case "uncalled":
        return await this.#ended(runKey, index, record);
      case "running":
        return {
          state: ownState(record),
          ...(record.payload ? { info: this.#content.readResult(record.payload) } : {}),
        };
      case "dispatched":
      case "waiting":
      case "forgotten":
      case "unknown":
        return { state: ownState(record) };
    }
  }

  /** Gives the states of nodes, in order, without reading what they gave. */
  async states(runKey: RunKey, indices: readonly number[]): Promise<readonly State[]> {
    if (indices.length === 0) return [];
    const records = await this.#store.readNodes(runKey, indices, { withPayloads: false });
    // What follows from others follows from few of them, as a rule.
    const others = [...new Set(records.flatMap(otherOf))];
    const known = await this.states(runKey, others);
    const stateOf = new Map(others.map((other, position) => [other, known[position] ?? "PENDING"]));
    return records.map((record) => {
      const [other] = otherOf(record);
      return other === undefined ? ownState(record) : derivedState(record, stateOf.get(other) ?? "PENDING");
    });
  }

  /** Gives a node's state, and whether it has got there by running. */
  async ending(runKey: RunKey, index: number): Promise<{ readonly state: State; readonly hasRun: boolean }> {
    const [[record], [state = "PENDING"]] = await Promise.all([
      this.#store.readNodes(runKey, [index], { withPayloads: false }),
      this.states(runKey, [index]),
    ]);
    return { state, hasRun: isReady(state) && record?.kind !== "dead" && record?.kind !== "uncalled" };
  }

  /** Gives the nodes that took the places of tasks, in order, of those that were replaced. */
  async replacements(runKey: RunKey, indices: readonly number[]): Promise<readonly number[]> {
    const records = await this.#store.readNodes(runKey, indices, { withPayloads: false });
    return records.flatMap((record) => (isReplaced(record) ? [record.by] : []));
  }

  /** Gives the error of a node that failed or never ran; for errbacks. */
  async errorOf(runKey: RunKey, index: number): Promise<WireError> {
    const resolved = await this.read(runKey, index);
    return resolved.error ?? encodeError(new Error(`node ${index} has not failed`));
  }

  async #textOf(runKey: RunKey, index: number, record: string | null): Promise<string> {
    const read = record === null ? undefined : readRecord(record);
    switch (read?.kind) {
      case "succeeded":
        return read.payload;
      case "joined":
        return await this.#listText(runKey, index, read.added);
      case "replaced":
        return await this.valueText(runKey, read.by);
      case "forgotten":
        throw forgotten(runKey, index);
      default:
        throw new Error(
          `node ${nodeId(runKey, index)} has no value, though it is wanted; its stored record is ${record ?? "missing"}`,
        );
    }
  }

  async #listText(runKey: RunKey, index: number, added: readonly number[]): Promise<string> {
    const key = `${runKey}/${index}`;
    const cached = this.#lists.get(key);
    if (cached !== undefined) return cached;
    const join = await this.#join(runKey, index);
    const parts: string[] = [];
    for (const tails of chunksOf(join.tails, added)) parts.push(await this.#textOfAll(runKey, tails));
    const text = `[${parts.join(",")}]`;
    this.#lists.set(key, text);
    return text;
  }

  /** The values of nodes that succeeded, behind one another. */
  async #textOfAll(runKey: RunKey, tails: readonly number[]): Promise<string> {
    const records = await this.#store.readResults(runKey, tails);
    const texts: string[] = [];
    let position = 0;
    for (const record of records) {
      const tail = tails[position] ?? -1;
      texts.push(record?.startsWith("S") ? record.slice(1) : await this.#textOf(runKey, tail, record));
      position += 1;
    }
    return texts.join(",");
  }

  /** What a node ended with that did not succeed: its own error, or what follows from another's. */
  async #ended(runKey: RunKey, index: number, record: NodeRecord): Promise<Ended> {
    switch (record.kind) {
      case "failed":
        return ended("FAILURE", JSON.parse(record.payload) as WireError);
      case "revoked":
        return ended(
          "REVOKED",
          record.payload === "" ? revokedBy(runKey, record.cause) : (JSON.parse(record.payload) as WireError),
        );
      case "uncalled":
        return ended("REVOKED", UNCALLED);
      case "ignored":
        return ended("IGNORED", encodeError(new Ignore()));
      case "dead":
        return await this.#causedBy(runKey, record.cause);
      case "joinFailed":
        return { ...(await this.#ofMember(runKey, record.member)), state: "FAILURE" };
      case "replaced":
        return await this.#ended(runKey, record.by, await this.#store.read(runKey, record.by));
      case "forgotten":
        throw forgotten(runKey, index);
      default:
        throw new Error(`node ${nodeId(runKey, index)} has not failed`);
    }
  }

  /** What never ran: FAILURE with the error of the step which failed, or a ChordError when that step was a header. */
  async #causedBy(runKey: RunKey, cause: number): Promise<Ended> {
    const record = await this.#store.read(runKey, cause);
    if (record.kind !== "joinFailed") {
      const before = await this.#ended(runKey, cause, record);
      if (before.state === "FAILURE") return before;
      const error = encodeError(
        new TaskRevokedError(`task ${nodeId(runKey, cause)}, which comes before it, ended ${before.state}`),
      );
      return ended("REVOKED", error);
    }
    const member = await this.#ofMember(runKey, record.member);
    // A chord in a header is named with what failed in it, not with its own ChordError.
    const error = chordError(nodeId(runKey, record.member), member.raised);
    return { state: "FAILURE", error: encodeError(error), raised: member.raised };
  }

  /** A member of a group: its own error, that of the first failed member of an inner group, or a ChordError. */
  async #ofMember(runKey: RunKey, member: number): Promise<Ended> {
    const record = await this.#store.read(runKey, member);
    if (record.kind !== "joinFailed") return await this.#ended(runKey, member, record);
    const join = await this.#join(runKey, member);
    return join.isTail ? await this.#ofMember(runKey, record.member) : await this.#causedBy(runKey, member);
  }

  async #join(runKey: RunKey, index: number): Promise<JoinNode> {
    const node = await this.#pages.node(runKey, index);
    if (node.kind !== "join") throw new Error(`node ${nodeId(runKey, index)} is no group`);
    return node;
  }
}

/** How many values of a list are in hand at a time: a list of 1,000,000 is text, never as many values. */
const LIST_CHUNK = 16_384;

function* chunksOf(tails: readonly IndexStretch[], added: readonly number[]): Generator<readonly number[]> {
  let chunk: number[] = [];
  for (const { first, stride, count } of tails) {
    for (let ordinal = 0; ordinal < count; ordinal += 1) {
      chunk.push(first + ordinal * stride);
      if (chunk.length < LIST_CHUNK) continue;
      yield chunk;
      chunk = [];
    }
  }
  for (const tail of added) chunk.push(tail);
  if (chunk.length > 0) yield chunk;
}

/** The node from which a record's state follows, if it does not tell it itself. */
function otherOf(record: NodeRecord): readonly number[] {
  if (record.kind === "dead") return [record.cause];
  return isReplaced(record) ? [record.by] : [];
}

function isReplaced(record: NodeRecord): record is NodeRecord & { readonly kind: "replaced" | "handedOver" } {
  return record.kind === "replaced" || record.kind === "handedOver";
}

function derivedState(record: NodeRecord, other: State): State {
  if (record.kind !== "dead") return other;
  return other === "REVOKED" || other === "IGNORED" ? "REVOKED" : "FAILURE";
}

function ownState(record: NodeRecord): State {
  switch (record.kind) {
    case "succeeded":
    case "joined":
      return "SUCCESS";
    case "failed":
    case "joinFailed":
    case "dead":
      return "FAILURE";
    case "revoked":
    case "uncalled":
      return "REVOKED";
    case "ignored":
      return "IGNORED";
    case "running":
      return record.state ?? "STARTED";
    case "dispatched":
      return record.retries > 0 ? "RETRY" : "PENDING";
    case "replaced":
    case "handedOver":
    case "waiting":
    case "forgotten":
    case "unknown":
      return "PENDING";
  }
}

/** What is derived from a forgotten result is gone with it. */
function forgotten(runKey: RunKey, index: number): RunExpiredError {
  return new RunExpiredError(`the result of ${nodeId(runKey, index)} was forgotten, and what is asked for needs it`);
}
