/**
 * Resuming runs, and forking them. One rule: the store lets one resumer at a time change a run, and whatever is lost here
 * between two steps is done again from the start: what is planned follows from what is stored, and from nothing else.
 *
 * 1. read the run as it was left, and plan; 2. open it again, which makes all attempts of before too late; 3. add what hands
 * out groups anew; 4. set back what runs again, in pages; 5. start what comes first.
 */
import { randomUUID } from "node:crypto";
import {
  type ForkOptions,
  ImproperlyConfigured,
  newRunKey,
  nodeId,
  OptionError,
  type ResumedNode,
  type ResumeReply,
  RunExpiredError,
  type RunInfo,
  type RunKey,
  RunNotEndedError,
  readableId,
  UnknownTaskIdError,
} from "@umbel/core";
import type { RunLabels, RunMeta } from "../graph/codec.ts";
import { type GraphNode, PAGE_SIZE, type TaskNode } from "../graph/graph.ts";
import type { NodeRecord, StoredRun } from "../store/graph-store.ts";
import { type FoundRun, findRun } from "./find-run.ts";
import type { ForkedCall } from "./forked-call.ts";
import { infoOf } from "./list-runs.ts";
import { type LeftRun, planResume, type ResumePlan } from "./resume-plan.ts";
import { readNodes, readRecords } from "./run-graph.ts";
import { entryOf } from "./run-index.ts";
import type { Runtime } from "./runtime.ts";
import { countJoins } from "./staged-nodes.ts";

/** What a Resumer works with. */
export type ResumerParts = Pick<
  Runtime,
  "store" | "pages" | "results" | "driver" | "activeRuns" | "runIndex" | "aliases" | "news"
>;

/** How many nodes, joins and adopted results one script changes. */
const NODES_AT_ONCE = 400;
const JOINS_AT_ONCE = 150;

/** How many bytes of results one script adopts. */
const BYTES_AT_ONCE = 4 * 1024 * 1024;

/** After how long the janitor takes over from a resumer that has not come to its end, milliseconds. */
export const RESUMING_MS = 60_000;

/** Resumes and forks, for an engine or a janitor. */
export class Resumer {
  readonly #parts: ResumerParts;
  /** The process that a run is to end with that has a queue of its own. */
  readonly #owner: string | undefined;
  readonly #forkedCall: ForkedCall | undefined;

  /** @param forkedCall for forks, which janitors do not make */
  constructor(parts: ResumerParts, owner?: string, forkedCall?: ForkedCall) {
    this.#parts = parts;
    this.#owner = owner;
    this.#forkedCall = forkedCall;
  }

