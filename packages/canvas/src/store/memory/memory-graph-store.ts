/**
 * Graphs in this process. One rule: each method is one transition of `advance.ts`, done before anybody else has a turn;
 * what Redis would give, this gives too.
 */
import { RunExpiredError, type RunKey } from "@umbel/core";
import { decodeMeta, decodePage, encodePages, labelled, metaOf, type RunMeta } from "../../graph/codec.ts";
import { type Graph, type GraphNode, PAGE_SIZE, type StartToken } from "../../graph/graph.ts";
import {
  addJoins,
  type Concluded,
  claimSlice,
  createRun,
  expandSpread,
  flightsOf,
  forgetResults,
  pauseRun,
  type RunState,
  readNode,
  redispatchSlice,
  releaseSlice,
  reopenRun,
  resetNodes,
  restartRun,
  revokeNodes,
  settleNodes,
  tooLate,
  trackOf,
  updateState,
} from "../advance.ts";
import {
  type ClaimReply,
  type ClaimRequest,
  type CreateOptions,
  type Dispatch,
  type Flight,
  type ForgetReply,
  type GraphStore,
  type HandOut,
  type HeldSlice,
  NOTHING_STARTED,
  type NodeRange,
  type NodeRecord,
  type NodesReset,
  type NodeTrack,
  type Reopening,
  type RunInspection,
  type Settlement,
  type SettleReply,
  type SpreadPlace,
  STAGED_MS,
  type StagedRun,
  type Started,
  type StoredRun,
  stagedNodesLost,
} from "../graph-store.ts";
import type { SliceRange } from "../slice.ts";
import type { MemoryRun, MemoryRuns } from "./memory-runs.ts";

/** News that nodes of a run have ended. */
export interface EndedNews {
  readonly runKey: RunKey;
  /** The channel of the client that submitted the run. */
  readonly notify: string | undefined;
  /** The run's result, when it is there now, and what is stored for it; "" when it must be derived. */
  readonly result: { readonly index: number; readonly record: string } | undefined;
  /** Nodes that ended by themselves. */
  readonly ended: readonly number[];
  /** Nodes that ended and never ran. */
  readonly killed: readonly { readonly first: number; readonly last: number }[];
}

/** What a store in memory is made of. */
export interface MemoryGraphStoreOptions {
  /** The clock that decides every time, epoch milliseconds. */
  readonly now: () => number;
  /** How long an ended run is kept, milliseconds. */
  readonly resultExpiresMs: number;
  /** How many slices of a run may be in flight before members of its groups wait. */
  readonly window: number;
  /** Is told of nodes that ended, in the same step. */
  readonly tell?: (news: EndedNews) => void;
}

/** Keeps graphs among the runs that it is given; many stores may share them. */
export class MemoryGraphStore implements GraphStore {
  readonly #runs: MemoryRuns;
  readonly #options: MemoryGraphStoreOptions;

  constructor(runs: MemoryRuns, options: MemoryGraphStoreOptions) {
    this.#runs = runs;
    this.#options = options;
  }

  async create(graph: Graph, { notify, owner, labels }: CreateOptions): Promise<Started> {
    const now = this.#options.now();
    if (this.#runs.get(graph.runKey, now) !== undefined) return NOTHING_STARTED;
    const pages = new Map([...encodePages(graph.nodes)].entries());
    const { run: state, started } = createRun(graph, notify, now);
    const meta = JSON.stringify(labelled(metaOf(graph), labels));
    this.#runs.set(
      graph.runKey,
      { state, meta, pages, pageCount: pages.size, owner, log: [], isAbandoned: false },
      now,
    );
    return started;
  }

  async stage(runKey: RunKey, nodes: readonly GraphNode[], base: number): Promise<void> {
    const staged = this.#runs.staged(runKey, this.#options.now());
    for (const [position, text] of [...encodePages(nodes, base)].entries())
      staged.pages.set(base / PAGE_SIZE + position, text);
    for (const [position, node] of nodes.entries())
      if (node.kind === "join") staged.joins.push({ index: base + position, node });
    staged.expiresAt = this.#options.now() + STAGED_MS;
  }

