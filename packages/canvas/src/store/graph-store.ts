/**
 * What the engine asks of a store. One rule: each method is one atomic transition (or a read), safe to repeat; every
 * store passes the same contract tests.
 */
import { type DeadLetter, OperationalError, type RunKey } from "@umbel/core";
import type { RunLabels, RunMeta } from "../graph/codec.ts";
import { type Graph, type GraphNode, PAGE_SIZE, type StartToken } from "../graph/graph.ts";
import type { Revocation } from "./revocations.ts";
import type { SliceRange } from "./slice.ts";

/** A slice that must now be put on a queue. */
export interface Dispatch extends SliceRange {
  readonly generation: number;
  /** Milliseconds until it may start. */
  readonly delayMs: number;
}

/** What a transition has started. */
export interface Started {
  readonly dispatches: readonly Dispatch[];
  /**
   * Spreads that were opened; their members must be handed out with `expand`. Also joins that one script had no room to end:
   * those end when nobody is handed out for them.
   */
  readonly spreads: readonly number[];
}

export const NOTHING_STARTED: Started = { dispatches: [], spreads: [] };

/** The slice that a job points to. */
export interface ClaimRequest {
  readonly first: number;
  /** How many nodes the slice has, those that have ended included. */
  readonly count: number;
  readonly generation: number;
  /** A holder whose heartbeat is known to be gone; the slice may be taken from it. */
  readonly lostHolder?: string;
  /** Whether the page of `first` and the run's meta are to come with the answer. */
  readonly withPage: boolean;
}

export type ClaimReply =
  | {
      readonly kind: "claimed";
      /** Must come with each settlement; a later claim of the same slice makes it invalid. */
      readonly token: number;
      /** A letter a node: `r` is to run now, `1` ended before or is in another slice by now. */
      readonly bits: string;
      /** How often a worker was lost while it ran the first node. */
      readonly deliveries: number;
      /** How often it was retried. */
      readonly retries: number;
      /** Whether its time to start has passed. */
      readonly hasExpired: boolean;
      /** Those of its nodes that were revoked, and must end so. */
      readonly revoked: readonly number[];
      /** The node whose error an errback gets. */
      readonly cause: number | undefined;
      readonly page: { readonly nodes: readonly GraphNode[]; readonly meta: RunMeta } | undefined;
    }
  /** Another process runs it; its heartbeat tells whether it is alive. */
  | { readonly kind: "held"; readonly holder: string }
  /** Its time has not come, whatever the clock said of whoever delivered it; it comes in so many milliseconds. */
  | { readonly kind: "early"; readonly waitMs: number }
  /** Its run is paused: it will be dispatched anew. */
  | { readonly kind: "paused" }
  /** Done already, or dispatched anew since. */
  | { readonly kind: "past" }
  /** Another version of umbel has stored the run, and only such workers can read it. */
  | { readonly kind: "foreign"; readonly version: number }
  /** The run is not stored: not yet, or not any more. */
  | { readonly kind: "missing" };

/** How an attempt ended, in the form in which it is stored. */
export type StoredOutcome =
  /** `addition`: members that it adds to the chord around it. */
  | { readonly kind: "succeeded"; readonly payload: string; readonly addition?: Addition }
  /** `isExpected`: the task's `throws` says that this may happen; `letter`: a call that its task rejected. */
  | {
      readonly kind: "failed";
      readonly payload: string;
      readonly isExpected?: true;
      readonly letter?: DeadLetter;
    }
  | { readonly kind: "revoked"; readonly payload: string }
  | { readonly kind: "ignored" }
  | { readonly kind: "retried"; readonly delayMs: number }
  /** It goes back as if it had not begun. */
  | { readonly kind: "putOff"; readonly delayMs: number }
  /** Nodes that were stored before take its place; it ends as `tail` does. */
  | { readonly kind: "replaced"; readonly starts: readonly StartToken[]; readonly tail: number };

/** Nodes of a run, from `first` to `last`. */
export interface NodeRange {
  readonly first: number;
  readonly last: number;
}

