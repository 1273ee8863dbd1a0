/**
 * Graphs in Redis. One rule: each method is one script of `scripts/`, called from here and from nowhere else; replies
 * are read into types at once.
 */
import { RunExpiredError, type RunKey } from "@umbel/core";
import {
  decodeMeta,
  decodePage,
  encodeJoinRecord,
  encodePages,
  labelled,
  metaOf,
  type RunMeta,
} from "../../graph/codec.ts";
import {
  GRAPH_VERSION,
  type Graph,
  type GraphNode,
  type JoinNode,
  PAGE_SIZE,
  type StartToken,
} from "../../graph/graph.ts";
import type {
  Addition,
  ClaimReply,
  ClaimRequest,
  CreateOptions,
  Dispatch,
  Flight,
  ForgetReply,
  GraphStore,
  HandOut,
  HeldSlice,
  NodeRange,
  NodeRecord,
  NodesReset,
  NodeTrack,
  Refill,
  Reopening,
  RunInspection,
  Settlement,
  SettleReply,
  SpreadPlace,
  StagedRun,
  Started,
  StoredOutcome,
  StoredRun,
} from "../graph-store.ts";
import { NOTHING_STARTED, readRecord, readRunning, STAGED_MS, STAGED_NODES, stagedNodesLost } from "../graph-store.ts";
import { type RunKeys, runChannel, runKeys } from "../keys.ts";
import { readRevocations } from "../revocations.ts";
import { type SliceRange, sliceKey } from "../slice.ts";
import type { RedisConnection } from "./connection.ts";
import { packedField, unpackPage } from "./packed-results.ts";
import { Script } from "./script.ts";
import {
  allocatePages,
  appendLog,
  claimSlices,
  createRun,
  expandSpread,
  forgetResults,
  pauseRun,
  readNodes,
  redispatchSlice,
  releaseSlice,
  reopenRun,
  resetNodes,
  restartRun,
  revokeNodes,
  settleNodes,
  updateState,
  watchRun,
} from "./scripts.generated.ts";
import { readStoreClock } from "./store-clock.ts";
import { readTrackLines, trackFieldsOf } from "./tracks.ts";

const scripts = {
  allocatePages: new Script(allocatePages),
  appendLog: new Script(appendLog),
  createRun: new Script(createRun),
  claimSlices: new Script(claimSlices),
  settleNodes: new Script(settleNodes),
  expandSpread: new Script(expandSpread),
  redispatchSlice: new Script(redispatchSlice),
  readNodes: new Script(readNodes),
  forgetResults: new Script(forgetResults),
  revokeNodes: new Script(revokeNodes),
  updateState: new Script(updateState),
  releaseSlice: new Script(releaseSlice),
  pauseRun: new Script(pauseRun),
  reopenRun: new Script(reopenRun),
  resetNodes: new Script(resetNodes),
  restartRun: new Script(restartRun),
  watchRun: new Script(watchRun),
};

/** Numbers that bound what the store does. */
export interface RedisGraphStoreOptions {
  /** What all keys begin with. */
  readonly prefix: string;
  /** How long an ended run is kept, milliseconds. */
  readonly resultExpiresMs: number;
  /** How many slices of a run may be in flight before members of its groups wait. */
  readonly window: number;
}

/** Results up to this length travel with the news that they are there. */
const HINT_BYTES = 1024;

/** A run of more pages is deleted by the janitor: Redis would be held up by its expiry. */
const LARGE_RUN = 32;

/** How many nodes one call reads. */
const READ_SLICE = 1000;

/** On how many pages they may be, where each is looked at as a whole: no more nodes than that, and a little. */
const READ_PAGES = Math.floor(READ_SLICE / PAGE_SIZE) + 1;

/** How many pages of packed values one call reads. */
const PACKED_SLICE = Math.floor(READ_SLICE / PAGE_SIZE);

/** Up to so many results are asked for wherever they may stand. */
const FEW_RESULTS = 8;

/** Keeps graphs in Redis, over one connection that is its owner's to close. */
export class RedisGraphStore implements GraphStore {
  readonly #redis: RedisConnection;
  readonly #options: RedisGraphStoreOptions;
  /** The keys that were asked for last: what follows is mostly about the same run. */
  #last: { readonly runKey: RunKey; readonly keys: RunKeys } | undefined;

