/**
 * The pure specification of what happens to a run: what each script of `redis/scripts/` decides, under the same names,
 * on plain state. One rule: a transition knows its arguments and the state that it changes, and nothing else: no clock,
 * no store, no chance.
 */
import { type Ending, type Graph, type GraphNode, type JoinNode, PAGE_SIZE, type StartToken } from "../graph/graph.ts";
import {
  type Addition,
  type ClaimReply,
  type ClaimRequest,
  type Dispatch,
  type Flight,
  type ForgetReply,
  type HandOut,
  type HeldSlice,
  LATE_WINDOWS,
  MOST_NODES,
  NOTHING_STARTED,
  type NodeRange,
  type NodeRecord,
  type NodesReset,
  type NodeTrack,
  type Refill,
  type Reopening,
  readRecord,
  readRunning,
  type Settlement,
  type SettleReply,
  type SpreadPlace,
  type Started,
} from "./graph-store.ts";
import { HOLDER_LENGTH } from "./keys.ts";
import { type Revocation, revocationOf } from "./revocations.ts";
import { NUMBERS_AN_EPOCH, type SliceRange, single, sliceIndices, sliceKey } from "./slice.ts";

/** A slice in flight. */
interface FlightState {
  readonly first: number;
  readonly stride: number;
  readonly generation: number;
  readonly token: number;
  /** One letter a node: `0` dispatched, `r` runs, `1` settled. */
  readonly bits: string;
  /** Who runs it; empty while nobody does. */
  readonly holder: string;
  /** When it was last dispatched or may start, epoch milliseconds. */
  readonly dueAt: number;
  /** When it was claimed, if it was. */
  readonly claimedAt?: number;
  /** Epoch milliseconds. */
  readonly expiresAt: number | undefined;
  readonly cause: number | undefined;
}

/** A spread with members left; or a join that is to end, for which one script had no room. */
interface OpenSpread {
  readonly handedOut: number;
  /** The node whose error its members get. */
  readonly cause: number | undefined;
  /** When its members became ready, epoch milliseconds: their times count from then, however late they are handed out. */
  readonly since: number;
}

/** A join that has not ended, or has. */
interface JoinState {
  readonly ending: Pick<Ending, "join" | "isTail" | "deadEnd" | "next" | "onError"> & Pick<JoinNode, "failFast">;
  /** The node that a replaced task stands for. */
  readonly standsFor: number | undefined;
  /** Members that have not ended. */
  missing: number;
  /** The first member in order that failed. */
  failed: number | undefined;
  /** Tails of members that were added. */
  readonly added: number[];
}

/** Nodes that never run, because of one that failed. */
interface DeadRange extends NodeRange {
  readonly cause: number;
  /** The number of the last revocation before. */
  readonly revocations: number;
}

/** What has happened to a run so far, beside its graph. */
export interface RunState {
  readonly result: number;
  /** Channel of the client that submitted it. */
  readonly notify: string | undefined;
  /** By `sliceKey`. */
  readonly flights: Map<string, FlightState>;
  readonly open: Map<number, OpenSpread>;
  /** Spreads that wait for a member to end, because only so many may be in flight; by their joins. */
  readonly limited: Map<number, OpenSpread & { readonly spread: number }>;
  /** As `readRecord` reads them. */
  readonly results: Map<number, string>;
  readonly joins: Map<number, JoinState>;
  /** By `first`; ranges never overlap. */
  readonly dead: DeadRange[];
  readonly revocations: Revocation[];
  /** Revoked nodes that were claimed to be ended. */
  readonly ending: Set<number>;
  /** How often a worker was lost while it ran the node. */
  readonly deliveries: Map<number, number>;
  readonly retries: Map<number, number>;
  /** States that running tasks have given themselves, as `readRunning` reads them. */
  readonly states: Map<number, string>;
  /** How many slices of several nodes are in flight. */
  shared: number;
  /** How many members were handed out whose time comes later, by that time: they hold no seat of the window. */
  late: Map<number, number>;
  /** Whether nothing more may begin for now. */
  isPaused: boolean;
  /** How often the run was resumed. */
  epoch: number;
  /** Who resumes it and has not come to the end of that, and since when. */
  resumer: { readonly id: string; readonly since: number } | undefined;
  /** When and where nodes ran. */
  readonly tracks: Map<number, Partial<NodeTrack>>;
  /** Epoch milliseconds. */
  endedAt: number | undefined;
}

