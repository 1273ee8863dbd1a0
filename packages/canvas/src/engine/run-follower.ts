/**
 * What happens to the nodes of one run, for whoever shows it. One rule: each look costs a bounded amount of work, however
 * large the run is; what a look has no room for is told by the next.
 *
 * News says which nodes have ended, the run's flights which of them run. As news may be lost, what is gone from the
 * flights is read too.
 */
import { RunExpiredError, type RunKey } from "@umbel/core";
import type { OutlineSource } from "../graph/export/outline.ts";
import { type GraphNode, PAGE_SIZE } from "../graph/graph.ts";
import type { Flight, NodeRange, NodeRecord, RunInspection } from "../store/graph-store.ts";
import { sliceIndices } from "../store/slice.ts";
import { findAdditions } from "./run-graph.ts";
import type { Runtime } from "./runtime.ts";

/** How a node stands. `skipped`: it never runs because of another; `uncalled`: a callback for what did not happen. */
export type NodePhase =
  | "waiting"
  | "queued"
  | "running"
  | "retrying"
  | "succeeded"
  | "failed"
  | "revoked"
  | "ignored"
  | "skipped"
  | "uncalled";

/** A node that stands otherwise than at the last look. */
export interface PhaseChange {
  readonly index: number;
  readonly from: NodePhase;
  readonly to: NodePhase;
  /** When that happened, as far as is known; epoch milliseconds of the store. */
  readonly at: number;
  /** When it may start, where that is later; epoch milliseconds of the store. */
  readonly dueAt?: number;
}

/** What one look has seen. */
export interface RunLook {
  readonly changes: readonly PhaseChange[];
  /** Whether the run may have other steps than at the last look; true at the first. */
  readonly hasGrown: boolean;
  /** The store's time, epoch milliseconds. */
  readonly now: number;
  /** All of the run has ended, and all of that was told. */
  readonly hasEnded: boolean;
}

/** How many nodes one look reads. */
const READ_AT_ONCE = 4000;
const PAGES_AT_ONCE = 8;

const PHASES: readonly NodePhase[] = [
  "waiting",
  "queued",
  "running",
  "retrying",
  "succeeded",
  "failed",
  "revoked",
  "ignored",
  "skipped",
  "uncalled",
];
const CODES: ReadonlyMap<NodePhase, number> = new Map(PHASES.map((phase, code) => [phase, code]));
/** Codes from here on are final. */
const FIRST_FINAL = 4;

interface DoubtfulRange extends NodeRange {
  /** When it was told of, by this process's clock; `undefined` for what may have ended long ago. */
  readonly at?: number;
}

/** Follows one run. */
export class RunFollower {
  readonly #runtime: Runtime;
  readonly runKey: RunKey;
  readonly #nodes: (GraphNode | undefined)[] = [];
  #phases = new Uint8Array(0);
  #pagesRead = 0;
  /** Nodes that may have ended, in ranges. */
  #backlog: DoubtfulRange[] = [];
  /** Pages that attempts have written, and nothing of which has begun. */
  readonly #uncommitted = new Set<number>();
  #openSpreads: ReadonlySet<number> = new Set();
  /** What is added to this process's clock to have the store's, milliseconds. */
  #clockOffset = 0;
  /** Those that were in flight at the last look. */
  #inFlight: ReadonlySet<number> = new Set();
  #losses = 0;
  #isOpen = false;
  #stopListening = (): void => undefined;

  constructor(runtime: Runtime, runKey: RunKey) {
    this.#runtime = runtime;
    this.runKey = runKey;
  }

  /** The node with an index, once it was seen. */
  node(index: number): GraphNode | undefined {
    return this.#nodes[index];
  }

  /** How many indices were seen; nodes that attempts were promised may be missing. */
  get size(): number {
    return this.#nodes.length;
  }