  constructor(redis: RedisConnection, options: RedisGraphStoreOptions) {
    this.#redis = redis;
    this.#options = options;
  }

  /** Makes all scripts known to the server. */
  async loadScripts(): Promise<void> {
    await Promise.all(Object.values(scripts).map((script) => script.load(this.#redis)));
  }

  async create(graph: Graph, options: CreateOptions): Promise<Started> {
    const { runKey, nodes, starts } = graph;
    const meta = labelled(metaOf(graph), options.labels);
    if (nodes.length > STAGED_NODES) {
      // The counts of its joins go on from where they are.
      if ((await this.#redis.hexists(this.#keysOf(runKey).graph, "m")) === 1) return NOTHING_STARTED;
      await this.stage(runKey, nodes, 0);
      return await this.createStaged({ runKey, meta, starts, joinCount: joinsOf(nodes, 0).length }, options);
    }
    const pages = [...encodePages(nodes)];
    const joins = joinsOf(nodes, 0);
    const joinArgs = joins.flatMap(([index, join]) => [index, join.size, encodeJoinRecord(join)]);
    return await this.#create(runKey, meta, options, [
      pages.length,
      ...pages,
      joins.length,
      ...joinArgs,
      "",
      ...starts,
    ]);
  }

  async createStaged(staged: StagedRun, options: CreateOptions): Promise<Started> {
    const { runKey, meta, starts, joinCount, pages } = staged;
    const fields = (pages?.stored ?? pageCount(meta.nodeCount)) + joinCount + (pages === undefined ? 0 : 1);
    return await this.#create(runKey, meta, options, [0, 0, fields, ...starts], pages?.total);
  }

  async #create(
    runKey: RunKey,
    meta: RunMeta,
    { notify = "", owner = "" }: CreateOptions,
    nodesAndStarts: readonly (string | number)[],
    pages = pageCount(meta.nodeCount),
  ): Promise<Started> {
    const reply = replyArray(
      await scripts.createRun.run(this.#redis, this.#keysOf(runKey).all, [
        JSON.stringify(meta),
        meta.result,
        notify,
        owner,
        pages,
        ...nodesAndStarts,
      ]),
    );
    if (reply[0] === "lost") throw stagedNodesLost(runKey);
    return reply[0] === "created"
      ? { dispatches: readDispatches(reply[1]), spreads: readNumbers(reply[2]) }
      : NOTHING_STARTED;
  }

  async stage(runKey: RunKey, nodes: readonly GraphNode[], base: number): Promise<void> {
    const keys = this.#keysOf(runKey);
    await this.#writeNodes(keys, nodes, base, STAGED_MS);
  }

  /** Writes whole pages and their joins. @param expiresMs when all that is stored of the run is to be gone */
  async #writeNodes(keys: RunKeys, nodes: readonly GraphNode[], base: number, expiresMs?: number): Promise<void> {
    let before: Promise<unknown> = Promise.resolve();
    for (let from = 0; from < nodes.length; from += STAGED_NODES) {
      const part = nodes.slice(from, from + STAGED_NODES);
      const written = this.#writePart(keys, part, base + from);
      // One part is on its way while the next is encoded, and other work of this process has its turn in between.
      await before;
      before = written;
    }
    await before;
    if (expiresMs === undefined) return;
    await Promise.all([keys.graph, keys.joins].map((key) => this.#redis.pexpire(key, expiresMs)));
  }

  async #writePart(keys: RunKeys, nodes: readonly GraphNode[], base: number): Promise<void> {
    const pages = [...encodePages(nodes, base)].flatMap((text, offset) => [`p${base / PAGE_SIZE + offset}`, text]);
    const sent: Promise<unknown>[] = [this.#redis.hset(keys.graph, ...pages)];
    const joins = joinsOf(nodes, base);
    if (joins.length > 0) {
      const records = joins.flatMap(([index, join]) => [`j${index}`, encodeJoinRecord(join)]);
      const sizes = joins.flatMap(([index, join]) => [String(index), String(join.size)]);
      sent.push(this.#redis.hset(keys.graph, ...records), this.#redis.hset(keys.joins, ...sizes));
    }
    await Promise.all(sent);
  }

  async claim(runKey: RunKey, incarnation: string, requests: readonly ClaimRequest[]): Promise<readonly ClaimReply[]> {
    const args: (string | number)[] = [incarnation, GRAPH_VERSION];
    for (const request of requests) {
      const { first, generation, lostHolder, withPage } = request;
      args.push(sliceKey(request), generation, lostHolder ?? "", withPage ? pageOf(first) : "");
    }
    const replies = await scripts.claimSlices.run(this.#redis, this.#keysOf(runKey).all, args);
    return requests.map(({ first }, position) => readClaimReply(first, replyArray(replyArray(replies)[position])));
  }

  async settle(runKey: RunKey, settlements: readonly Settlement[]): Promise<SettleReply> {
    const args = this.#concludeArgs(runKey);
    for (const block of blocksOf(settlements)) pushBlock(args, block);
    return readSettleReply(await scripts.settleNodes.run(this.#redis, this.#keysOf(runKey).all, args));
  }

  async expand(runKey: RunKey, spread: SpreadPlace, { from, to, starts }: HandOut): Promise<SettleReply> {
    const { index, join, total, limit } = spread;
    const args = [...this.#concludeArgs(runKey), index, from, to, join, total, limit ?? "", ...starts];
    return readSettleReply(await scripts.expandSpread.run(this.#redis, this.#keysOf(runKey).all, args));
  }

  async release(runKey: RunKey, slice: HeldSlice, parts: readonly SliceRange[]): Promise<readonly Dispatch[]> {
    const reply = await scripts.releaseSlice.run(this.#redis, this.#keysOf(runKey).all, [
      sliceKey(slice),
      slice.token,
      ...parts.flatMap(({ first, count, stride }) => [first, count, stride]),
    ]);
    return readDispatches(reply);
  }

  async pause(runKey: RunKey, isPaused: boolean): Promise<boolean> {
    return (await scripts.pauseRun.run(this.#redis, this.#keysOf(runKey).all, [isPaused ? 1 : 0])) === 1;
  }

  async reopen(
    runKey: RunKey,
    { resumer, owner = "", takeOverMs, epoch }: Reopening,
  ): Promise<"reopened" | "running" | "missing"> {
    const args = [resumer, owner, takeOverMs, epoch];
    const reply = await scripts.reopenRun.run(this.#redis, this.#keysOf(runKey).all, args);
    return reply === "reopened" || reply === "running" ? reply : "missing";
  }

  async stageFork(runKey: RunKey, resumer: string): Promise<void> {
    const { graph } = this.#keysOf(runKey);
    await this.#redis.hset(graph, "A", `${resumer}|${await readStoreClock(this.#redis, graph)}`);
    await this.#redis.pexpire(graph, STAGED_MS);
  }

  async reset(runKey: RunKey, resumer: string, { again, unreplaced, joins, adopted }: NodesReset): Promise<boolean> {
    const { all } = this.#keysOf(runKey);
    const joinArgs = joins.flatMap(({ index, missing, spread, added = [], replaced }) => [
      index,
      missing,
      spread ?? "",
      added.map((tail) => `,${tail}`).join(""),
      replaced === undefined ? "" : encodeJoinRecord(replaced.node, replaced.tail),
    ]);
    const adoptedArgs = adopted.flatMap(({ index, record, mayPack }) => [index, record, mayPack ? 1 : 0]);
    const nodeArgs = [again.length, ...again, unreplaced.length, ...unreplaced];
    const args = [resumer, ...nodeArgs, joins.length, ...joinArgs, ...adoptedArgs];
    return (await scripts.resetNodes.run(this.#redis, all, args)) === 1;
  }

  async restart(runKey: RunKey, resumer: string, starts: readonly StartToken[]): Promise<Started | undefined> {
    const reply = replyArray(await scripts.restartRun.run(this.#redis, this.#keysOf(runKey).all, [resumer, ...starts]));
    if (reply.length === 0) return undefined;
    return { dispatches: readDispatches(reply[0]), spreads: readNumbers(reply[1]) };
  }

  async readAdded(runKey: RunKey, joins: readonly number[]): Promise<readonly (readonly number[])[]> {
    const { joins: key } = this.#keysOf(runKey);
    const slices = slicesOf(joins).map((slice) => this.#redis.hmget(key, ...slice.map((join) => `a${join}`)));
    return (await Promise.all(slices)).flat().map((text) => (text ?? "").split(",").filter(Boolean).map(Number));
  }

  async redispatch(runKey: RunKey, flight: Flight): Promise<number | undefined> {
    const generation = await scripts.redispatchSlice.run(this.#redis, this.#keysOf(runKey).all, [
      sliceKey(flight),
      flight.generation,
      flight.token,
    ]);
    return Number(generation) === 0 ? undefined : Number(generation);
  }

  async updateState(
    runKey: RunKey,
    attempt: HeldSlice & Pick<Settlement, "index">,
    state: string,
    payload: string,
  ): Promise<boolean> {
    const { prefix } = this.#options;
    const args = [runChannel(prefix, runKey), sliceKey(attempt), attempt.index, attempt.token, state, payload];
    return (await scripts.updateState.run(this.#redis, this.#keysOf(runKey).all, args)) === 1;
  }

  async appendLog(runKey: RunKey, lines: readonly string[], most: number): Promise<boolean> {
    return (await scripts.appendLog.run(this.#redis, this.#keysOf(runKey).all, [most, ...lines])) === 1;
  }

  async readLog(runKey: RunKey): Promise<readonly string[]> {
    const { counts } = this.#keysOf(runKey);
    const [first, last] = await this.#redis.hmget(counts, "lf", "ll");
    const lines: string[] = [];
    for (let from = Number(first ?? 1); from <= Number(last ?? 0); from += READ_SLICE) {
      const to = Math.min(from + READ_SLICE - 1, Number(last));
      const fields = Array.from({ length: to - from + 1 }, (_, offset) => `l${from + offset}`);
      // Those that went meanwhile are not there.
      for (const line of await this.#redis.hmget(counts, ...fields)) if (line !== null) lines.push(line);
    }
    return lines;
  }

  async revoke(runKey: RunKey, ranges: readonly NodeRange[], terminate: boolean): Promise<boolean> {
    const { prefix } = this.#options;
    const pairs = ranges.flatMap(({ first, last }) => [first, last]);
    const args = [runChannel(prefix, runKey), terminate ? 1 : 0, ...pairs];
    return (await scripts.revokeNodes.run(this.#redis, this.#keysOf(runKey).all, args)) === 1;
  }

  async describe(runKey: RunKey): Promise<StoredRun | undefined> {
    const { graph, revoked } = this.#keysOf(runKey);
    const [[meta, endedAt, pages, abandoned], [paused, epoch]] = await Promise.all([
      this.#redis.hmget(graph, "m", "e", "P", "q"),
      this.#redis.hmget(revoked, "paused", "epoch"),
    ]);
    if (typeof meta !== "string") return undefined;
    return {
      meta: decodeMeta(meta),
      pageCount: Number(pages),
      endedAt: typeof endedAt === "string" ? Number(endedAt) : undefined,
      isPaused: typeof paused === "string",
      isAbandoned: typeof abandoned === "string",
      epoch: Number(epoch ?? 0),
    };
  }

  async inspect(runKey: RunKey): Promise<RunInspection> {
    const keys = this.#keysOf(runKey);
    const [, , openKey = ""] = keys.all;
    const [now, [meta, endedAt, owner, pageCount, resuming], flights, open, revoked] = await Promise.all([
      readStoreClock(this.#redis, keys.graph),
      this.#redis.hmget(keys.graph, "m", "e", "o", "P", "A"),
      this.#redis.hgetall(keys.flights),
      this.#redis.hgetall(openKey),
      this.#redis.hgetall(keys.revoked),
    ]);
    return {
      exists: meta !== null && meta !== undefined,
      pageCount: Number(pageCount ?? 0),
      owner: owner ?? undefined,
      endedAt: endedAt === null || endedAt === undefined ? undefined : Number(endedAt),
      now,
      flights: Object.entries(flights).map(([key, text]) => readFlight(key, text)),
      openSpreads: Object.entries(open).map(([spread, text]) => ({
        spread: Number(spread),
        handedOut: Number.parseInt(text, 10),
      })),
      revocations: readRevocations(revoked),
      deleteAt:
        typeof endedAt === "string" && Number(pageCount) > LARGE_RUN
          ? Number(endedAt) + this.#options.resultExpiresMs
          : undefined,
      isPaused: revoked.paused !== undefined,
      resumingSince: typeof resuming === "string" ? Number(resuming.split("|", 2)[1]) : undefined,
    };
  }

  async read(runKey: RunKey, index: number): Promise<NodeRecord> {
    const [record] = await this.readNodes(runKey, [index], { withPayloads: true });
    if (record === undefined) throw new Error("a node was read without an answer");
    return record;
  }

  async readNodes(
    runKey: RunKey,
    indices: readonly number[],
    { withPayloads }: { readonly withPayloads: boolean },
  ): Promise<readonly NodeRecord[]> {
    const { all } = this.#keysOf(runKey);
    const replies = await Promise.all(
      slicesOnFewPages(indices).map((slice) =>
        scripts.readNodes.run(this.#redis, all, [withPayloads ? 1 : 0, ...slice]).then(replyArray),
      ),
    );
    return replies.flat().map((reply) => readNodeReply(replyArray(reply)));
  }

  async readTracks(runKey: RunKey, indices: readonly number[]): Promise<readonly NodeTrack[]> {
    const { counts, graph } = this.#keysOf(runKey);
    const fields = [...new Set(indices.map(pageOf))].flatMap(trackFieldsOf);
    const [counted, lines] = await Promise.all([
      Promise.all(
        slicesOf(indices).map((slice) =>
          this.#redis.hmget(counts, ...slice.flatMap((index) => [`t${index}`, `d${index}`])),
        ),
      ),
      Promise.all(slicesOf(fields).map((slice) => this.#redis.hmget(graph, ...slice.map(String)))),
    ]);
    const numbers = counted.flat();
    const tracks = readTrackLines(lines.flat());
    return indices.map((index, position) => ({
      retries: Number(numbers[2 * position] ?? 0),
      deliveries: Number(numbers[2 * position + 1] ?? 0),
      ...tracks.get(index),
    }));
  }

  async readResults(runKey: RunKey, indices: readonly number[]): Promise<readonly (string | null)[]> {
    const { results } = this.#keysOf(runKey);
    const pages = new Set<number>();
    for (const index of indices) pages.add(pageOf(index));
    // Of many, most are packed; of few, it is cheaper to ask for both at once than one after the other.
    const few = indices.length <= FEW_RESULTS ? indices : [];
    const [packed, own] = await Promise.all([this.#readPacked(results, [...pages]), this.#readOwn(results, few)]);
    const found = indices.map((index, position): string | null => {
      const value = packed.get(pageOf(index))?.[index % PAGE_SIZE];
      return value === undefined ? (own[position] ?? null) : `S${value}`;
    });
    if (few.length > 0) return found;
    const lacking = indices.filter((_index, position) => found[position] === null);
    const rest = (await this.#readOwn(results, lacking)).values();
    return found.map((record) => record ?? rest.next().value ?? null);
  }

  async #readOwn(key: string, indices: readonly number[]): Promise<readonly (string | null)[]> {
    const slices = slicesOf(indices).map((slice) => this.#redis.hmget(key, ...slice.map(String)));
    return (await Promise.all(slices)).flat();
  }

  async #readPacked(
    key: string,
    pages: readonly number[],
  ): Promise<ReadonlyMap<number, readonly (string | undefined)[]>> {
    const unpacked = new Map<number, readonly (string | undefined)[]>();
    const read: Promise<void>[] = [];
    for (let from = 0; from < pages.length; from += PACKED_SLICE) {
      const slice = pages.slice(from, from + PACKED_SLICE);
      const reading = this.#redis.hmget(key, ...slice.map(packedField)).then((texts) => {
        for (const [position, page] of slice.entries()) {
          const text = texts[position];
          if (text !== null && text !== undefined) unpacked.set(page, unpackPage(text));
        }
      });
      read.push(reading);
    }
    await Promise.all(read);
    return unpacked;
  }

  async readPage(runKey: RunKey, page: number): Promise<readonly GraphNode[] | undefined> {
    const text = await this.#redis.hget(this.#keysOf(runKey).graph, `p${page}`);
    return text === null ? undefined : decodePage(text, page);
  }

  async addNodes(runKey: RunKey, nodes: readonly GraphNode[], base: number): Promise<void> {
    const keys = this.#keysOf(runKey);
    await this.#writeNodes(keys, nodes, base);
  }

  async allocate(runKey: RunKey, count: number): Promise<number> {
    // Whole pages, so that what is added never shares one with what is there.
    const pages = Math.ceil(count / PAGE_SIZE);
    const reached = await scripts.allocatePages.run(this.#redis, this.#keysOf(runKey).all, [pages]);
    if (Number(reached) === 0)
      throw new RunExpiredError(`run ${runKey} is not stored any more, so nothing can be added to it`);
    return (Number(reached) - pages) * PAGE_SIZE;
  }

  /** Lets a run tell which of its nodes end; nothing happens if it is gone. */
  async watch(runKey: RunKey): Promise<void> {
    await scripts.watchRun.run(this.#redis, this.#keysOf(runKey).all, []);
  }

  /** Tells a message to those who listen to a channel. */
  async publish(channel: string, message: string): Promise<void> {
    await this.#redis.publish(channel, message);
  }

  async abandon(runKey: RunKey): Promise<void> {
    const keys = this.#keysOf(runKey);
    await this.#redis.hset(keys.graph, "q", 1);
    await Promise.all(keys.all.map((key) => this.#redis.pexpire(key, this.#options.resultExpiresMs)));
  }

  async forget(runKey: RunKey, indices: readonly number[]): Promise<ForgetReply> {
    const { all } = this.#keysOf(runKey);
    let reply: unknown;
    for (const slice of slicesOnFewPages(indices)) {
      reply = await scripts.forgetResults.run(this.#redis, all, slice);
      if (reply !== "forgotten") break;
    }
    return reply === "forgotten" || reply === "deleted" || reply === "running" ? reply : "missing";
  }

  async delete(runKey: RunKey): Promise<void> {
    await this.#redis.unlink(...this.#keysOf(runKey).all);
  }

  async readMeta(runKey: RunKey): Promise<RunMeta | undefined> {
    const text = await this.#redis.hget(this.#keysOf(runKey).graph, "m");
    return text === null ? undefined : decodeMeta(text);
  }

  #keysOf(runKey: RunKey): RunKeys {
    if (this.#last?.runKey !== runKey) this.#last = { runKey, keys: runKeys(this.#options.prefix, runKey) };
    return this.#last.keys;
  }

  #concludeArgs(runKey: RunKey): (string | number)[] {
    return [runChannel(this.#options.prefix, runKey), this.#options.resultExpiresMs, HINT_BYTES, this.#options.window];
  }
}

function slicesOf<Item>(indices: readonly Item[]): (readonly Item[])[] {
  const slices: (readonly Item[])[] = [];
  for (let from = 0; from < indices.length; from += READ_SLICE) slices.push(indices.slice(from, from + READ_SLICE));
  return slices;
}

/** The same for nodes of which each page is looked at as a whole. */
function slicesOnFewPages(indices: readonly number[]): (readonly number[])[] {
  const slices: number[][] = [];
  let slice: number[] = [];
  let pages = 0;
  let before = -1;
  for (const index of indices) {
    const page = pageOf(index);
    if (slice.length === 0 || slice.length === READ_SLICE || (page !== before && pages === READ_PAGES)) {
      slice = [];
      slices.push(slice);
      pages = 0;
      before = -1;
    }
    if (page !== before) pages += 1;
    before = page;
    slice.push(index);
  }
  return slices;
}

function readNodeReply(reply: readonly unknown[]): NodeRecord {
  const [kind, detail, retries, update] = reply;
  switch (kind) {
    case "result":
      return readRecord(String(detail));
    case "flight":
      return String(detail).startsWith("r")
        ? readRunning(String(update))
        : { kind: "dispatched", retries: Number(retries) };
    case "revoked":
      return { kind: "revoked", payload: "", ...(detail === "" ? {} : { cause: Number(detail) }) };
    case "dead":
      return { kind: "dead", cause: Number(detail) };
    case "handedOver":
      return { kind: "handedOver", by: Number(detail) };
    case "waiting":
      return { kind: "waiting" };
    case "uncalled":
      return { kind: "uncalled" };
    default:
      return { kind: "unknown" };
  }
}

function readClaimReply(first: number, reply: readonly unknown[]): ClaimReply {
  const [kind, token, bits, deliveries, cause, retries, hasExpired, revoked, page, meta] = reply;
  switch (kind) {
    case "claimed":
      return {
        kind,
        token: Number(token),
        bits: String(bits),
        deliveries: Number(deliveries),
        retries: Number(retries),
        hasExpired: Number(hasExpired) === 1,
        revoked: String(revoked).split(",").filter(Boolean).map(Number),
        cause: cause === "" ? undefined : Number(cause),
        page:
          typeof page === "string" && typeof meta === "string"
            ? { nodes: decodePage(page, pageOf(first)), meta: decodeMeta(meta) }
            : undefined,
      };
    case "held":
      return { kind, holder: String(token) };
    case "early":
      return { kind, waitMs: Number(token) };
    case "paused":
    case "past":
      return { kind };
    case "foreign":
      return { kind, version: Number(token) };
    default:
      return { kind: "missing" };
  }
}

function pageCount(nodeCount: number): number {
  return Math.ceil(nodeCount / PAGE_SIZE);
}

function pageOf(index: number): number {
  return Math.floor(index / PAGE_SIZE);
}

const OUTCOME_LETTERS: { readonly [Kind in StoredOutcome["kind"]]: string } = {
  succeeded: "S",
  failed: "F",
  ignored: "I",
  revoked: "R",
  retried: "T",
  putOff: "W",
  replaced: "P",
};

/** Settlements that the script can take together: those of one slice that differ in node and payload alone. */
interface Block {
  readonly first: Settlement;
  readonly indices: number[];
  readonly payloads: string[];
}

function blocksOf(settlements: readonly Settlement[]): Block[] {
  const blocks: Block[] = [];
  let block: Block | undefined;
  for (const settlement of settlements) {
    if (block === undefined || !isAlike(block.first, settlement)) {
      block = { first: settlement, indices: [], payloads: [] };
      blocks.push(block);
    }
    block.indices.push(settlement.index);
    block.payloads.push(payloadOf(settlement));
  }
  return blocks;
}

/** Adds a block as the script reads it: one by one, or short values of equally distant members as one text. */
function pushBlock(args: (string | number)[], { first, indices, payloads }: Block): void {
  const stride = strideOf(indices);
  if (first.node.isTail && stride !== undefined && payloads.every(isShort)) {
    const [index = 0] = indices;
    const head = [sliceKey(first), first.token, "M", first.node.join, 1, "", "", "", "", ""];
    args.push(...head, indices.length, index, stride, payloads.join("\n"));
    return;
  }
  args.push(...headOf(first), indices.length);
  for (const [position, index] of indices.entries()) args.push(index, payloads[position] ?? "");
}

/** How far apart some nodes are, if they are all equally far; `undefined` for one. */
function strideOf(indices: readonly number[]): number | undefined {
  const [first = 0, second] = indices;
  if (second === undefined || second <= first) return undefined;
  const stride = second - first;
  return indices.every((index, position) => index === first + position * stride) ? stride : undefined;
}

/** The longest value that is packed with others of its page, bytes; advance.lua knows it too. */
const PACKED_BYTES = 64;

/** Whether a value may be packed with others of its page. */
function isShort(payload: string): boolean {
  if (payload.length > PACKED_BYTES || payload.includes("\n")) return false;
  // No character has more than three bytes.
  return payload.length * 3 <= PACKED_BYTES || Buffer.byteLength(payload) <= PACKED_BYTES;
}

/** Whether two settlements have the same head. Those of plain members of a group do; of others it need not be found out. */
function isAlike(one: Settlement, other: Settlement): boolean {
  return (
    one.outcome.kind === "succeeded" &&
    other.outcome.kind === "succeeded" &&
    one.first === other.first &&
    one.count === other.count &&
    one.token === other.token &&
    one.node.join === other.node.join &&
    one.node.isTail === other.node.isTail &&
    one.node.next.length === 0 &&
    other.node.next.length === 0 &&
    one.outcome.addition === undefined &&
    other.outcome.addition === undefined
  );
}

/** What a script must know of a settlement beside node and payload; what its outcome has no use for is left out. */
function headOf(settlement: Settlement): (string | number)[] {
  const { token, outcome, node, claimNextAs } = settlement;
  const start = [sliceKey(settlement), token, OUTCOME_LETTERS[outcome.kind]];
  switch (outcome.kind) {
    case "succeeded": {
      const addition = outcome.addition === undefined ? "" : encodeAddition(outcome.addition);
      return [...start, node.join, node.isTail ? 1 : 0, "", claimNextAs ?? "", node.next.join(","), "", addition];
    }
    case "replaced":
      return [...start, "", "", "", "", outcome.starts.join(","), "", ""];
    case "retried":
    case "putOff":
      return [...start, "", "", "", "", "", "", ""];
    default:
      return [...start, node.join, "", node.deadEnd, "", "", node.onError.join(","), ""];
  }
}

function payloadOf({ outcome, node }: Settlement): string {
  switch (outcome.kind) {
    case "succeeded":
    case "failed":
    case "revoked":
      return outcome.payload;
    case "ignored":
      return "";
    case "retried":
    case "putOff":
      return String(outcome.delayMs);
    case "replaced":
      return encodeJoinRecord(node, outcome.tail);
  }
}

function encodeAddition({ join, tails, start }: Addition): string {
  return `${join}:${tails.join(",")}:${start}`;
}

function joinsOf(nodes: readonly GraphNode[], base: number): (readonly [number, JoinNode])[] {
  const joins: (readonly [number, JoinNode])[] = [];
  let index = base;
  for (const node of nodes) {
    if (node.kind === "join") joins.push([index, node]);
    index += 1;
  }
  return joins;
}

function readFlight(key: string, text: string): Flight {
  const [generation = "", token = "", bits = "", holder = "", dueAt = "", , , stride = ""] = text.split("|");
  return {
    first: Number.parseInt(key, 10),
    count: bits.length,
    stride: Number(stride),
    generation: Number(generation),
    token: Number(token),
    holder,
    bits,
    dueAt: Number.parseInt(dueAt, 10),
  };
}

/** What a step of a chain starts: the successor was claimed with it, and nothing else happened. */
const STEPPED: SettleReply = {
  ...NOTHING_STARTED,
  accepted: [true],
  claimedNext: [true],
  room: 0,
  shared: 0,
  refills: [],
  runEnded: false,
  runFailed: false,
  runIsLarge: false,
  hasRevoked: false,
};

function readSettleReply(reply: unknown): SettleReply {
  if (reply === 1) return STEPPED;
  const [flags, cameTo, dispatches, spreads, seats] = replyArray(reply);
  const code = Number(cameTo);
  const ended = code % 2 === 1;
  const [room = 0, shared = 0, ...open] = readNumbers(seats);
  const letters = String(flags);
  return {
    accepted: flagsOf(letters, "0", false),
    claimedNext: flagsOf(letters, "2", true),
    dispatches: readDispatches(dispatches),
    spreads: readNumbers(spreads),
    room,
    shared,
    refills: readRefills(open),
    runEnded: ended,
    runFailed: ended && code % 4 === 3,
    runIsLarge: code > 4,
    hasRevoked: code === 2,
  };
}

/** A list that has `value` where a letter stands, and the opposite elsewhere. */
function flagsOf(letters: string, letter: string, value: boolean): boolean[] {
  const list = new Array<boolean>(letters.length).fill(!value);
  for (let at = letters.indexOf(letter); at !== -1; at = letters.indexOf(letter, at + 1)) list[at] = value;
  return list;
}

function readRefills(numbers: readonly number[]): Refill[] {
  const refills: Refill[] = [];
  for (let at = 0; at < numbers.length; at += 2) {
    const [spread = 0, handedOut = 0] = numbers.slice(at, at + 2);
    refills.push({ spread, handedOut });
  }
  return refills;
}

function readDispatches(reply: unknown): Dispatch[] {
  const numbers = readNumbers(reply);
  const dispatches: Dispatch[] = [];
  for (let at = 0; at < numbers.length; at += 5) {
    const [first = 0, count = 1, stride = 1, generation = 0, delayMs = 0] = numbers.slice(at, at + 5);
    dispatches.push({ first, count, stride, generation, delayMs });
  }
  return dispatches;
}

function readNumbers(reply: unknown): number[] {
  return replyArray(reply).map(Number);
}

function replyArray(reply: unknown): readonly unknown[] {
  return Array.isArray(reply) ? reply : [];
}