/** How many different times are kept of members that wait for theirs; what has another holds a seat meanwhile. */
const MOST_TIMES = 256;

/** What a transition changed. */
class Change {
  readonly now: number;
  readonly dispatches: Dispatch[] = [];
  readonly spreads: number[] = [];
  readonly ended: number[] = [];
  readonly killed: NodeRange[] = [];
  readonly refills: Refill[] = [];
  /** How many members start later, by that time. */
  readonly late = new Map<number, number>();
  hasRevoked = false;

  constructor(now: number) {
    this.now = now;
  }
}

/** What those who wait are to hear of a transition. */
export interface Told {
  /** Nodes that ended by themselves. */
  readonly ended: readonly number[];
  /** Nodes that ended and never ran. */
  readonly killed: readonly { readonly first: number; readonly last: number }[];
  /** Whether the run's result is among them. */
  readonly hasResult: boolean;
}

/** A reply, and what is to be told. */
export interface Concluded {
  readonly reply: SettleReply;
  readonly told: Told;
}

/** Makes the state of a run and starts its first nodes. */
export function createRun(
  graph: Pick<Graph, "nodes" | "result" | "starts">,
  notify: string | undefined,
  now: number,
): { readonly run: RunState; readonly started: Started } {
  const run: RunState = {
    result: graph.result,
    notify,
    flights: new Map(),
    open: new Map(),
    limited: new Map(),
    results: new Map(),
    joins: new Map(),
    dead: [],
    revocations: [],
    ending: new Set(),
    deliveries: new Map(),
    retries: new Map(),
    states: new Map(),
    shared: 0,
    late: new Map(),
    isPaused: false,
    epoch: 0,
    resumer: undefined,
    tracks: new Map(),
    endedAt: undefined,
  };
  addJoins(run, graph.nodes, 0);
  const change = new Change(now);
  startAll(run, change, graph.starts);
  return { run, started: { dispatches: change.dispatches, spreads: change.spreads } };
}

/** Makes joins known that are among added nodes. @param base the index of the first node */
export function addJoins(run: RunState, nodes: readonly GraphNode[], base: number): void {
  for (const [position, node] of nodes.entries()) if (node.kind === "join") openJoin(run, base + position, node);
}

function openJoin(run: RunState, index: number, join: JoinNode): void {
  run.joins.set(index, { ending: join, standsFor: undefined, missing: join.size, failed: undefined, added: [] });
}

/** Gives a slice to a worker, but not one that is done, was dispatched anew, runs elsewhere, or whose time has not come. */
export function claimSlice(
  run: RunState,
  incarnation: string,
  request: Omit<ClaimRequest, "withPage">,
  now: number,
): Exclude<ClaimReply, { readonly kind: "missing" }> {
  const { first, generation, lostHolder } = request;
  const flight = run.flights.get(sliceKey(request));
  if (flight === undefined || flight.generation !== generation) return { kind: "past" };
  const isHeldByOther = flight.holder !== "" && flight.holder !== incarnation;
  if (isHeldByOther && flight.holder !== lostHolder) return { kind: "held", holder: flight.holder };
  if (flight.holder === "" && flight.dueAt > now) return { kind: "early", waitMs: flight.dueAt - now };
  if (run.isPaused) return { kind: "paused" };
  let deliveries = 0;
  if (isHeldByOther) {
    // Only what was running when its worker was lost counts as lost with it.
    for (const [offset, bit] of [...flight.bits].entries()) {
      if (bit !== "r") continue;
      const index = first + offset * flight.stride;
      const lost = (run.deliveries.get(index) ?? 0) + 1;
      run.deliveries.set(index, lost);
      run.states.delete(index);
      if (offset === 0) deliveries = lost;
    }
  }
  const token = flight.token + 1;
  const bits = flight.bits.replaceAll("0", "r");
  run.flights.set(sliceKey(request), { ...flight, token, bits, holder: incarnation, claimedAt: now });
  const revoked = sliceIndices({ ...flight, count: bits.length }).filter(
    (index, offset) => bits[offset] === "r" && revocationOf(run.revocations, index) !== undefined,
  );
  // Who claims them ends them so; meanwhile nobody takes them for running.
  for (const index of revoked) run.ending.add(index);
  return {
    kind: "claimed",
    token,
    bits,
    deliveries,
    retries: generation === 1 ? 0 : (run.retries.get(first) ?? 0),
    hasExpired: flight.expiresAt !== undefined && flight.expiresAt < now,
    revoked,
    cause: flight.cause,
    page: undefined,
  };
}