/** Members that a task adds to a join; their nodes were stored before. */
export interface Addition {
  readonly join: number;
  /** One a member. */
  readonly tails: readonly number[];
  /** The only member, or the spread from which they are handed out. */
  readonly start: StartToken;
}

/** A slice that was claimed. */
export interface HeldSlice {
  readonly first: number;
  readonly count: number;
  readonly token: number;
}

/** How one attempt of one node ended. @remarks `first` and `count` are those of its slice. */
export interface Settlement extends Omit<HeldSlice, "token"> {
  readonly index: number;
  /** That of the claim; or `waits`: ends it if it has not begun; or `any`: ends it whoever runs it, who is then too late. */
  readonly token: number | "waits" | "any";
  readonly outcome: StoredOutcome;
  readonly node: GraphNode & { kind: "task" };
  /** Set when this worker wants to go on with the node's only successor: it is claimed in the same step. */
  readonly claimNextAs?: string;
}

/** A spread with members left. */
export interface Refill {
  readonly spread: number;
  readonly handedOut: number;
}

/** Where a spread's members are handed out from. */
export interface SpreadPlace {
  readonly index: number;
  /** -1 where no join waits for them. */
  readonly join: number;
  readonly total: number;
  /** How many of its members may be in flight. */
  readonly limit?: number;
}

export interface SettleReply extends Started {
  /** For each settlement, in order, whether it counted; a lost attempt does not. */
  readonly accepted: readonly boolean[];
  /** For each settlement with `claimNextAs`, in order, whether its successor was claimed. */
  readonly claimedNext: readonly boolean[];
  /** How many more slices may be in flight; may be less than 0. */
  readonly room: number;
  /** How many slices of several nodes are in flight. */
  readonly shared: number;
  /** Spreads with members left to hand out now: one when half the window is free, and each whose own limit allows it. */
  readonly refills: readonly Refill[];
  readonly runEnded: boolean;
  /** Whether the run has ended without the result that it was for. */
  readonly runFailed: boolean;
  /** Whether a run that has ended is so large that it must be deleted when its time has passed, instead of expiring. */
  readonly runIsLarge: boolean;
  /** Whether members of groups were revoked that must still be ended. */
  readonly hasRevoked: boolean;
}

/** Members of a spread that are started together. */
export interface HandOut {
  /** The ordinal of the first. */
  readonly from: number;
  /** The ordinal behind the last. */
  readonly to: number;
  /** One for each slice. */
  readonly starts: readonly StartToken[];
}

/** What is stored of a node, as far as one read tells. */
export type NodeRecord =
  | { readonly kind: "succeeded"; readonly payload: string }
  | { readonly kind: "failed"; readonly payload: string }
  | { readonly kind: "ignored" }
  /** `payload`: why, or "" for what was revoked before it began; `cause`: the node whose failure that follows from. */
  | { readonly kind: "revoked"; readonly payload: string; readonly cause?: number }
  /** It had a result, which was deleted. */
  | { readonly kind: "forgotten" }
  /** A join all of whose members succeeded; `added`: tails of members that were added to it. */
  | { readonly kind: "joined"; readonly added: readonly number[] }
  /** A replaced task: ended as that node did. */
  | { readonly kind: "replaced"; readonly by: number }
  /** A replaced task that goes on: it will end as that node does. */
  | { readonly kind: "handedOver"; readonly by: number }
  /** A join of which this member was the first, in order, to fail. */
  | { readonly kind: "joinFailed"; readonly member: number }
  /** Never runs, because of that node. */
  | { readonly kind: "dead"; readonly cause: number }
  | { readonly kind: "dispatched"; readonly retries: number }
  /** `state`: one that it has given itself; `payload`: what it has told with it, JSON or "". */
  | { readonly kind: "running"; readonly state?: string; readonly payload?: string }
  | { readonly kind: "waiting" }
  /** The run has ended without it: a callback for what did not happen. */
  | { readonly kind: "uncalled" }
  | { readonly kind: "unknown" };