  /** Resumes a run. @throws RunNotEndedError, ImproperlyConfigured, and what `findRun` throws */
  async resume(text: string): Promise<ResumeReply> {
    const { activeRuns, runIndex, store } = this.#parts;
    const { runKey, stored } = await findRun(this.#parts, text);
    requireEnded(runKey, stored, "resumed");
    const owner = this.#ownerOf(runKey, stored.meta);
    const left = await this.#readLeft(runKey, stored);
    const plan = planResume(left, stored.pageCount * PAGE_SIZE);
    if (!plan.isEmpty) {
      // Entered before it goes on, as a new run is: should this process be lost, the janitor does the rest.
      await activeRuns.add(runKey);
      const resumer = randomUUID();
      const reopened = await store.reopen(runKey, {
        resumer,
        takeOverMs: RESUMING_MS,
        epoch: stored.epoch,
        ...(owner === undefined ? {} : { owner }),
      });
      if (reopened === "missing") throw expired(runKey);
      if (reopened === "running") throw notEnded(runKey, "resumed");
      await runIndex.noteResumed(entryOf(runKey, stored.meta));
      await this.#carryOut(runKey, resumer, left, plan, stored);
    }
    return await this.#replyOf(runKey, left, plan);
  }

  /** Comes to the end of what another resumer has begun; a fork that was never whole is deleted. */
  async finish(runKey: RunKey): Promise<void> {
    const { activeRuns, runIndex, store } = this.#parts;
    const before = await store.describe(runKey);
    if (before === undefined) return;
    if (before.epoch === 0) {
      await Promise.all([store.delete(runKey), activeRuns.remove(runKey)]);
      await runIndex.remove([entryOf(runKey, before.meta)]);
      return;
    }
    const resumer = randomUUID();
    if ((await store.reopen(runKey, { resumer, takeOverMs: RESUMING_MS, epoch: before.epoch })) !== "reopened") return;
    const left = await this.#readLeft(runKey, before);
    await this.#carryOut(runKey, resumer, left, planResume(left, before.pageCount * PAGE_SIZE), before);
  }

  /** Makes a fork. @throws TypeError for arguments that do not fit, RunNotEndedError, UnknownTaskIdError, OptionError, ImproperlyConfigured, and what `findRun` throws */
  async fork(text: string, options: ForkOptions): Promise<ResumeReply> {
    const found = await findRun(this.#parts, text);
    const { runKey, stored } = found;
    requireEnded(runKey, stored, "forked");
    const owner = this.#ownerOf(runKey, stored.meta);
    const left = await this.#readLeft(runKey, stored);
    const from = await this.#chosenNode(found, left, options.from);
    const plan = planResume(left, stored.pageCount * PAGE_SIZE, from);
    if (plan.fateOf(from) !== "chosen" || plan.isEmpty) {
      throw new OptionError(
        `nothing can be forked from ${nodeId(runKey, from)}: it is called only when another task fails, or was added by an attempt that was lost`,
      );
    }
    const forkKey = newRunKey();
    const resumer = randomUUID();
    const changed = forkedNodes(left, plan, from, (node) => this.#forkedCall?.(node, options) ?? node);
    await this.#storeFork({
      forkKey,
      resumer,
      owner,
      stored,
      nodes: changed,
      plan,
      labels: labelsOf(runKey, stored, options),
    });
    await this.#adopt(forkKey, resumer, runKey, left, plan);
    // It has no results but those, and nothing in it was replaced but what its plan says.
    await this.#set(forkKey, resumer, { ...plan, again: [], unreplaced: [] });
    await this.#restart(forkKey, resumer, plan);
    return await this.#replyOf(forkKey, { ...left, nodes: changed }, plan);
  }

  async #readLeft(runKey: RunKey, { meta, pageCount }: StoredRun): Promise<LeftRun> {
    const { store } = this.#parts;
    const nodes = await readNodes(store, runKey, pageCount);
    const records = await readRecords(store, runKey, nodes);
    const joins = [...nodes.keys()].filter((index) => nodes[index]?.kind === "join");
    const added = await store.readAdded(runKey, joins);
    const addedTo = new Map(joins.map((join, position) => [join, added[position] ?? []]));
    return {
      nodes,
      staticCount: meta.nodeCount,
      recordOf: (index) => records.get(index) ?? { kind: "waiting" },
      addedTo: (join) => addedTo.get(join) ?? [],
    };
  }