/**
 * Ends attempts of nodes: stores their results and starts what is ready then. Safe to repeat: an attempt whose token is
 * not the slice's any more changes nothing.
 */
export function settleNodes(run: RunState, settlements: readonly Settlement[], window: number, now: number): Concluded {
  const change = new Change(now);
  const flags = settlements.map((settlement) => settleNode(run, change, settlement));
  // A run does not live longer for what changed nothing.
  return flags.every((flag) => flag === "stale") ? tooLate(settlements.length) : conclude(run, change, flags, window);
}

/** Whether a settlement counted, and whether its successor was claimed with it. */
type Flag = "stale" | "accepted" | "claimedNext";

function settleNode(run: RunState, change: Change, settlement: Settlement): Flag {
  const { index, token, outcome, node, claimNextAs } = settlement;
  const key = sliceKey(settlement);
  const flight = run.flights.get(key);
  if (flight === undefined || !mayEnd(flight, index, token)) return "stale";
  land(run, key, flight, [index]);
  run.states.delete(index);
  const isPutBack = outcome.kind === "retried" || outcome.kind === "putOff";
  if (!isPutBack && bitOf(flight, index) === "r") track(run, change, index, flight);
  if (isPutBack) {
    if (outcome.kind === "retried") run.retries.set(index, (run.retries.get(index) ?? 0) + 1);
    putBack(run, change, index, flight, outcome.delayMs);
    return "accepted";
  }
  if (outcome.kind === "replaced") {
    // It becomes a join of the one tail of what replaces it.
    run.joins.set(index, { ending: node, standsFor: outcome.tail, missing: 1, failed: undefined, added: [] });
    startAll(run, change, outcome.starts);
    return "accepted";
  }
  run.results.set(index, recordOf(outcome));
  change.ended.push(index);
  if (outcome.kind !== "succeeded") {
    kill(run, change, index, node.deadEnd);
    // What was revoked or ignored calls nobody, as in Celery; a group that fails with it does.
    if (outcome.kind === "failed") startAll(run, change, node.onError);
    leave(run, change, node.join, index);
    return "accepted";
  }
  if (outcome.addition !== undefined) add(run, change, outcome.addition);
  const [onlyNext] = node.next;
  const claimsNext =
    claimNextAs !== undefined && onlyNext !== undefined && mayGoOn(run) && !isRevokedStart(run, onlyNext);
  if (claimsNext) start(run, change, onlyNext, claimNextAs);
  else startAll(run, change, node.next);
  if (node.isTail) leave(run, change, node.join, undefined);
  return claimsNext ? "claimedNext" : "accepted";
}

/** Whether an attempt may go on with its successor by itself. */
function mayGoOn({ isPaused, epoch }: RunState): boolean {
  return !isPaused && epoch === 0;
}

/** The token that a slice has before its first claim; its first generation is one more. Those of before a resume are all less, so what is late from then is refused. */
function firstToken({ epoch }: RunState): number {
  return epoch * NUMBERS_AN_EPOCH;
}

function isRevokedStart(run: RunState, token: StartToken): boolean {
  return revocationOf(run.revocations, Number.parseInt(token.slice(1), 10)) !== undefined;
}

function mayEnd(flight: FlightState, index: number, token: Settlement["token"]): boolean {
  const bit = bitOf(flight, index);
  if (token === "waits") return bit === "0";
  return (bit === "r" && (token === flight.token || token === "any")) || (bit === "0" && token === "any");
}

function recordOf(
  outcome: Exclude<Settlement["outcome"], { readonly kind: "retried" | "putOff" | "replaced" }>,
): string {
  switch (outcome.kind) {
    case "succeeded":
      return `S${outcome.payload}`;
    case "failed":
      return `F${outcome.payload}`;
    case "revoked":
      return `R${outcome.payload}`;
    case "ignored":
      return "I";
  }
}

function bitOf({ first, stride, bits }: FlightState, index: number): string | undefined {
  return bits[(index - first) / stride];
}