/** When and where a node ran, as far as that is kept. Times are epoch milliseconds of the store. */
export interface NodeTrack {
  /** How often it was tried again. */
  readonly retries: number;
  /** How often a worker was lost while it ran it. */
  readonly deliveries: number;
  /** When its last attempt could have begun. */
  readonly readyAt?: number;
  /** When it was claimed. */
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** Who claimed it. */
  readonly holder?: string;
}

/** One slice in flight, as the janitor sees it. */
export interface Flight extends SliceRange {
  readonly generation: number;
  readonly token: number;
  readonly holder: string;
  /** One letter a node: `0` waits, `r` runs, `1` has ended. */
  readonly bits: string;
  /** When it was last dispatched or may start, epoch milliseconds of the store. */
  readonly dueAt: number;
}

/** How a run stands, as the janitor sees it. */
export interface RunInspection {
  readonly exists: boolean;
  /** How many pages its graph has, with those that attempts were promised. */
  readonly pageCount: number;
  /** The process without which nobody can run it. */
  readonly owner: string | undefined;
  readonly endedAt: number | undefined;
  /** The store's time, epoch milliseconds. */
  readonly now: number;
  readonly flights: readonly Flight[];
  /** But for those that wait for a member to end; with joins that are to end. */
  readonly openSpreads: readonly Refill[];
  readonly revocations: readonly Revocation[];
  /** When a large run that has ended is to be deleted, epoch milliseconds of the store. Others expire. */
  readonly deleteAt: number | undefined;
  readonly isPaused: boolean;
  /** When somebody began to resume it, or to make it as a fork, who has not come to the end of that. */
  readonly resumingSince: number | undefined;
}

/** What became of results that were to be forgotten; those of a run that goes on stay. */
export type ForgetReply = "forgotten" | "deleted" | "running" | "missing";

/** What is said of a run when it is stored. */
export interface CreateOptions {
  /** Channel of the client that waits for its result. */
  readonly notify?: string;
  /** The process without which nobody can run it. */
  readonly owner?: string;
  readonly labels?: RunLabels;
}

/** How a run stands as a whole. */
export interface StoredRun {
  readonly meta: RunMeta;
  /** How many pages its graph has, with those that attempts were promised. */
  readonly pageCount: number;
  /** Epoch milliseconds of the store. */
  readonly endedAt: number | undefined;
  readonly isPaused: boolean;
  /** Whether the process is gone that alone could run it. */
  readonly isAbandoned: boolean;
  /** How often it was resumed. */
  readonly epoch: number;
}

/** A run whose nodes were staged, and how much of them there must be. */
export interface StagedRun {
  readonly runKey: RunKey;
  readonly meta: RunMeta;
  readonly starts: readonly StartToken[];
  readonly joinCount: number;
  /** Of a fork, whose pages may have gaps: how many it has, and how many there are with those that were promised. */
  readonly pages?: { readonly stored: number; readonly total: number };
}

/** A join that waits again for some of its members, or a replaced task that waits for what took its place. */
export interface JoinReset {
  readonly index: number;
  /** Members that have not ended. */
  readonly missing: number;
  /** The spread from which these are handed out, if it is another one than before. */
  readonly spread?: number;
  /** Tails that tasks have added, where the run does not know of them yet. */
  readonly added?: readonly number[];
  /** Of a replaced task, where the run does not know of that yet: its node, and the node that it stands for. */
  readonly replaced?: { readonly node: GraphNode & { readonly kind: "task" }; readonly tail: number };
}

/** What is changed of a run before it goes on. */
export interface NodesReset {
  /** Nodes that are as if they had never run. */
  readonly again: readonly number[];
  /** Tasks that were replaced and run again themselves: what took their place is no part of the run any more. */
  readonly unreplaced: readonly number[];
  readonly joins: readonly JoinReset[];
  /** Nodes that have results of another run. */
  readonly adopted: readonly { readonly index: number; readonly record: string; readonly mayPack: boolean }[];
}

/** Who resumes a run. */
export interface Reopening {
  /** Tells this attempt to resume from others. */
  readonly resumer: string;
  /** How often the run had been resumed when it was looked at; if it was since, it is taken for one that goes on. */
  readonly epoch: number;
  /** The process that the run is to end with. */
  readonly owner?: string;
  /** After how long the work of another is taken over that has not come to its end, milliseconds. */
  readonly takeOverMs: number;
}