  async #carryOut(
    runKey: RunKey,
    resumer: string,
    left: LeftRun,
    planned: ResumePlan,
    { pageCount }: StoredRun,
  ): Promise<void> {
    const { store } = this.#parts;
    let plan = planned;
    if (plan.spreads.length > 0) {
      const base = await store.allocate(runKey, plan.spreads.length);
      if (base !== pageCount * PAGE_SIZE) plan = planResume(left, base);
      await store.addNodes(runKey, plan.spreads, base);
    }
    await this.#set(runKey, resumer, plan);
    await this.#restart(runKey, resumer, plan);
  }

  async #set(
    runKey: RunKey,
    resumer: string,
    { again, unreplaced, joins }: Pick<ResumePlan, "again" | "unreplaced" | "joins">,
  ): Promise<void> {
    for (const part of partsOf(again, NODES_AT_ONCE)) await this.#reset(runKey, resumer, { again: part });
    for (const part of partsOf(unreplaced, NODES_AT_ONCE)) await this.#reset(runKey, resumer, { unreplaced: part });
    for (const part of partsOf(joins, JOINS_AT_ONCE)) await this.#reset(runKey, resumer, { joins: part });
  }

  async #reset(
    runKey: RunKey,
    resumer: string,
    change: Partial<Parameters<ResumerParts["store"]["reset"]>[2]>,
  ): Promise<void> {
    const nodes = { again: [], unreplaced: [], joins: [], adopted: [], ...change };
    if (!(await this.#parts.store.reset(runKey, resumer, nodes))) throw notEnded(runKey, "resumed");
  }

  async #restart(runKey: RunKey, resumer: string, { starts }: ResumePlan): Promise<void> {
    const started = await this.#parts.store.restart(runKey, resumer, starts);
    if (started === undefined) throw notEnded(runKey, "resumed");
    await this.#parts.driver.follow(runKey, started);
  }

  /** Stores the graph of a fork, page by page, and then its run, which waits for its resumer. */
  async #storeFork(fork: {
    readonly forkKey: RunKey;
    readonly resumer: string;
    readonly owner: string | undefined;
    readonly stored: StoredRun;
    readonly nodes: LeftRun["nodes"];
    readonly plan: ResumePlan;
    readonly labels: RunLabels;
  }): Promise<void> {
    const { activeRuns, news, runIndex, store } = this.#parts;
    const { forkKey, resumer, owner, stored, nodes, plan, labels } = fork;
    const { version, nodeCount, result, root } = stored.meta;
    const meta: RunMeta = { version, nodeCount, result, root, labels };
    let total = stored.pageCount;
    const pages: (readonly [page: number, nodes: readonly GraphNode[]])[] = [];
    for (let page = 0; page < stored.pageCount; page += 1) {
      const some = nodes.slice(page * PAGE_SIZE, (page + 1) * PAGE_SIZE).filter((node) => node !== undefined);
      if (some.length > 0) pages.push([page, some]);
    }
    for (const part of partsOf(plan.spreads, PAGE_SIZE)) {
      pages.push([total, part]);
      total += 1;
    }
    await store.stageFork(forkKey, resumer);
    let joinCount = 0;
    for (const [page, some] of pages) {
      joinCount += countJoins(some);
      await store.stage(forkKey, some, page * PAGE_SIZE);
    }
    await activeRuns.add(forkKey);
    await store.createStaged(
      { runKey: forkKey, meta, starts: [], joinCount, pages: { stored: pages.length, total } },
      { notify: news.channel, ...(owner === undefined ? {} : { owner }) },
    );
    runIndex.enter(entryOf(forkKey, meta));
  }

  /** Gives a fork the results that it keeps. */
  async #adopt(forkKey: RunKey, resumer: string, runKey: RunKey, { nodes }: LeftRun, plan: ResumePlan): Promise<void> {
    const kept = [...nodes.keys()].filter((index) => {
      const node = nodes[index];
      return node !== undefined && node.kind !== "spread" && plan.fateOf(index) === "kept";
    });
    for (const part of partsOf(kept, NODES_AT_ONCE)) {
      const records = await this.#parts.store.readResults(runKey, part);
      let adopted: { index: number; record: string; mayPack: boolean }[] = [];
      let bytes = 0;
      for (const [position, index] of part.entries()) {
        const record = records[position];
        if (typeof record !== "string") throw expired(runKey);
        const node = nodes[index];
        adopted.push({ index, record, mayPack: node?.kind === "task" && node.isTail });
        bytes += record.length;
        if (bytes < BYTES_AT_ONCE) continue;
        await this.#reset(forkKey, resumer, { adopted });
        [adopted, bytes] = [[], 0];
      }
      await this.#reset(forkKey, resumer, { adopted });
    }
  }

  /** The node that a fork begins with. @throws UnknownTaskIdError, OptionError */
  async #chosenNode({ runKey }: FoundRun, { nodes }: LeftRun, from: string | number): Promise<number> {
    const known = [...nodes.keys()].filter((index) => nodes[index]?.kind === "task");
    const place = typeof from === "string" ? await this.#placeOf(from, nodes, runKey) : from;
    const node = place === undefined ? undefined : nodes[place];
    if (place === undefined || node === undefined) {
      throw new UnknownTaskIdError(
        `run ${readableId(runKey)} has no task ${JSON.stringify(from)}; its tasks are ${
          known.length === 0
            ? "none"
            : `${known
                .slice(0, 3)
                .map((index) => nodeId(runKey, index))
                .join(", ")}${known.length > 3 ? ", …" : ""}`
        }`,
      );
    }
    if (node.kind === "task") return place;
    throw new OptionError(
      `a fork begins with a task, and ${nodeId(runKey, place)} is a group; choose one of its members, or what comes before it`,
    );
  }

  async #placeOf(id: string, nodes: LeftRun["nodes"], runKey: RunKey): Promise<number | undefined> {
    const own = [...nodes.keys()].find((index) => {
      const node = nodes[index];
      return (
        nodeId(runKey, index) === id.toLowerCase() ||
        (node !== undefined && node.kind !== "spread" && node.ownId === id)
      );
    });
    if (own !== undefined) return own;
    const alias = await this.#parts.aliases.find(id);
    return alias?.runKey === runKey ? alias.index : undefined;
  }

  /** @throws ImproperlyConfigured when nobody would run its tasks */
  #ownerOf(runKey: RunKey, { labels }: RunMeta): string | undefined {
    if (labels?.ownQueue === undefined) return undefined;
    if (this.#owner !== undefined) return this.#owner;
    throw new ImproperlyConfigured(
      `the tasks of run ${readableId(runKey)} go to a queue that only \`flow run\` has served which sent it; use \`flow resume\` or \`flow fork\`, which start a worker for it`,
    );
  }

  async #replyOf(runKey: RunKey, left: LeftRun, plan: ResumePlan): Promise<ResumeReply> {
    const stored = await this.#parts.store.describe(runKey);
    if (stored === undefined) throw expired(runKey);
    const run: RunInfo = await infoOf(this.#parts, runKey, stored);
    let reused = 0;
    let again = 0;
    for (const node of resumedNodes(runKey, left, plan)) {
      if (node.action === "reused") reused += 1;
      else again += 1;
    }
    return { run, reused, again, nodes: () => resumedNodes(runKey, left, plan) };
  }
}