/** Takes nodes out of their slice, and the slice out of the air with its last node. */
function land(run: RunState, key: string, flight: FlightState, indices: readonly number[]): void {
  const letters = [...flight.bits];
  for (const index of indices) letters[(index - flight.first) / flight.stride] = "1";
  const bits = letters.join("");
  if (/[0r]/.test(bits)) run.flights.set(key, { ...flight, bits });
  else {
    run.flights.delete(key);
    if (bits.length > 1) run.shared -= 1;
  }
}

/** Notes when and where a node ran. */
function track(run: RunState, { now }: Change, index: number, { dueAt, claimedAt, holder }: FlightState): void {
  const noted = { readyAt: dueAt, startedAt: claimedAt ?? dueAt, endedAt: now, holder: holder.slice(0, HOLDER_LENGTH) };
  run.tracks.set(index, noted);
}

/** Puts a node back: a slice of its own in a new generation, due later. */
function putBack(run: RunState, change: Change, index: number, flight: FlightState, delayMs: number): void {
  const generation = flight.generation + 1;
  const slice = single(index);
  const dueAt = change.now + delayMs;
  run.flights.set(sliceKey(slice), { ...flight, ...slice, generation, bits: "0", holder: "", dueAt });
  change.dispatches.push({ ...slice, generation, delayMs });
}

/**
 * Gives nodes of a slice back that have not begun, in slices of their own. Nothing happens if the slice is no longer held
 * or one of them has ended.
 */
export function releaseSlice(run: RunState, slice: HeldSlice, parts: readonly SliceRange[], now: number): Dispatch[] {
  const key = sliceKey(slice);
  const flight = run.flights.get(key);
  if (flight === undefined || flight.token !== slice.token) return [];
  // What has ended meanwhile was revoked; the others of its part go alone.
  const left = parts.flatMap((part) => {
    const running = sliceIndices(part).filter((index) => bitOf(flight, index) === "r");
    return running.length === part.count ? [part] : running.map(single);
  });
  if (left.length === 0) return [];
  land(run, key, flight, left.flatMap(sliceIndices));
  const generation = flight.generation + 1;
  for (const part of left) {
    const bits = "0".repeat(part.count);
    const { first, stride } = part;
    run.flights.set(sliceKey(part), {
      ...flight,
      first,
      stride,
      generation,
      token: firstToken(run),
      bits,
      holder: "",
      dueAt: now,
    });
    if (part.count > 1) run.shared += 1;
  }
  return left.map(({ first, count, stride }) => ({ first, count, stride, generation, delayMs: 0 }));
}

/** Makes a join wait for more members. */
function add(run: RunState, change: Change, { join, tails, start: token }: Addition): void {
  const state = joinState(run, join);
  state.missing += tails.length;
  for (const tail of tails) state.added.push(tail);
  start(run, change, token);
}

/** Revokes nodes: what of them has not begun never will, whoever comes upon it. False when the run has ended. */
export function revokeNodes(run: RunState, ranges: readonly NodeRange[], terminate: boolean): boolean {
  if (run.endedAt !== undefined) return false;
  const number = lastRevocation(run) + 1;
  for (const { first, last } of ranges) run.revocations.push({ first, last, number, terminate });
  return true;
}

/** Lets nothing of a run begin for now, or again. False when it has ended. */
export function pauseRun(run: RunState, isPaused: boolean): boolean {
  if (run.endedAt !== undefined) return false;
  run.isPaused = isPaused;
  return true;
}

/**
 * Opens a run again that has ended, or that nobody can go on with: what was in flight is gone, what was revoked or dead is so
 * no more, and attempts of before are too late for ever.
 */
export function reopenRun(
  run: RunState,
  { resumer, takeOverMs, epoch }: Pick<Reopening, "resumer" | "takeOverMs" | "epoch">,
  isAbandoned: boolean,
  now: number,
): "reopened" | "running" {
  if (run.epoch !== epoch) return "running";
  const opened = { id: resumer, since: now };
  if (run.endedAt === undefined && !isAbandoned) {
    if (run.resumer === undefined || run.resumer.since + takeOverMs > now) return "running";
    run.resumer = opened;
    return "reopened";
  }
  run.flights.clear();
  run.open.clear();
  run.ending.clear();
  run.dead.splice(0);
  run.revocations.splice(0);
  run.shared = 0;
  run.isPaused = false;
  run.epoch += 1;
  run.resumer = opened;
  run.endedAt = undefined;
  return "reopened";
}