  /** How a node stood at the last look. */
  phaseOf(index: number): NodePhase {
    return PHASES[this.#phases[index] ?? 0] ?? "waiting";
  }

  /**
   * Looks at the run.
   * @param all reads all that may have ended, however much that is
   * @throws RunExpiredError when the run is not stored any more
   */
  async look({ all = false } = {}): Promise<RunLook> {
    const { store, news } = this.#runtime;
    if (!this.#isOpen) await this.#open();
    if (news.losses !== this.#losses) this.#doubtAll();
    const inspection = await store.inspect(this.runKey);
    if (!inspection.exists)
      throw new RunExpiredError(`run ${this.runKey} is not stored any more: it expired or was forgotten`);
    const isNew = await this.#readPages(inspection.pageCount);
    this.#openSpreads = new Set(inspection.openSpreads.map(({ spread }) => spread));
    this.#clockOffset = inspection.now - Date.now();
    const changes = new Map<number, PhaseChange>();
    const doubtful = this.#applyFlights(inspection, changes);
    if (inspection.endedAt !== undefined) this.#doubtAll();
    await this.#readSome(doubtful, changes);
    if (all || inspection.endedAt !== undefined) await this.#readRest(changes);
    return {
      changes: [...changes.values()].filter(({ from, to }) => from !== to),
      hasGrown: this.#hasCommitted(changes) || isNew,
      now: inspection.now,
      hasEnded: inspection.endedAt !== undefined,
    };
  }

  /** Ends the following. Safe to repeat. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#stopListening();
    await this.#runtime.news.unfollow(this.runKey);
  }

  async #open(): Promise<void> {
    const { news } = this.#runtime;
    this.#isOpen = true;
    this.#losses = news.losses;
    this.#stopListening = news.listen(this.runKey, (range) => {
      if (range === undefined) this.#doubtAll();
      else this.#backlog.push({ ...range, at: Date.now() });
    });
    await news.follow(this.runKey);
  }

  /** Anything may have ended. */
  #doubtAll(): void {
    this.#losses = this.#runtime.news.losses;
    this.#backlog = this.#nodes.length === 0 ? [] : [{ first: 0, last: this.#nodes.length - 1 }];
  }

  /** Whether something of what attempts have added has begun, which shows that they count. */
  #hasCommitted(changes: ReadonlyMap<number, PhaseChange>): boolean {
    if (this.#uncommitted.size === 0) return false;
    const { size } = this.#uncommitted;
    for (const index of [...changes.keys(), ...this.#openSpreads])
      this.#uncommitted.delete(Math.floor(index / PAGE_SIZE));
    return this.#uncommitted.size < size;
  }

  /** Reads pages that are new, or were promised to attempts and not written before. True when the run was read first. */
  async #readPages(pageCount: number): Promise<boolean> {
    const isFirst = this.#pagesRead === 0;
    const missing: number[] = [];
    for (let page = 0; page < pageCount; page += 1) {
      if (page >= this.#pagesRead || this.#nodes[page * PAGE_SIZE] === undefined) missing.push(page);
    }
    this.#pagesRead = pageCount;
    let hasGrown = false;
    for (let from = 0; from < missing.length; from += PAGES_AT_ONCE) {
      const some = missing.slice(from, from + PAGES_AT_ONCE);
      const pages = await Promise.all(some.map((page) => this.#runtime.store.readPage(this.runKey, page)));
      for (const [position, page] of pages.entries()) {
        const first = (some[position] ?? 0) * PAGE_SIZE;
        if (page === undefined || page.length === 0) continue;
        if (isFirst) hasGrown = true;
        else this.#uncommitted.add(first / PAGE_SIZE);
        for (const [offset, node] of page.entries()) this.#nodes[first + offset] = node;
        this.#backlog.push({ first, last: first + page.length - 1 });
      }
    }
    if (this.#phases.length < this.#nodes.length) {
      const phases = new Uint8Array(Math.max(this.#nodes.length, this.#phases.length * 2));
      phases.set(this.#phases);
      this.#phases = phases;
    }
    return hasGrown;
  }

  /** Notes what runs, and gives the nodes of which only a read tells how they stand. */
  #applyFlights({ flights, now }: RunInspection, changes: Map<number, PhaseChange>): readonly number[] {
    const inFlight = new Set<number>();
    const doubtful: number[] = [];
    for (const flight of flights) {
      const isDelayed = flight.dueAt > now && flight.holder === "";
      for (const [position, index] of sliceIndices(flight).entries()) {
        if (flight.bits[position] === "1") continue;
        inFlight.add(index);
        const phase =
          isDelayed && flight.generation > 1 ? "retrying" : isRunning(flight, position) ? "running" : "queued";
        this.#change(changes, { index, to: phase, at: now, ...(isDelayed ? { dueAt: flight.dueAt } : {}) });
      }
    }
    for (const index of this.#inFlight) if (!inFlight.has(index) && !this.#isFinal(index)) doubtful.push(index);
    this.#inFlight = inFlight;
    return doubtful;
  }

  async #readSome(doubtful: readonly number[], changes: Map<number, PhaseChange>): Promise<void> {
    const told = this.#takeBacklog(Math.max(0, READ_AT_ONCE - doubtful.length));
    const known = new Set(told.map(({ index }) => index));
    const unknown = doubtful.filter((index) => !known.has(index));
    const some = [...told, ...unknown.map((index) => ({ index, at: undefined }))];
    if (some.length === 0) return;
    const indices = some.map(({ index }) => index);
    const records = await this.#runtime.store.readNodes(this.runKey, indices, { withPayloads: false });
    const open: DoubtfulRange[] = [];
    for (const [position, { index, at = Date.now() }] of some.entries()) {
      const record = records[position];
      if (record === undefined) continue;
      const phase = this.#phaseOfRecord(record);
      // Flights tell more of what has not ended.
      if (phase === undefined) open.push({ first: index, last: index, at });
      else if (isFinal(phase) || !this.#inFlight.has(index)) {
        this.#change(changes, { index, to: phase, at: at + this.#clockOffset });
      }
    }
    // Replaced by nodes that are read later.
    this.#backlog.push(...open);
  }

  async #readRest(changes: Map<number, PhaseChange>): Promise<void> {
    for (let left = -1; this.#backlog.length > 0; left = this.#backlog.length + changes.size) {
      await this.#readSome([], changes);
      // What waits for a node that says nothing is left.
      if (left === this.#backlog.length + changes.size && this.#backlog.length < READ_AT_ONCE) return;
    }
  }

  /** `undefined` where that depends on a node that has not been read yet. */
  #phaseOfRecord(record: NodeRecord): NodePhase | undefined {
    switch (record.kind) {
      case "succeeded":
      case "joined":
      case "forgotten":
        return "succeeded";
      case "failed":
      case "joinFailed":
        return "failed";
      case "revoked":
        return "revoked";
      case "ignored":
        return "ignored";
      case "dead":
        return "skipped";
      case "uncalled":
        return "uncalled";
      case "replaced":
        return this.#isFinal(record.by) ? this.phaseOf(record.by) : undefined;
      case "handedOver":
      case "running":
        return "running";
      case "dispatched":
        return record.retries > 0 ? "retrying" : "queued";
      default:
        return "waiting";
    }
  }

  /** Takes nodes out that may have ended and are not known to have. */
  #takeBacklog(most: number): { readonly index: number; readonly at: number | undefined }[] {
    const taken: { readonly index: number; readonly at: number | undefined }[] = [];
    while (taken.length < most) {
      const range = this.#backlog.shift();
      if (range === undefined) break;
      let index = range.first;
      for (; index <= range.last && taken.length < most; index += 1) {
        const node = this.#nodes[index];
        if (node !== undefined && node.kind !== "spread" && !this.#isFinal(index)) taken.push({ index, at: range.at });
      }
      if (index <= range.last) this.#backlog.unshift({ ...range, first: index });
    }
    return taken;
  }

  #change(changes: Map<number, PhaseChange>, change: Omit<PhaseChange, "from">): void {
    const { index, to } = change;
    const now = this.phaseOf(index);
    if (now === to || this.#isFinal(index)) return;
    this.#phases[index] = CODES.get(to) ?? 0;
    changes.set(index, { ...change, from: changes.get(index)?.from ?? now });
  }

  #isFinal(index: number): boolean {
    return (this.#phases[index] ?? 0) >= FIRST_FINAL;
  }

  /** The graph as it was at the last look, with what was added to it. Linear in its nodes. */
  graph(): OutlineSource {
    const hasStarted = (index: number) => {
      const phase = this.phaseOf(index);
      return (phase !== "waiting" && phase !== "uncalled") || this.#openSpreads.has(index);
    };
    const additions = findAdditions(this.#nodes, hasStarted);
    return {
      nodes: this.#nodes,
      replacementOf: (task) => additions.get(task)?.[0],
      additionsTo: (join) => additions.get(join) ?? [],
    };
  }
}

function isFinal(phase: NodePhase): boolean {
  return (CODES.get(phase) ?? 0) >= FIRST_FINAL;
}

function isRunning(flight: Flight, position: number): boolean {
  return flight.holder !== "" && flight.bits[position] === "r";
}