  async createStaged(
    { runKey, meta, starts, pages: fork }: StagedRun,
    { notify, owner }: CreateOptions,
  ): Promise<Started> {
    const now = this.#options.now();
    if (this.#runs.get(runKey, now) !== undefined) return NOTHING_STARTED;
    const { pages, joins, resumer } = this.#runs.staged(runKey, now);
    if (pages.size < (fork?.stored ?? Math.ceil(meta.nodeCount / PAGE_SIZE))) throw stagedNodesLost(runKey);
    const { run: state, started } = createRun({ nodes: [], result: meta.result, starts }, notify, now);
    for (const { index, node } of joins) addJoins(state, [node], index);
    state.resumer = resumer;
    const text = JSON.stringify(meta);
    const pageCount = fork?.total ?? pages.size;
    this.#runs.set(runKey, { state, meta: text, pages, pageCount, owner, log: [], isAbandoned: false }, now);
    return started;
  }

  async claim(runKey: RunKey, incarnation: string, requests: readonly ClaimRequest[]): Promise<readonly ClaimReply[]> {
    const run = this.#find(runKey);
    if (run === undefined) return requests.map(() => ({ kind: "missing" }));
    const now = this.#options.now();
    return requests.map((request) => {
      const reply = claimSlice(run.state, incarnation, request, now);
      return reply.kind === "claimed" && request.withPage
        ? { ...reply, page: loadPage(run, Math.floor(request.first / PAGE_SIZE)) }
        : reply;
    });
  }

  async settle(runKey: RunKey, settlements: readonly Settlement[]): Promise<SettleReply> {
    const run = this.#find(runKey);
    if (run === undefined) return tooLate(settlements.length).reply;
    const { window, now } = this.#options;
    return this.#conclude(runKey, run, settleNodes(run.state, settlements, window, now()));
  }

  async expand(runKey: RunKey, spread: SpreadPlace, members: HandOut): Promise<SettleReply> {
    const run = this.#find(runKey);
    if (run === undefined) return tooLate(1).reply;
    const { window, now } = this.#options;
    return this.#conclude(runKey, run, expandSpread(run.state, spread, members, window, now()));
  }

  async release(runKey: RunKey, slice: HeldSlice, parts: readonly SliceRange[]): Promise<readonly Dispatch[]> {
    const run = this.#find(runKey);
    return run === undefined ? [] : releaseSlice(run.state, slice, parts, this.#options.now());
  }

  async pause(runKey: RunKey, isPaused: boolean): Promise<boolean> {
    const run = this.#find(runKey);
    return run !== undefined && pauseRun(run.state, isPaused);
  }

  async reopen(runKey: RunKey, reopening: Reopening): Promise<"reopened" | "running" | "missing"> {
    const run = this.#find(runKey);
    if (run === undefined) return "missing";
    const hadEnded = run.state.endedAt !== undefined || run.isAbandoned;
    const reply = reopenRun(run.state, reopening, run.isAbandoned, this.#options.now());
    if (reply === "reopened" && hadEnded) {
      run.isAbandoned = false;
      run.owner = reopening.owner;
      this.#runs.keep(runKey);
    }
    return reply;
  }

  async stageFork(runKey: RunKey, resumer: string): Promise<void> {
    const now = this.#options.now();
    const staged = this.#runs.staged(runKey, now);
    staged.resumer = { id: resumer, since: now };
    staged.expiresAt = now + STAGED_MS;
  }

  async reset(runKey: RunKey, resumer: string, nodes: NodesReset): Promise<boolean> {
    const run = this.#find(runKey);
    return run !== undefined && resetNodes(run.state, resumer, nodes);
  }

  async restart(runKey: RunKey, resumer: string, starts: readonly StartToken[]): Promise<Started | undefined> {
    const run = this.#find(runKey);
    return run === undefined ? undefined : restartRun(run.state, resumer, starts, this.#options.now());
  }

  async readAdded(runKey: RunKey, joins: readonly number[]): Promise<readonly (readonly number[])[]> {
    const states = this.#find(runKey)?.state.joins;
    return joins.map((join) => [...(states?.get(join)?.added ?? [])]);
  }

  async redispatch(runKey: RunKey, flight: Flight): Promise<number | undefined> {
    const run = this.#find(runKey);
    return run === undefined ? undefined : redispatchSlice(run.state, flight, this.#options.now());
  }

  async updateState(
    runKey: RunKey,
    attempt: HeldSlice & Pick<Settlement, "index">,
    state: string,
    payload: string,
  ): Promise<boolean> {
    const run = this.#find(runKey);
    if (run === undefined || !updateState(run.state, attempt, state, payload)) return false;
    const { index } = attempt;
    const { notify, result } = run.state;
    const news = { ended: [index], killed: [], result: index === result ? { index, record: "" } : undefined };
    this.#options.tell?.({ runKey, notify, ...news });
    return true;
  }

  async appendLog(runKey: RunKey, lines: readonly string[], most: number): Promise<boolean> {
    const log = this.#find(runKey)?.log;
    if (log === undefined) return false;
    log.push(...lines);
    log.splice(0, Math.max(0, log.length - most));
    return true;
  }

  async readLog(runKey: RunKey): Promise<readonly string[]> {
    return [...(this.#find(runKey)?.log ?? [])];
  }

  async revoke(runKey: RunKey, ranges: readonly NodeRange[], terminate: boolean): Promise<boolean> {
    const run = this.#find(runKey);
    if (run === undefined || !revokeNodes(run.state, ranges, terminate)) return false;
    const { notify, result } = run.state;
    const hasResult = ranges.some(({ first, last }) => first <= result && result <= last);
    const news = { ended: [], killed: ranges, result: hasResult ? { index: result, record: "" } : undefined };
    this.#options.tell?.({ runKey, notify, ...news });
    return true;
  }

  async describe(runKey: RunKey): Promise<StoredRun | undefined> {
    const run = this.#find(runKey);
    if (run === undefined) return undefined;
    const { endedAt, isPaused, epoch } = run.state;
    const { pageCount, isAbandoned } = run;
    return { meta: decodeMeta(run.meta), pageCount, endedAt, isPaused, isAbandoned, epoch };
  }

  async inspect(runKey: RunKey): Promise<RunInspection> {
    const run = this.#find(runKey);
    return {
      exists: run !== undefined,
      pageCount: run?.pageCount ?? 0,
      owner: run?.owner,
      endedAt: run?.state.endedAt,
      now: this.#options.now(),
      flights: run === undefined ? [] : flightsOf(run.state),
      openSpreads: [...(run?.state.open ?? [])].map(([spread, { handedOut }]) => ({ spread, handedOut })),
      revocations: run?.state.revocations ?? [],
      deleteAt: undefined,
      isPaused: run?.state.isPaused ?? false,
      resumingSince: run?.state.resumer?.since,
    };
  }

  async read(runKey: RunKey, index: number): Promise<NodeRecord> {
    const run = this.#find(runKey);
    return run === undefined ? { kind: "unknown" } : readNode(run.state, index);
  }

  async readNodes(
    runKey: RunKey,
    indices: readonly number[],
    { withPayloads }: { readonly withPayloads: boolean },
  ): Promise<readonly NodeRecord[]> {
    const records = await Promise.all(indices.map((index) => this.read(runKey, index)));
    return withPayloads
      ? records
      : records.map((record) => ("payload" in record ? { ...record, payload: "" } : record));
  }

  async readTracks(runKey: RunKey, indices: readonly number[]): Promise<readonly NodeTrack[]> {
    const run = this.#find(runKey);
    return indices.map((index) => (run === undefined ? { retries: 0, deliveries: 0 } : trackOf(run.state, index)));
  }

  async readResults(runKey: RunKey, indices: readonly number[]): Promise<readonly (string | null)[]> {
    const results = this.#find(runKey)?.state.results;
    return indices.map((index) => results?.get(index) ?? null);
  }

  async readPage(runKey: RunKey, page: number): Promise<readonly GraphNode[] | undefined> {
    const run = this.#find(runKey);
    return run === undefined ? undefined : loadPage(run, page)?.nodes;
  }

  async addNodes(runKey: RunKey, nodes: readonly GraphNode[], base: number): Promise<void> {
    const run = this.#find(runKey);
    if (run === undefined) return;
    const firstPage = base / PAGE_SIZE;
    for (const [position, text] of [...encodePages(nodes, base)].entries()) run.pages.set(firstPage + position, text);
    addJoins(run.state, nodes, base);
  }

  async allocate(runKey: RunKey, count: number): Promise<number> {
    const run = this.#find(runKey);
    if (run === undefined)
      throw new RunExpiredError(`run ${runKey} is not stored any more, so nothing can be added to it`);
    const first = run.pageCount;
    // Whole pages, as in Redis, so that what is added never shares one with what is there.
    run.pageCount += Math.ceil(count / PAGE_SIZE);
    return first * PAGE_SIZE;
  }

  async abandon(runKey: RunKey): Promise<void> {
    const { now, resultExpiresMs } = this.#options;
    const run = this.#find(runKey);
    if (run === undefined) return;
    run.isAbandoned = true;
    this.#runs.expireAt(runKey, now() + resultExpiresMs);
  }

  async forget(runKey: RunKey, indices: readonly number[]): Promise<ForgetReply> {
    const run = this.#find(runKey);
    if (run === undefined) return "missing";
    const reply = forgetResults(run.state, indices);
    if (reply === "deleted") this.#runs.delete(runKey);
    return reply;
  }

  async delete(runKey: RunKey): Promise<void> {
    this.#runs.delete(runKey);
  }

  async readMeta(runKey: RunKey): Promise<RunMeta | undefined> {
    const run = this.#find(runKey);
    return run === undefined ? undefined : decodeMeta(run.meta);
  }

  #find(runKey: RunKey): MemoryRun | undefined {
    return this.#runs.get(runKey, this.#options.now());
  }

  #conclude(runKey: RunKey, { state }: MemoryRun, { reply, told }: Concluded): SettleReply {
    const { now, resultExpiresMs, tell } = this.#options;
    if (reply.runEnded) this.#runs.expireAt(runKey, now() + resultExpiresMs);
    if (told.ended.length > 0) {
      tell?.({
        runKey,
        notify: state.notify,
        result: told.hasResult ? { index: state.result, record: hintOf(state) } : undefined,
        ended: told.ended,
        killed: told.killed,
      });
    }
    return reply;
  }
}

/** What is told of the run's result; why it was revoked must be read. */
function hintOf({ results, result }: RunState): string {
  const record = results.get(result) ?? "";
  return record === "R" ? "" : record;
}

function loadPage(
  run: MemoryRun,
  page: number,
): { readonly nodes: readonly GraphNode[]; readonly meta: RunMeta } | undefined {
  const text = run.pages.get(page);
  return text === undefined ? undefined : { nodes: decodePage(text, page), meta: decodeMeta(run.meta) };
}