/** Lets nodes be as if they had not run, and others as if they had. False when somebody else resumes the run now. */
export function resetNodes(run: RunState, resumer: string, { again, unreplaced, joins, adopted }: NodesReset): boolean {
  if (run.resumer?.id !== resumer) return false;
  for (const index of again) {
    run.results.delete(index);
    run.retries.delete(index);
    run.deliveries.delete(index);
    run.states.delete(index);
  }
  for (const index of unreplaced) run.joins.delete(index);
  for (const { index, missing, spread, added, replaced } of joins) {
    if (replaced !== undefined) {
      run.joins.set(index, { ending: replaced.node, standsFor: replaced.tail, missing, failed: undefined, added: [] });
    }
    const state = joinState(run, index);
    state.missing = missing;
    state.failed = undefined;
    if (added !== undefined && added.length > 0) state.added.splice(0, state.added.length, ...added);
    const { failFast } = state.ending;
    if (spread !== undefined && failFast !== undefined) {
      run.joins.set(index, { ...state, ending: { ...state.ending, failFast: { ...failFast, spread } } });
    }
    run.limited.delete(index);
  }
  for (const { index, record } of adopted) run.results.set(index, record);
  return true;
}

/** Starts what comes first then. */
export function restartRun(
  run: RunState,
  resumer: string,
  starts: readonly StartToken[],
  now: number,
): Started | undefined {
  if (run.resumer?.id !== resumer) return undefined;
  run.resumer = undefined;
  const change = new Change(now);
  startAll(run, change, starts);
  return { dispatches: change.dispatches, spreads: change.spreads };
}

function lastRevocation(run: RunState): number {
  return run.revocations.at(-1)?.number ?? 0;
}

/**
 * Hands out members of a group, in order, as many as its limit allows. Nothing happens if somebody else has. Those of a
 * group that is revoked are not handed out: they leave it at once, however many they are. Errbacks have no join to leave.
 */
export function expandSpread(
  run: RunState,
  spread: SpreadPlace,
  members: HandOut,
  window: number,
  now: number,
): Concluded {
  const change = new Change(now);
  const opened = run.open.get(spread.index);
  if (opened === undefined) return tooLate(1);
  if (opened.handedOut !== members.from) return conclude(run, change, ["stale"], window);
  const { cause, since } = opened;
  const [first] = members.starts;
  if (first !== undefined && revocationOf(run.revocations, spread.index) !== undefined) {
    run.open.delete(spread.index);
    if (spread.join === -1) return conclude(run, change, [], window);
    // All but the first; that one leaves as any member does, and ends the join if nothing else is in flight.
    joinState(run, spread.join).missing -= spread.total - members.from - 1;
    leave(run, change, spread.join, Number.parseInt(first.slice(1), 10));
    return conclude(run, change, [], window);
  }
  const seats = seatsOf(run, spread, members.from);
  const tokens = members.starts.slice(0, seats);
  for (const token of tokens) start(run, change, cause === undefined ? token : `${token}@${cause}`, undefined, since);
  // Members of a limited spread travel alone, so that the seats count them.
  const reached = spread.limit === undefined ? members.to : members.from + tokens.length;
  if (reached < spread.total && tokens.length >= seats) {
    run.open.delete(spread.index);
    run.limited.set(spread.join, { spread: spread.index, handedOut: reached, cause, since });
  } else if (reached < spread.total) run.open.set(spread.index, { handedOut: reached, cause, since });
  else {
    run.open.delete(spread.index);
    // A group without members has ended as soon as it starts.
    if (spread.total === 0) {
      const { outer, failed } = closeJoin(run, change, spread.join);
      leave(run, change, outer, failed);
    }
  }
  return conclude(run, change, [], window);
}

/** How many more members of a spread may be in flight. */
function seatsOf(run: RunState, { join, total, limit }: SpreadPlace, handedOut: number): number {
  if (limit === undefined) return Number.POSITIVE_INFINITY;
  // What was handed out and has not ended is in flight; the join knows how many of all have not ended.
  return Math.max(0, limit - (handedOut - total + joinState(run, join).missing));
}

