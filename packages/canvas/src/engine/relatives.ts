/**
 * Which result comes before which. One rule: nothing of this is stored; it is read from the graph, where each node says
 * what it starts and, as Celery's `parent_id`, which task led to it.
 */
import { nodeId, type ResultReference, RunExpiredError, type RunKey } from "@umbel/core";
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

  /** Gives the nodes that a task led to when it ended, or a group's members. */
  async children(runKey: RunKey, index: number): Promise<readonly number[]> {
    const node = await this.#pages.node(runKey, index);
    if (node.kind === "join") return membersOf(node);
    if (node.kind === "spread") return [];
    const tokens = await this.#startedBy(runKey, index, node);
    return (await Promise.all(tokens.map((token) => this.#startedAs(runKey, token)))).flat();
  }

  /** Gives a group's members: the nodes that have their values. @throws RunExpiredError for what is no group, too */
  async members(runKey: RunKey, index: number): Promise<readonly number[]> {
    const node = await this.#pages.node(runKey, index);
    if (node.kind === "join") return membersOf(node);
    throw new RunExpiredError(`${nodeId(runKey, index)} is the result of a task and not of a group`);
  }

  /** Gives a node with all that stands before it, and the members of the groups among them. */
  async lineage(runKey: RunKey, index: number): Promise<readonly number[]> {
    const found = new Set<number>();
    const open = [index];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (found.has(at)) continue;
      found.add(at);
      const node = await this.#pages.node(runKey, at);
      if (node.kind === "join") for (const member of membersOf(node)) open.push(member);
      const parent = await this.parent(runKey, at);
      if (parent !== undefined) open.push(parent);
    }
    return [...found];
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
