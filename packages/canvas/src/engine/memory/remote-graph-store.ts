/**
 * A memory store as a process sees it that may crash at any moment. One rule: each call happens in its turn, whole or
 * not at all.
 */
import type { RunKey } from "@umbel/core";
import type { RunMeta } from "../../graph/codec.ts";
import type { Graph, GraphNode, StartToken } from "../../graph/graph.ts";
import type {
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
  Reopening,
  RunInspection,
  Settlement,
  SettleReply,
  SpreadPlace,
  StagedRun,
  Started,
  StoredRun,
} from "../../store/graph-store.ts";
import type { SliceRange } from "../../store/slice.ts";
import type { FaultSource } from "./faults.ts";
import type { MemoryProcess } from "./memory-process.ts";

/** Hands calls on to a store, by turns and with faults. */
export class RemoteGraphStore implements GraphStore {
  readonly #store: GraphStore;
  readonly #process: MemoryProcess;
  readonly #faults: FaultSource;

  constructor(store: GraphStore, process: MemoryProcess, faults: FaultSource) {
    this.#store = store;
    this.#process = process;
    this.#faults = faults;
  }

  create(graph: Graph, options: CreateOptions): Promise<Started> {
    return this.#process.step(() => this.#store.create(graph, options));
  }

  stage(runKey: RunKey, nodes: readonly GraphNode[], base: number): Promise<void> {
    return this.#process.step(() => this.#store.stage(runKey, nodes, base));
  }

  createStaged(run: StagedRun, options: CreateOptions): Promise<Started> {
    return this.#process.step(() => this.#store.createStaged(run, options));
  }

  claim(runKey: RunKey, incarnation: string, requests: readonly ClaimRequest[]): Promise<readonly ClaimReply[]> {
    return this.#process.step(() => this.#store.claim(runKey, incarnation, requests));
  }

  settle(runKey: RunKey, settlements: readonly Settlement[]): Promise<SettleReply> {
    return this.#process.step(async () => {
      const { canCrash } = this.#process;
      if (canCrash && this.#faults.crashesBeforeSettle()) return await this.#process.crash();
      const reply = await this.#store.settle(runKey, settlements);
      if (canCrash && this.#faults.crashesBeforeDispatch()) return await this.#process.crash();
      return reply;
    });
  }

  expand(runKey: RunKey, spread: SpreadPlace, members: HandOut): Promise<SettleReply> {
    return this.#process.step(() => this.#store.expand(runKey, spread, members));
  }

  release(runKey: RunKey, slice: HeldSlice, parts: readonly SliceRange[]): Promise<readonly Dispatch[]> {
    return this.#process.step(() => this.#store.release(runKey, slice, parts));
  }

  pause(runKey: RunKey, isPaused: boolean): Promise<boolean> {
    return this.#process.step(() => this.#store.pause(runKey, isPaused));
  }

  reopen(runKey: RunKey, reopening: Reopening): Promise<"reopened" | "running" | "missing"> {
    return this.#process.step(() => this.#store.reopen(runKey, reopening));
  }

  stageFork(runKey: RunKey, resumer: string): Promise<void> {
    return this.#process.step(() => this.#store.stageFork(runKey, resumer));
  }

  reset(runKey: RunKey, resumer: string, nodes: NodesReset): Promise<boolean> {
    return this.#process.step(() => this.#store.reset(runKey, resumer, nodes));
  }

  restart(runKey: RunKey, resumer: string, starts: readonly StartToken[]): Promise<Started | undefined> {
    return this.#process.step(() => this.#store.restart(runKey, resumer, starts));
  }

  readAdded(runKey: RunKey, joins: readonly number[]): Promise<readonly (readonly number[])[]> {
    return this.#process.step(() => this.#store.readAdded(runKey, joins));
  }

  redispatch(runKey: RunKey, flight: Flight): Promise<number | undefined> {
    return this.#process.step(() => this.#store.redispatch(runKey, flight));
  }

  revoke(runKey: RunKey, ranges: readonly NodeRange[], terminate: boolean): Promise<boolean> {
    return this.#process.step(() => this.#store.revoke(runKey, ranges, terminate));
  }

  updateState(
    runKey: RunKey,
    attempt: HeldSlice & Pick<Settlement, "index">,
    state: string,
    payload: string,
  ): Promise<boolean> {
    return this.#process.step(() => this.#store.updateState(runKey, attempt, state, payload));
  }

  appendLog(runKey: RunKey, lines: readonly string[], most: number): Promise<boolean> {
    return this.#process.step(() => this.#store.appendLog(runKey, lines, most));
  }

  readLog(runKey: RunKey): Promise<readonly string[]> {
    return this.#process.step(() => this.#store.readLog(runKey));
  }

  describe(runKey: RunKey): Promise<StoredRun | undefined> {
    return this.#process.step(() => this.#store.describe(runKey));
  }

  inspect(runKey: RunKey): Promise<RunInspection> {
    return this.#process.step(() => this.#store.inspect(runKey));
  }

  read(runKey: RunKey, index: number): Promise<NodeRecord> {
    return this.#process.step(() => this.#store.read(runKey, index));
  }

  readNodes(
    runKey: RunKey,
    indices: readonly number[],
    detail: { readonly withPayloads: boolean },
  ): Promise<readonly NodeRecord[]> {
    return this.#process.step(() => this.#store.readNodes(runKey, indices, detail));
  }

  readTracks(runKey: RunKey, indices: readonly number[]): Promise<readonly NodeTrack[]> {
    return this.#process.step(() => this.#store.readTracks(runKey, indices));
  }

  readResults(runKey: RunKey, indices: readonly number[]): Promise<readonly (string | null)[]> {
    return this.#process.step(() => this.#store.readResults(runKey, indices));
  }

  readPage(runKey: RunKey, page: number): Promise<readonly GraphNode[] | undefined> {
    return this.#process.step(() => this.#store.readPage(runKey, page));
  }

  addNodes(runKey: RunKey, nodes: readonly GraphNode[], base: number): Promise<void> {
    return this.#process.step(() => this.#store.addNodes(runKey, nodes, base));
  }

  allocate(runKey: RunKey, count: number): Promise<number> {
    return this.#process.step(() => this.#store.allocate(runKey, count));
  }

  abandon(runKey: RunKey): Promise<void> {
    return this.#process.step(() => this.#store.abandon(runKey));
  }

  forget(runKey: RunKey, indices: readonly number[]): Promise<ForgetReply> {
    return this.#process.step(() => this.#store.forget(runKey, indices));
  }

  delete(runKey: RunKey): Promise<void> {
    return this.#process.step(() => this.#store.delete(runKey));
  }

  readMeta(runKey: RunKey): Promise<RunMeta | undefined> {
    return this.#process.step(() => this.#store.readMeta(runKey));
  }
}
