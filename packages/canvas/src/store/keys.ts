/**
 * Every key in Redis, one function each. One rule: all keys of a run share its hash tag, and all of a queue its own, so
 * each script stays on one slot of a cluster.
 */
import type { RunKey } from "@umbel/core";

/** The keys of one run, in the order in which every script on a run takes them. */
export interface RunKeys {
  readonly all: readonly string[];
  readonly graph: string;
  readonly flights: string;
  readonly results: string;
  readonly joins: string;
  readonly counts: string;
  readonly revoked: string;
}

/**
 * Hashes of a run, but for `dead`. Written by scripts alone, except that a large graph's pages come before its run.
 * They have no expiry while the run goes on; the last settle sets it. What comes before the run is there has one too.
 * - `graph`: `m` meta, `p0`, `p1`, … pages, `P` number of pages, `j<join>` join records, `R` result node, `n` channel
 *   of the submitting client, `o` process that it ends with, `q` that one is gone, `A` `who|since` while somebody resumes it, `t<n>` when
 *   and where nodes from 16n on ran (run.lua), `w` somebody else watches, `e` epoch milliseconds of
 *   the end
 * - `flights`: slice's first node → `generation|token|bits|holder|due,claimed|expires|cause`; what is dispatched or runs
 * - `open`: spread → `handed out|cause|since`: how many of its members were handed out, the node whose error they get, and
 *   when they became ready (epoch ms); join → `0||since` when it is to end and one script had no room for that
 * - `results`: node → `S` value, `F` error, `I` (ignored), `R` why it was revoked, `J<added tails>` (join: its members'
 *   values), `C<node>` (join: that member failed), `P<node>` and `Q<node>` (replaced: ended as that node did),
 *   `X` (forgotten); `p<page>` → short values of that page's members of groups (packed-results.ts)
 * - `joins`: join → members still missing, `x<join>` → the first member in order that failed, `a<join>` → tails added,
 *   `l<join>` → `spread|handed out|cause|since` of the spread that waits for a member to end, `l` set once any spread has
 * - `dead` (sorted set): nodes that never run, `from:to:cause` by `from`, and `:number` of the last revocation before it
 * - `revoked`: node → `number of the revocation:1 when running attempts are to be ended`; `ranges`:
 *   `first:last:number:1:node whose failure it follows from;` for each long stretch of nodes, `r<page>` for each short one that
 *   touches the page; `c<node>` claimed to be ended; `number` of the last revocation; `paused` since when nothing may begin
 *   (epoch ms); `epoch`: how often the run was resumed. `ranges` is there whenever anything is
 * - `counts`: `d<node>` deliveries lost with a worker, `t<node>` retries, `s<node>` the state that a running task gave
 *   itself (first line) and what it told with it (JSON), `s` set once any task has; `l<n>` lines that tasks logged, from `lf`
 *   to `ll`
 */
export function runKeys(prefix: string, runKey: RunKey): RunKeys {
  const tag = `${prefix}:{${runKey}}`;
  const graph = `${tag}:graph`;
  const flights = `${tag}:flights`;
  const results = `${tag}:results`;
  const joins = `${tag}:joins`;
  const counts = `${tag}:counts`;
  const revoked = `${tag}:revoked`;
  return {
    all: [graph, flights, `${tag}:open`, results, joins, `${tag}:dead`, counts, revoked],
    graph,
    flights,
    results,
    joins,
    counts,
    revoked,
  };
}

/** Channel on which a run tells those who asked (`w`) which nodes have ended. */
export function runChannel(prefix: string, runKey: RunKey): string {
  return `${prefix}:{${runKey}}:ended`;
}

/** Channel on which workers hear that attempts of theirs were ended: `run node,node,…`. */
export function terminatedChannel(prefix: string): string {
  return `${prefix}:terminated`;
}

/** Channel of one client: the results of the runs that it submitted. */
export function clientChannel(prefix: string, clientId: string): string {
  return `${prefix}:client:${clientId}`;
}

/** Sorted set of runs that have not ended, by when the janitor looks at them next (epoch ms of Redis; 0: at once). */
export function activeRunsKey(prefix: string): string {
  return `${prefix}:active`;
}

/** Sorted set of `run key\ntask\nname`, all with one score, so in the order of their keys' times: all runs that are stored. */
export function runIndexKey(prefix: string): string {
  return `${prefix}:runs`;
}

/** The same of those that have ended otherwise than with SUCCESS. */
export function failedRunsKey(prefix: string): string {
  return `${prefix}:failed`;
}

/** String: the node that an id of the user's own stands for. Expires like an ended run; the janitor renews it before. */
export function aliasKey(prefix: string, id: string): string {
  return `${prefix}:alias:${id}`;
}

/** String: the result of the call that has a key of `deduplication`, and whether it is stored. Expires with its window. */
export function deduplicationKey(prefix: string, key: string): string {
  return `${prefix}:once:${key}`;
}

/** String: the members of a group that somebody made of results. Expires as long after it was saved as an ended run. */
export function savedGroupKey(prefix: string, id: string): string {
  return `${prefix}:group:${id}`;
}

/** Hash: task → how long one call of it holds the event loop, ms. Expires a day after somebody told something. */
export function taskLoadsKey(prefix: string): string {
  return `${prefix}:loads`;
}

/** Hash: task's id → the call that it rejected, JSON. Expires when none was rejected for as long as letters are kept. */
export function deadLettersKey(prefix: string): string {
  return `${prefix}:{dead-letters}:letters`;
}

/** Sorted set: ids of rejected calls by when they were, epoch ms. As long as `deadLettersKey`. */
export function deadLetterOrderKey(prefix: string): string {
  return `${prefix}:{dead-letters}:order`;
}

/** Sorted set: who waits to start a task with a rate limit, and when its last start was; see take-turn.lua. Expires unused. */
export function turnsKey(prefix: string, task: string): string {
  return `${prefix}:turns:${task}`;
}

/** String with a short expiry that a worker's process renews: while it is there, the process is alive. */
export function heartbeatKey(prefix: string, incarnation: string): string {
  return `${prefix}:heartbeat:${incarnation}`;
}

/** String: the name of a worker. Outlives the results of what it ran, and is renewed while it works. */
export function workerNameKey(prefix: string, incarnation: string): string {
  return `${prefix}:worker:${incarnation.slice(0, HOLDER_LENGTH)}`;
}

/** How much of an incarnation is noted with what it ran: enough to tell the workers of a run apart. */
export const HOLDER_LENGTH = 8;

/** String: who is the janitor now; expires when it stops renewing. */
export function janitorLeaseKey(prefix: string): string {
  return `${prefix}:janitor`;
}

/** What BullMQ puts in front of a queue's keys; each queue has a slot of its own. @param tag the queue's, or a shard's */
export function queuePrefix(prefix: string, tag: string): string {
  return `${prefix}:{${tag}}`;
}

/** String: over how many shards somebody spreads a queue's calls. Expires a day after nobody has any more. */
export function shardCountKey(prefix: string, queue: string): string {
  return `${prefix}:shards:${queue}`;
}