/** Opens a spread again that waited for one of its members to end. */
function giveSeat(run: RunState, change: Change, join: number): void {
  const waiting = run.limited.get(join);
  if (waiting === undefined) return;
  const { spread, handedOut, cause, since } = waiting;
  run.limited.delete(join);
  run.open.set(spread, { handedOut, cause, since });
  change.refills.push({ spread, handedOut });
}

/** Dispatches a slice anew, if it is still as the janitor saw it. Gives the new generation. */
export function redispatchSlice(
  run: RunState,
  slice: Pick<Flight, "first" | "count" | "generation" | "token">,
  now: number,
): number | undefined {
  const { generation, token } = slice;
  const key = sliceKey(slice);
  const flight = run.flights.get(key);
  if (flight === undefined || flight.generation !== generation || flight.token !== token) return undefined;
  run.flights.set(key, { ...flight, generation: generation + 1, dueAt: now });
  return generation + 1;
}

/** Shows a state that a running task gives itself. False when the attempt was lost. */
export function updateState(
  run: RunState,
  { index, token, ...slice }: HeldSlice & Pick<Settlement, "index">,
  state: string,
  payload: string,
): boolean {
  const flight = run.flights.get(sliceKey(slice));
  if (flight === undefined || flight.token !== token || bitOf(flight, index) !== "r") return false;
  run.states.set(index, `${state}\n${payload}`);
  return true;
}

/** Reads what is known of one node. */
export function readNode(run: RunState, index: number): NodeRecord {
  const record = run.results.get(index);
  // Why it was revoked follows from what was revoked.
  if (record === "R") return revokedBy(revocationOf(run.revocations, index));
  if (record !== undefined) return readRecord(record);
  const bit = findInFlight(run, index);
  const revocation = revocationOf(run.revocations, index);
  if (bit === "r" && !run.ending.has(index)) return readRunning(run.states.get(index) ?? "");
  if (bit !== undefined) {
    return revocation === undefined
      ? { kind: "dispatched", retries: run.retries.get(index) ?? 0 }
      : revokedBy(revocation);
  }
  const range = run.dead[placeOf(run.dead, index + 1) - 1];
  if (
    range !== undefined &&
    range.last >= index &&
    !((revocation?.number ?? Number.POSITIVE_INFINITY) <= range.revocations)
  ) {
    return { kind: "dead", cause: range.cause };
  }
  // A group of which members go on comes to what they come to; one that was never begun is seen when the run has ended.
  const mayEndOtherwise = run.joins.has(index) && run.endedAt === undefined;
  if (revocation !== undefined && !mayEndOtherwise) return revokedBy(revocation);
  if (run.endedAt !== undefined) return { kind: "uncalled" };
  const by = run.joins.get(index)?.standsFor;
  return by === undefined ? { kind: "waiting" } : { kind: "handedOver", by };
}

function revokedBy(revocation: Revocation | undefined): NodeRecord {
  const cause = revocation?.cause;
  return { kind: "revoked", payload: "", ...(cause === undefined ? {} : { cause }) };
}

/** Reads when and where a node ran. */
export function trackOf(run: RunState, index: number): NodeTrack {
  return {
    retries: run.retries.get(index) ?? 0,
    deliveries: run.deliveries.get(index) ?? 0,
    ...run.tracks.get(index),
  };
}

/** Forgets results of a run that has ended; the run's own is forgotten by deleting the run, which its keeper does. */
export function forgetResults(run: RunState, indices: readonly number[]): Exclude<ForgetReply, "missing"> {
  if (run.endedAt === undefined) return "running";
  if (indices.includes(run.result)) return "deleted";
  for (const index of indices) run.results.set(index, "X");
  return "forgotten";
}

/** The letter of a node in the slice that holds it. A slice is on one page, so it begins on the node's page. */
function findInFlight(run: RunState, index: number): string | undefined {
  const alone = run.flights.get(String(index));
  if (alone !== undefined) return alone.bits;
  for (let first = index; first >= index - (index % PAGE_SIZE); first -= 1) {
    const flight = run.flights.get(`${first}x`);
    const bit = flight === undefined ? undefined : bitOf(flight, index);
    if (bit === "0" || bit === "r") return bit;
  }
  return undefined;
}

