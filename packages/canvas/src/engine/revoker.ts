/**
 * Revoking parts of runs. One rule: the store notes first what is revoked, and nobody begins that any more; what is
 * already on its way is ended after that, and the janitor goes on with it if this process is lost in between.
 */
import {
  encodeError,
  nodeId,
  type RevokeOptions,
  type RevokeReply,
  RunExpiredError,
  type RunKey,
  TaskRevokedError,
} from "@umbel/core";
import { type JoinNode, PAGE_SIZE, type SpreadNode } from "../graph/graph.ts";
import type { Flight, NodeRange, NodeRecord, Refill, RunInspection, Settlement } from "../store/graph-store.ts";
import { type Revocation, RevocationIndex } from "../store/revocations.ts";
import type { Runtime } from "./runtime.ts";

/** What a Revoker works with. */
export type RevokerParts = Pick<Runtime, "store" | "pages" | "driver" | "news">;

/** Indices are 32 bits long; what a run adds to itself later is in it too. */
const WHOLE_RUN: NodeRange = { first: 0, last: 2 ** 32 - 1 };

/** No script ends more nodes at once. */
const MOST_TOGETHER = 200;

/** What is still to be ended of what was revoked. */
interface Rest {
  readonly settlements: readonly Settlement[];
  readonly spreads: readonly Refill[];
  /** Nodes that tasks have added in place of revoked ones. */
  readonly added: readonly NodeRange[];
}

/** Revokes, for an engine or a janitor. */
export class Revoker {
  readonly #parts: RevokerParts;

  constructor(parts: RevokerParts) {
    this.#parts = parts;
  }

  /** Revokes a task, a group's members, or the whole run. @throws RunExpiredError when the run is gone */
  async revoke(runKey: RunKey, asked: number, options: RevokeOptions): Promise<RevokeReply> {
    const { store, pages } = this.#parts;
    const { terminate = false, cascade = false, run = false } = options;
    const index = run ? (await pages.meta(runKey)).result : asked;
    const before = await store.read(runKey, index);
    if (before.kind === "unknown") {
      throw new RunExpiredError(
        `there is no run of task ${nodeId(runKey, asked)}, so nothing of it can be revoked: it has expired, was forgotten, or was sent to another broker or with another prefix`,
      );
    }
    // What comes after a node that has ended may still be revoked.
    if (!cascade && !run && hasEnded(before)) return "ended";
    const ranges = run ? [WHOLE_RUN] : await this.#rangesOf(runKey, index, cascade);
    if (!(await store.revoke(runKey, ranges, terminate))) return "ended";
    await this.finish(runKey);
    if (hasEnded(before)) return "ended";
    const { kind } = await this.#endOf(runKey, index);
    if (kind === "revoked" || kind === "dead" || kind === "joinFailed") return "revoked";
    return kind === "succeeded" || kind === "failed" || kind === "ignored" || kind === "joined" ? "ended" : "running";
  }

