/**
 * Which result comes before which. One rule: nothing of this is stored; it is read from the graph, where each node says
 * what it starts and, as Celery's `parent_id`, which task led to it.
 */
import { isReady, nodeId, type ResultReference, type RunKey, UnknownTaskIdError } from "@umbel/core";
import { type GraphNode, type JoinNode, type StartToken, stretchIndices } from "../graph/graph.ts";
import type { PageCache } from "./page-cache.ts";
import type { Results } from "./results.ts";

/** Reads parents, children and members. All of it throws RunExpiredError when the run is gone. */
export class Relatives {
  readonly #pages: PageCache;
  readonly #results: Results;

  constructor(pages: PageCache, results: Results) {
    this.#pages = pages;
    this.#results = results;
  }

  /** Names a node as a result. */
  async reference(runKey: RunKey, index: number): Promise<ResultReference> {
    const node = await this.#pages.node(runKey, index);
    const id = (node.kind === "spread" ? undefined : node.ownId) ?? nodeId(runKey, index);
    return { id, isGroup: node.kind === "join" };
  }

  /** Names nodes as results, in order. */
  async references(runKey: RunKey, indices: readonly number[]): Promise<readonly ResultReference[]> {
    const references: ResultReference[] = [];
    for (const index of indices) references.push(await this.reference(runKey, index));
    return references;
  }

  /** Gives the node whose end starts this one; `undefined` for what starts the run, or a group's member. */
  async parent(runKey: RunKey, index: number): Promise<number | undefined> {
    const node = await this.#pages.node(runKey, index);
    if (node.kind === "spread") return undefined;
    if (node.kind === "task" && node.input !== undefined && (await this.#starts(runKey, node.input, index))) {
      return node.input;
    }
    // The task that led to it is what it follows, or the last member of the groups that it follows; groups without members
    // may stand in between.
    const open = node.parent === undefined ? [] : [node.parent];
    for (let before = open.pop(); before !== undefined; before = open.pop()) {
      if (await this.#starts(runKey, before, index)) return before;
      open.push(...(await this.#endingWith(runKey, before)));
    }
    return undefined;
  }

  /** Gives the members of the group that a node is, or that took its place, and behind them what it led to when it ended. */
  async children(runKey: RunKey, index: number): Promise<readonly number[]> {
    const node = await this.#pages.node(runKey, index);
    const members = (await this.membersIfAny(runKey, index)) ?? [];
    if (node.kind !== "task") return members;
    const tokens = await this.#startedBy(runKey, index, node);
    return [...members, ...(await Promise.all(tokens.map((token) => this.#startedAs(runKey, token)))).flat()];
  }

  /** Gives a group's members: the nodes that have their values. @throws UnknownTaskIdError for what is no group */
  async members(runKey: RunKey, index: number): Promise<readonly number[]> {
    const members = await this.membersIfAny(runKey, index);
    if (members !== undefined) return members;
    const { id } = await this.reference(runKey, index);
    throw new UnknownTaskIdError(`${id} is the id of ${await this.#whyNoGroup(runKey, index)}`);
  }

  /** Gives the members of the group that a node is, or that took a task's place; `undefined` for what is no group. */
  async membersIfAny(runKey: RunKey, index: number): Promise<readonly number[] | undefined> {
    for (let at: number | undefined = index; at !== undefined; ) {
      const node = await this.#pages.node(runKey, at);
      if (node.kind !== "task") return node.kind === "join" ? membersOf(node) : undefined;
      [at] = await this.#results.replacements(runKey, [at]);
    }
    return undefined;
  }

  async #whyNoGroup(runKey: RunKey, index: number): Promise<string> {
    const node = await this.#pages.node(runKey, index);
    if (node.kind !== "task" || node.each === undefined) {
      return "a task and not of a group; use `app.asyncResult` for it";
    }
    const { state } = await this.#results.ending(runKey, index);
    return isReady(state)
      ? "an `each`, and it ended without any members"
      : "an `each`, and its members are not known before its list is there; wait for it with `get()`";
  }

  /** Gives a node with all that stands before it, the members of the groups among them, and what took their places. */
  async lineage(runKey: RunKey, index: number): Promise<readonly number[]> {
    const found = new Set<number>();
    for (let from: readonly number[] = [index]; from.length > 0; ) {
      const known = found.size;
      await this.#addLineage(runKey, from, found);
      from = await this.#results.replacements(runKey, [...found].slice(known));
    }
    return [...found];
  }

  async #addLineage(runKey: RunKey, from: readonly number[], found: Set<number>): Promise<void> {
    const open = [...from];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (found.has(at)) continue;
      found.add(at);
      const node = await this.#pages.node(runKey, at);
      if (node.kind === "join") for (const member of membersOf(node)) open.push(member);
      const parent = await this.parent(runKey, at);
      if (parent !== undefined) open.push(parent);
    }
  }

  async #startedBy(runKey: RunKey, index: number, node: GraphNode & { kind: "task" }): Promise<readonly StartToken[]> {
    const { state, hasRun } = await this.#results.ending(runKey, index);
    if (state === "SUCCESS") return node.next;
    return state === "FAILURE" && hasRun ? node.onError : [];
  }

  /** Gives the joins that may end with a node: the one whose member it ends, and those without members behind it. */
  async #endingWith(runKey: RunKey, index: number): Promise<readonly number[]> {
    const node = await this.#pages.node(runKey, index);
    if (node.kind === "spread") return [];
    const joins = node.isTail && node.join !== -1 ? [node.join] : [];
    for (const token of [...node.next, ...node.onError]) {
      if (!token.startsWith("s")) continue;
      const spread = await this.#pages.node(runKey, indexIn(token));
      if (spread.kind === "spread" && spread.total === 0) joins.push(spread.join);
    }
    return joins;
  }

  /** Whether a node's end starts another one: a task, or the group that a join ends. */
  async #starts(runKey: RunKey, from: number, index: number): Promise<boolean> {
    const node = await this.#pages.node(runKey, from);
    if (node.kind === "spread") return false;
    for (const token of [...node.next, ...node.onError]) {
      if ((await this.#startedAs(runKey, token)).includes(index)) return true;
    }
    return false;
  }

  /** The nodes that stand for what a token starts: the task, or the group's join; of a spread without one all that it starts. */
  async #startedAs(runKey: RunKey, token: StartToken): Promise<readonly number[]> {
    const node = token.startsWith("s") ? await this.#pages.node(runKey, indexIn(token)) : undefined;
    if (node?.kind !== "spread") return [indexIn(token)];
    if (node.join !== -1) return [node.join];
    const starts = [...stretchIndices(node.starts)].map(({ index, stretch }) => `${stretch.kind}${index}`);
    return (await Promise.all(starts.map((start) => this.#startedAs(runKey, start)))).flat();
  }
}

function indexIn(token: StartToken): number {
  return Number(/^[ts](\d+)/.exec(token)?.[1]);
}

/** Tails that were added while the group ran are not among them: Celery fixes them when the group is sent. */
function membersOf(join: JoinNode): readonly number[] {
  return [...stretchIndices(join.tails)].map(({ index }) => index);
}