/** Gives the slices in flight. */
export function flightsOf(run: RunState): Flight[] {
  return [...run.flights.values()].map(({ first, stride, generation, token, bits, holder, dueAt }) => ({
    first,
    count: bits.length,
    stride,
    generation,
    token,
    holder,
    bits,
    dueAt,
  }));
}

const TOKEN = /^([ts])(\d+)(?:x(\d+)\/(\d+))?(?:;(\d*);(\d*);(\d*);(\d*))?(?:@(\d+))?$/;

/**
 * Starts a node, or a slice of them. The members of a spread are handed out with the cause that the spread was started with.
 * @param holder when given, the node is claimed at once instead of dispatched
 * @param since when it became ready, if that was before; its times count from then
 */
function start(run: RunState, change: Change, token: StartToken, holder?: string, memberSince?: number): void {
  const since = memberSince ?? change.now;
  const [, kind, index, length, distance, countdown, eta, expiresIn, expiresAt, cause] = TOKEN.exec(token) ?? [];
  if (index === undefined) throw new Error(`"${token}" is no start token`);
  const first = Number(index);
  const causedBy = cause === undefined ? undefined : Number(cause);
  if (kind === "s") {
    run.open.set(first, { handedOut: 0, cause: causedBy, since: change.now });
    change.spreads.push(first);
    return;
  }
  const count = Number(length ?? 1);
  const stride = Number(distance ?? 1);
  const counted = countdown ? since + Number(countdown) - change.now : 0;
  const delayMs = Math.max(0, counted, eta ? Number(eta) - change.now : 0);
  const expiry = expiresAt ? Number(expiresAt) : expiresIn ? since + Number(expiresIn) : undefined;
  const generation = firstToken(run) + 1;
  const flight = { first, stride, generation, expiresAt: expiry, cause: causedBy };
  if (holder !== undefined) {
    run.flights.set(String(first), { ...flight, token: 1, bits: "r", holder, dueAt: change.now });
    return;
  }
  const bits = "0".repeat(count);
  run.flights.set(sliceKey({ first, count }), {
    ...flight,
    token: firstToken(run),
    bits,
    holder: "",
    dueAt: change.now + delayMs,
  });
  if (count > 1) run.shared += 1;
  const dueAt = change.now + delayMs;
  if (memberSince !== undefined && delayMs > 0) change.late.set(dueAt, (change.late.get(dueAt) ?? 0) + 1);
  change.dispatches.push({ first, count, stride, generation, delayMs });
}

function startAll(run: RunState, change: Change, tokens: readonly StartToken[]): void {
  for (const token of tokens) start(run, change, token);
}

/** Notes that the nodes behind a failed one never run: one record, however many they are. */
function kill(run: RunState, change: Change, failed: number, deadEnd: number): void {
  const range = { first: failed + 1, last: deadEnd };
  if (range.last < range.first) return;
  // What was revoked before stays so; what is revoked later does not change why these never run.
  run.dead.splice(placeOf(run.dead, range.first), 0, { ...range, cause: failed, revocations: lastRevocation(run) });
  change.killed.push(range);
}

/** How many ranges begin before an index. */
function placeOf(ranges: readonly DeadRange[], index: number): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[middle]?.first ?? 0) < index) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Ends a join whose members have all ended, if one script has room for it. Gives the join around it that hears of it, and the join itself if it failed. */
function closeJoin(
  run: RunState,
  change: Change,
  index: number,
): { readonly outer: number; readonly failed: number | undefined } {
  const { ending, standsFor, failed, added } = joinState(run, index);
  const { length: starts } = failed === undefined ? ending.next : ending.onError;
  if (change.ended.length + change.spreads.length + change.dispatches.length + starts >= MOST_NODES) {
    // It ends in a script of its own, as a group without members does when it is handed out.
    run.open.set(index, { handedOut: 0, cause: undefined, since: change.now });
    change.spreads.push(index);
    return { outer: -1, failed: undefined };
  }
  change.ended.push(index);
  if (failed !== undefined) {
    run.results.set(index, standsFor === undefined ? `C${failed}` : `Q${standsFor}`);
    kill(run, change, index, ending.deadEnd);
    startAll(run, change, ending.onError);
    return { outer: ending.join, failed: index };
  }
  // Behind J stand the tails that were added while it was open.
  run.results.set(index, standsFor === undefined ? `J${added.map((tail) => `,${tail}`).join("")}` : `P${standsFor}`);
  startAll(run, change, ending.next);
  return { outer: ending.isTail ? ending.join : -1, failed: undefined };
}