  /** What a node came to; of a replaced task, what took its place. */
  async #endOf(runKey: RunKey, index: number): Promise<NodeRecord> {
    let record = await this.#parts.store.read(runKey, index);
    while (record.kind === "replaced" || record.kind === "handedOver") {
      record = await this.#parts.store.read(runKey, record.by);
    }
    return record;
  }

  /** Of a group, its members; with `cascade`, also what comes after it in its chain. */
  async #rangesOf(runKey: RunKey, index: number, cascade: boolean): Promise<NodeRange[]> {
    const node = await this.#parts.pages.node(runKey, index);
    if (node.kind === "spread") {
      return node.join === -1 ? [{ first: index, last: index }] : await this.#rangesOf(runKey, node.join, cascade);
    }
    if (node.kind === "task") return [{ first: index, last: cascade ? node.deadEnd : index }];
    const [spread, { starts }] = await this.#spreadOf(runKey, index, node);
    const members = { first: starts[0]?.first ?? spread, last: lastTail(node) ?? spread };
    // Members that came one by one stand behind what follows their group.
    return [
      { first: spread, last: spread },
      members,
      ...(cascade && node.deadEnd > index ? [{ first: index + 1, last: node.deadEnd }] : []),
    ];
  }

  /** Where a group begins: before its first member, all of which lies before that one's tail. */
  async #spreadOf(runKey: RunKey, join: number, { tails }: JoinNode): Promise<readonly [number, SpreadNode]> {
    for (let index = tails[0]?.first ?? join - 1; index >= 0; index -= 1) {
      const node = await this.#parts.pages.node(runKey, index);
      if (node.kind === "spread" && node.join === join) return [index, node];
    }
    throw new Error(`group ${join} of run ${runKey} has no beginning`);
  }

  /** Ends what was revoked and has not begun, and what runs if that was asked for. Safe to repeat. */
  async finish(runKey: RunKey): Promise<void> {
    const { store, driver } = this.#parts;
    for (;;) {
      const inspection = await store.inspect(runKey);
      if (!inspection.exists || inspection.endedAt !== undefined || inspection.revocations.length === 0) return;
      const { settlements, spreads, added } = await this.#restOf(runKey, inspection);
      if (added.length > 0) await store.revoke(runKey, added, false);
      let hasChanged = false;
      for (let from = 0; from < settlements.length; from += MOST_TOGETHER) {
        const batch = settlements.slice(from, from + MOST_TOGETHER);
        const reply = await store.settle(runKey, batch);
        await driver.follow(runKey, reply);
        hasChanged ||= reply.accepted.includes(true);
        const ended = batch.filter(({ token }, position) => token === "any" && reply.accepted[position] === true);
        if (ended.length > 0)
          await this.#parts.news.tellTerminated(
            runKey,
            ended.map((settlement) => settlement.index),
          );
      }
      for (const spread of spreads) hasChanged = (await driver.skip(runKey, spread)) || hasChanged;
      // What others change meanwhile they go on with, or the janitor does.
      if (!hasChanged) return;
    }
  }

  async #restOf(runKey: RunKey, { flights, openSpreads, revocations: all }: RunInspection): Promise<Rest> {
    const revocations = new RevocationIndex(all);
    const settlements: Settlement[] = [];
    const spreads: Refill[] = [];
    const added: NodeRange[] = [];
    const ends = async (index: number): Promise<{ readonly terminate: boolean } | undefined> => {
      const found = await this.#revocationsOf(runKey, index, revocations);
      if (found.length === 0) return undefined;
      // Others of its part may have been come upon before.
      if (revocations.of(index).length === 0 && !covers(added, index)) {
        added.push(await this.#stretchFrom(runKey, index, revocations));
      }
      return { terminate: found.some((revocation) => revocation.terminate) };
    };
    for (const flight of flights) {
      for (const { index, isRunning } of nodesIn(flight)) {
        const end = await ends(index);
        if (end === undefined || (isRunning && !end.terminate)) continue;
        const node = await this.#parts.pages.node(runKey, index);
        if (node.kind !== "task") continue;
        const payload = isRunning ? TERMINATED : REVOKED;
        const outcome = { kind: "revoked", payload } as const;
        const { first, count } = flight;
        settlements.push({ first, count, index, token: isRunning ? "any" : "waits", outcome, node });
      }
    }
    for (const spread of openSpreads) if ((await ends(spread.spread)) !== undefined) spreads.push(spread);
    return { settlements, spreads, added };
  }

  /** The revocations that a node is part of: its own, and those of tasks in whose place it was added. */
  async #revocationsOf(runKey: RunKey, index: number, revocations: RevocationIndex): Promise<Revocation[]> {
    const found: Revocation[] = [];
    for (let at = index; at !== -1; at = (await this.#parts.pages.node(runKey, at)).join) {
      found.push(...revocations.of(at));
    }
    return found;
  }

  /** The rest of what was added together with a node, as far as it belongs to what is revoked. */
  async #stretchFrom(runKey: RunKey, index: number, revocations: RevocationIndex): Promise<NodeRange> {
    const first = index - (index % PAGE_SIZE);
    let last = first + PAGE_SIZE - 1;
    // What one task adds has pages of its own, one behind the other.
    while ((await this.#revocationsAt(runKey, last + 1, revocations)) > 0) last += PAGE_SIZE;
    return { first, last };
  }

  async #revocationsAt(runKey: RunKey, index: number, revocations: RevocationIndex): Promise<number> {
    const page = await this.#parts.store.readPage(runKey, index / PAGE_SIZE);
    return page === undefined ? 0 : (await this.#revocationsOf(runKey, index, revocations)).length;
  }
}

/** Why follows from what was revoked. */
const REVOKED = "";

/** Celery's word. */
const TERMINATED = JSON.stringify(encodeError(new TaskRevokedError("terminated")));

/** The last node of a group's last member. */
function lastTail({ tails }: JoinNode): number | undefined {
  const last = tails.at(-1);
  return last === undefined ? undefined : last.first + (last.count - 1) * last.stride;
}

function covers(ranges: readonly NodeRange[], index: number): boolean {
  return ranges.some(({ first, last }) => first <= index && index <= last);
}

function* nodesIn({ first, stride, bits }: Flight): Generator<{ readonly index: number; readonly isRunning: boolean }> {
  for (const [offset, bit] of [...bits].entries()) {
    if (bit !== "1") yield { index: first + offset * stride, isRunning: bit === "r" };
  }
}

/** Whether a node is at its end, whatever that is. */
function hasEnded({ kind }: NodeRecord): boolean {
  return !["dispatched", "running", "waiting", "handedOver", "unknown"].includes(kind);
}