/**
 * How many windows there may be of members of groups that wait for their time, beside those that can run: they hold no
 * seat, but each of them is a job.
 */
export const LATE_WINDOWS = 9;

/** How many nodes one script touches, more or less: so long nobody else is served. */
export const MOST_NODES = 1000;

/** How long nodes are kept that were staged for a run which was never created, milliseconds. */
export const STAGED_MS = 600_000;

/** How many nodes are staged with one call, so that no command touches more than 1,000. */
export const STAGED_NODES = 3 * PAGE_SIZE;

/** Keeps graphs and what has happened of them. */
export interface GraphStore {
  /** Stores a run and starts its first nodes. A run that exists already is left as it is and starts nothing. */
  create(graph: Graph, options: CreateOptions): Promise<Started>;
  /**
   * Stores nodes of a run that is not created yet, whole pages but for the last. All that is staged of the run expires by
   * itself when no more comes; with no nodes at all it only lives longer.
   */
  stage(runKey: RunKey, nodes: readonly GraphNode[], base: number): Promise<void>;
  /**
   * Stores a run whose nodes were staged. A run that exists already is left as it is and starts nothing.
   * @throws OperationalError when staged nodes have expired
   */
  createStaged(run: StagedRun, options: CreateOptions): Promise<Started>;
  /**
   * Gives slices of one run to a worker, as far as they are there for it; the replies are in order.
   * @param incarnation who claims: one life of one worker process
   */
  claim(runKey: RunKey, incarnation: string, requests: readonly ClaimRequest[]): Promise<readonly ClaimReply[]>;
  /** Ends attempts of nodes of one run, stores their results, and starts what is ready then. Safe to repeat. */
  settle(runKey: RunKey, settlements: readonly Settlement[]): Promise<SettleReply>;
  /** Hands out members of a spread, as many as its limit allows. Nothing happens if they were handed out already. */
  expand(runKey: RunKey, spread: SpreadPlace, members: HandOut): Promise<SettleReply>;
  /**
   * Revokes nodes: those that have not begun never will, wherever they are in their run. False when the run has ended or
   * is gone. What is in flight or waits to be handed out must still be ended with `settle` and `expand`.
   * @param terminate whether attempts that run are to be ended too
   */
  revoke(runKey: RunKey, ranges: readonly NodeRange[], terminate: boolean): Promise<boolean>;
  /** Lets nothing of a run begin for now, or again. False when it has ended or is gone. */
  pause(runKey: RunKey, isPaused: boolean): Promise<boolean>;
  /**
   * Opens a run that has ended, or was abandoned, for `reset` and `restart`: what was in flight, revoked or dead is so no
   * more, and attempts of before are too late for ever. Only one at a time resumes a run.
   */
  reopen(runKey: RunKey, reopening: Reopening): Promise<"reopened" | "running" | "missing">;
  /** Stages, beside the pages of a fork, who makes it; once it is created, that one goes on with `reset`. */
  stageFork(runKey: RunKey, resumer: string): Promise<void>;
  /** Says what has run and what has not. Safe to repeat. False when somebody else resumes the run now. */
  reset(runKey: RunKey, resumer: string, nodes: NodesReset): Promise<boolean>;
  /** Starts what comes first then; `undefined` when somebody else resumes the run now. */
  restart(runKey: RunKey, resumer: string, starts: readonly StartToken[]): Promise<Started | undefined>;
  /** Gives the tails that tasks have added to joins, in order. */
  readAdded(runKey: RunKey, joins: readonly number[]): Promise<readonly (readonly number[])[]>;
  /**
   * Gives nodes of a slice back that were claimed and have not begun; they are dispatched anew in the given parts. Nothing
   * happens if the slice is no longer held. A part of several nodes must not begin where the slice does.
   */
  release(runKey: RunKey, slice: HeldSlice, parts: readonly SliceRange[]): Promise<readonly Dispatch[]>;
  /** Dispatches a slice anew, if it is still as the janitor saw it. Gives the new generation. */
  redispatch(runKey: RunKey, flight: Flight): Promise<number | undefined>;
  /** Shows a state that a running task gives itself, with what is told, JSON or "". False when the attempt was lost. */
  updateState(
    runKey: RunKey,
    attempt: HeldSlice & Pick<Settlement, "index">,
    state: string,
    payload: string,
  ): Promise<boolean>;
  /**
   * Keeps lines that tasks of a run have logged, behind those before them, for as long as the run. Of all no more than `most`
   * are kept, the last ones. False when the run is gone.
   */
  appendLog(runKey: RunKey, lines: readonly string[], most: number): Promise<boolean>;
  /** Reads the lines that are kept, in order; none of a run that is gone. */
  readLog(runKey: RunKey): Promise<readonly string[]>;
  /** Reads how a run stands as a whole; `undefined` when it is gone. */
  describe(runKey: RunKey): Promise<StoredRun | undefined>;
  /** Looks at a run. */
  inspect(runKey: RunKey): Promise<RunInspection>;
  /** Reads one node's state. */
  read(runKey: RunKey, index: number): Promise<NodeRecord>;
  /** Reads the states of several nodes, in order. @param detail without payloads, they are empty */
  readNodes(
    runKey: RunKey,
    indices: readonly number[],
    detail: { readonly withPayloads: boolean },
  ): Promise<readonly NodeRecord[]>;
  /** Reads when and where several nodes ran, in order. */
  readTracks(runKey: RunKey, indices: readonly number[]): Promise<readonly NodeTrack[]>;
  /** Reads what is stored for several nodes: `S…`, `F…`, `J`, `C…`, or null. */
  readResults(runKey: RunKey, indices: readonly number[]): Promise<readonly (string | null)[]>;
  /** Reads one page of the graph; `undefined` when the run is gone. */
  readPage(runKey: RunKey, page: number): Promise<readonly GraphNode[] | undefined>;
  /** Stores nodes that an attempt wants to add to its run; nothing leads to them until it is settled. */
  addNodes(runKey: RunKey, nodes: readonly GraphNode[], base: number): Promise<void>;
  /** Gives the first index of a new stretch of indices. @throws RunExpiredError when the run is gone */
  allocate(runKey: RunKey, count: number): Promise<number>;
  /** Lets a run expire that nobody will go on with. */
  abandon(runKey: RunKey): Promise<void>;
  /** Deletes results of a run that has ended; with the run's own result among them, the whole run. */
  forget(runKey: RunKey, indices: readonly number[]): Promise<ForgetReply>;
  /** Deletes all that is stored of a run. */
  delete(runKey: RunKey): Promise<void>;
  readMeta(runKey: RunKey): Promise<RunMeta | undefined>;
}

/** Reads what is stored as a node's result. */
export function readRecord(record: string): NodeRecord {
  const payload = record.slice(1);
  switch (record[0]) {
    case "S":
      return { kind: "succeeded", payload };
    case "J":
      return { kind: "joined", added: payload.split(",").filter(Boolean).map(Number) };
    case "P":
    case "Q":
      return { kind: "replaced", by: Number(payload) };
    case "I":
      return { kind: "ignored" };
    case "X":
      return { kind: "forgotten" };
    case "R":
      return { kind: "revoked", payload };
    case "C":
      return { kind: "joinFailed", member: Number(payload) };
    default:
      return { kind: "failed", payload };
  }
}

/** Reads what is kept of a running task: "", or its state's line and what it has told. */
export function readRunning(text: string): NodeRecord {
  if (text === "") return { kind: "running" };
  const [state = ""] = text.split("\n", 1);
  return { kind: "running", state, payload: text.slice(state.length + 1) };
}

/** The error for a run whose nodes are not all there any more. */
export function stagedNodesLost(runKey: RunKey): OperationalError {
  return new OperationalError(
    `run ${runKey} was not stored: what was written of it before has expired, because nothing more came for ${STAGED_MS / 60_000} minutes; send it again`,
  );
}