/**
 * Tells a join that a member of it ended, and the joins around it as far as they end with it.
 * @param failed what failed; the first in order is what a ChordError names, of a group that fails fast the first in time
 */
function leave(run: RunState, change: Change, join: number, failed: number | undefined): void {
  let outer = join;
  let member = failed;
  while (outer !== -1) {
    const state = joinState(run, outer);
    const { failFast } = state.ending;
    const first = state.failed;
    if (member !== undefined && (first === undefined || failFast === undefined)) {
      state.failed = Math.min(member, first ?? member);
    }
    state.missing -= 1;
    if (state.missing > 0) {
      if (member !== undefined && first === undefined && failFast !== undefined) {
        revokeSiblings(run, change, failFast, member);
      }
      giveSeat(run, change, outer);
      return;
    }
    ({ outer, failed: member } = closeJoin(run, change, outer));
  }
}

/** Revokes the other members of a group that fails fast. */
function revokeSiblings(
  run: RunState,
  change: Change,
  { spread, first, last }: NonNullable<JoinNode["failFast"]>,
  cause: number,
): void {
  const number = lastRevocation(run) + 1;
  run.revocations.push({ first: spread, last: spread, number, terminate: false, cause });
  run.revocations.push({ first, last, number, terminate: false, cause });
  change.killed.push({ first, last });
  change.hasRevoked = true;
}

function joinState(run: RunState, index: number): JoinState {
  const state = run.joins.get(index);
  if (state === undefined) throw new Error(`node ${index} is no join`);
  return state;
}

/** What a transition gives that came too late to change anything, or whose run is gone. @param count of settlements */
export function tooLate(count: number): Concluded {
  const none = new Array<boolean>(count).fill(false);
  const nothing = {
    ...NOTHING_STARTED,
    accepted: none,
    claimedNext: none,
    room: 0,
    shared: 0,
    refills: [],
    runEnded: false,
    runFailed: false,
    runIsLarge: false,
    hasRevoked: false,
  };
  return { reply: nothing, told: { ended: [], killed: [], hasResult: false } };
}

/** Notes that members were handed out whose time comes later, and lets go of the times that have passed. */
function addLate(run: RunState, { now, late }: Change): void {
  if (late.size === 0) return;
  for (const dueAt of run.late.keys()) if (dueAt <= now) run.late.delete(dueAt);
  for (const [dueAt, count] of late) {
    const before = run.late.get(dueAt);
    if (before !== undefined || run.late.size < MOST_TIMES) run.late.set(dueAt, (before ?? 0) + count);
  }
}

/** How many slices hold a seat of the window: not those whose time has not come. */
function seatsTaken(run: RunState, now: number, window: number): number {
  let late = 0;
  for (const [dueAt, count] of run.late) if (dueAt > now) late += count;
  return run.flights.size - Math.min(late, run.flights.size, LATE_WINDOWS * window);
}

/** Ends the run when nothing is in flight and nothing waits to be handed out. */
function conclude(run: RunState, change: Change, flags: readonly Flag[], window: number): Concluded {
  addLate(run, change);
  const flying = run.flights.size;
  const taken = seatsTaken(run, change.now, window);
  const runEnded = flying === 0 && run.open.size === 0;
  if (runEnded) run.endedAt = change.now;
  const [waiting] = taken <= window / 2 ? run.open : [];
  return {
    reply: {
      accepted: flags.map((flag) => flag !== "stale"),
      claimedNext: flags.map((flag) => flag === "claimedNext"),
      dispatches: change.dispatches,
      spreads: change.spreads,
      room: window - taken,
      shared: run.shared,
      refills:
        change.refills.length === 0 && waiting !== undefined
          ? [{ spread: waiting[0], handedOut: waiting[1].handedOut }]
          : change.refills,
      runEnded,
      runFailed: runEnded && !/^[SJP]/.test(run.results.get(run.result) ?? ""),
      // Memory lets go of any run at once.
      runIsLarge: false,
      hasRevoked: change.hasRevoked && !runEnded,
    },
    told: {
      ended: change.ended,
      killed: change.killed,
      hasResult:
        change.ended.includes(run.result) ||
        change.killed.some(({ first, last }) => first <= run.result && run.result <= last),
    },
  };
}