/** Says of each task what becomes of it, and why. Errbacks that were never called are not told of. */
function* resumedNodes(runKey: RunKey, left: LeftRun, plan: ResumePlan): Generator<ResumedNode> {
  const { nodes, recordOf } = left;
  for (const [index, node] of nodes.entries()) {
    if (node?.kind !== "task") continue;
    const told = fateInWords(left, plan.fateOf(index), recordOf(index));
    if (told === undefined) continue;
    yield { id: node.ownId ?? nodeId(runKey, index), index, task: node.task, ...told };
  }
}

function fateInWords(
  left: LeftRun,
  fate: ReturnType<ResumePlan["fateOf"]>,
  record: NodeRecord,
): Pick<ResumedNode, "action" | "why"> | undefined {
  switch (fate) {
    case "kept":
      return { action: "reused", why: "it succeeded" };
    case "replaced":
      return { action: "reused", why: "it was replaced, and what took its place goes on" };
    case "unfinished":
      return { action: "again", why: whyUnfinished(left, record) };
    case "errback":
      return record.kind === "succeeded" || record.kind === "failed"
        ? { action: "again", why: "it is called again if what it was called for fails again" }
        : undefined;
    case "chosen":
      return { action: "again", why: "the fork begins with it" };
    case "follows":
      return record.kind === "uncalled"
        ? undefined
        : { action: "again", why: "it follows from what the fork begins with" };
    case "none":
      return undefined;
  }
}

function whyUnfinished(left: LeftRun, record: NodeRecord): string {
  switch (record.kind) {
    case "failed":
      return "it failed";
    case "revoked":
      return "it was revoked";
    case "ignored":
      return "it asked to be ignored";
    case "forgotten":
      return "its result was forgotten";
    case "dead":
      return `it never ran, because ${nameOfCause(left, record.cause)} did not succeed`;
    case "running":
      return "it had not ended";
    default:
      return "it never ran";
  }
}

/** How many failures that follow from others are followed. */
const MOST_CAUSES = 1000;

/** What people call a node whose failure others follow from: of a group the member that failed, as `score [17]`. */
function nameOfCause({ nodes, recordOf }: LeftRun, cause: number): string {
  let index = cause;
  for (let steps = 0; steps < MOST_CAUSES; steps += 1) {
    const record = recordOf(index);
    if (record.kind === "joinFailed") index = record.member;
    else if (record.kind === "dead") index = record.cause;
    else if (record.kind === "replaced" || record.kind === "handedOver") index = record.by;
    else break;
  }
  const node = nodes[index];
  return node?.kind === "task" ? `${node.task} [${index}]` : `the group [${index}]`;
}

/** The nodes of a fork: without ids of people's own, which are the first run's, and with the arguments that are given. */
function forkedNodes(
  { nodes }: LeftRun,
  plan: ResumePlan,
  from: number,
  call: (node: TaskNode) => TaskNode,
): LeftRun["nodes"] {
  return nodes.map((node, index) => {
    if (node === undefined || node.kind === "spread" || (node.ownId === undefined && index !== from)) return node;
    const { ownId: _ownId, ...rest } = node;
    return index === from && rest.kind === "task" && plan.fateOf(index) === "chosen" ? call(rest) : rest;
  });
}

function labelsOf(runKey: RunKey, { meta }: StoredRun, { name }: ForkOptions): RunLabels {
  const { name: _name, resultId: _resultId, ...labels } = meta.labels ?? { task: "" };
  return { ...labels, ...(name === undefined ? {} : { name }), forkOf: nodeId(runKey, meta.root) };
}

function requireEnded(runKey: RunKey, { endedAt, isAbandoned }: StoredRun, what: string): void {
  if (endedAt === undefined && !isAbandoned) throw notEnded(runKey, what);
}

function notEnded(runKey: RunKey, what: string): RunNotEndedError {
  return new RunNotEndedError(
    `run ${readableId(runKey)} (${nodeId(runKey, 0)}) goes on, so it cannot be ${what}; wait until it has ended, or cancel it`,
  );
}

function expired(runKey: RunKey): RunExpiredError {
  return new RunExpiredError(`run ${runKey} is not stored any more: it expired or was forgotten`);
}

function* partsOf<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}
