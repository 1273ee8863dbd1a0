/**
 * Numbers the nodes of signatures, depth first. One rule: no call in here stands on another of its kind, so signatures
 * may be nested as deep as memory holds.
 */
import {
  type ChainData,
  type ChordData,
  chunksGroup,
  type Deep,
  type EachData,
  type GroupData,
  InvalidSignatureError,
  type MapData,
  runDeep,
  type SignatureData,
  type TaskData,
} from "@umbel/core";
import {
  appendIndex,
  countStretches,
  type EachPlan,
  type GraphNode,
  type GrowingStretches,
  type IndexStretch,
  type StartToken,
  type TaskNode,
} from "../graph.ts";
import { type CompileEnvironment, OptionScope } from "./call-options.ts";
import {
  type Compiled,
  type Draft,
  type Ended,
  errorStarts,
  finish,
  follow,
  type JoinDraft,
  type SpreadDraft,
  type Start,
  type TaskDraft,
  tokenOf,
} from "./drafts.ts";
import { chainSteps, groupMembers, onlyChainOf } from "./members.ts";
import {
  behind,
  type Errback,
  handedOut,
  type Incoming,
  inside,
  insideGroup,
  type JoinPlace,
  MOST_CALLBACKS,
  memberPlace,
  NOTHING,
  newErrbacks,
  type Place,
  plainPlace,
  type Segment,
  valueFrom,
} from "./place.ts";
import { type Alike, PlainMembers, sharedWith } from "./plain-members.ts";

/** The name under which an `each` is shown; no task of an App can have it. */
const EACH_TASK = "umbel.each";

/** What is one node: the call of a task. */
type CallData = TaskData | MapData | EachData;

/** A signature that is being compiled; `undefined` for one that stands for nothing, such as Celery's empty chain. */
type Compiling = Deep<Compiled | undefined>;

/** A group that has no members yet. */
export interface OpenGroup {
  /** The place of the group, from which each member's follows. */
  readonly place: Place;
  readonly spread: SpreadDraft;
  readonly join: JoinDraft;
  readonly tails: GrowingStretches;
  /** The group with what follows it. */
  readonly compiled: Compiled;
}

/** Compiles signatures to nodes behind one another. */
export class Compiler {
  readonly #callbackScope: OptionScope;
  /** The index of the first draft. */
  readonly #base: number;
  readonly #drafts: Draft[] = [];
  /** Callbacks are numbered behind what they hang on, so that they are in no range that its failure ends. */
  readonly #postponed: (() => void)[] = [];
  /** How many drafts know what they call when they fail. */
  #hung = 0;

  constructor(environment: CompileEnvironment, base = 0) {
    this.#callbackScope = new OptionScope(environment);
    this.#base = base;
  }

  /** Compiles a signature in its place, whose segment it ends; `undefined` for one that stands for nothing. */
  place(data: SignatureData, place: Place): Compiled | undefined {
    const compiled = isCall(data) ? this.#call(data, place) : runDeep(this.#composite(data, place));
    place.segment.end = this.#lastIndex;
    return compiled;
  }

  /** Numbers a group without its members, and in front of them what follows it. */
  open(data: GroupData | ChordData, place: Place): OpenGroup {
    const around = data.kind === "chord" ? inside(data, place) : place;
    const group = data.kind === "chord" ? data.header : data;
    const groupPlace = insideGroup(group, data.kind === "chord" ? headerPlace(around) : around);
    const joinPlace = { index: this.#nextIndex + 1 };
    const spread = this.beginSpread(joinPlace);
    const tails: GrowingStretches = [];
    const join = this.#join(joinPlace.index, spread, tails, groupPlace);
    const starts: Start[] = [{ kind: "s", index: spread.index, suffix: "" }];
    let compiled: Compiled = { starts, tail: join, parent: join.index };
    if (data.kind === "chord") {
      const body = this.place(data.body, behind(compiled, around));
      if (body !== undefined) {
        follow(join, body);
        compiled = { ...body, starts };
      }
    }
    place.segment.end = this.#lastIndex;
    return { place: groupPlace, spread, join, tails, compiled };
  }

  /** Numbers a spread that has no members yet. @param join what counts them */
  beginSpread(join: JoinPlace): SpreadDraft {
    const spread: SpreadDraft = {
      kind: "spread",
      index: this.#nextIndex,
      join,
      starts: [],
      limit: undefined,
      alike: undefined,
    };
    this.#drafts.push(spread);
    return spread;
  }

  /** Numbers the callbacks and gives all nodes. */
  finish(): GraphNode[] {
    // Callbacks may have callbacks of their own, which are appended while this runs.
    for (let position = 0; position < this.#postponed.length; position += 1) this.#postponed[position]?.();
    this.#postponed.length = 0;
    this.#hangErrbacks();
    return this.#drafts.map(finish);
  }

  /** Says of each node what it starts when it fails. */
  #hangErrbacks(): void {
    const count = this.#drafts.length;
    for (; this.#hung < count; this.#hung += 1) {
      const draft = this.#drafts[this.#hung];
      if (draft === undefined || draft.kind === "spread" || draft.kind === "member") continue;
      const starts = errorStarts(draft, this.draftAt);
      if (starts.length > 0) draft.node.onError = this.#errorTokens(starts);
    }
    this.#hung = this.#drafts.length;
  }

  /** More than one script may start are handed out in pages, by a spread that no join counts: nobody waits for errbacks. */
  #errorTokens(errbacks: readonly Start[]): StartToken[] {
    if (errbacks.length <= MOST_CALLBACKS) return errbacks.map(tokenOf);
    const spread = this.beginSpread({ index: -1 });
    for (const { index, kind, suffix } of errbacks) appendIndex(spread.starts, index, kind, suffix);
    return [tokenOf({ kind: "s", index: spread.index, suffix: "" })];
  }

  /** Gives the draft of a node. */
  readonly draftAt = (index: number): Draft | undefined => this.#drafts[index - this.#base];

  get #nextIndex(): number {
    return this.#base + this.#drafts.length;
  }

  get #lastIndex(): number {
    return this.#nextIndex - 1;
  }

  #composite(data: Exclude<SignatureData, CallData>, place: Place): Compiling {
    switch (data.kind) {
      case "chain":
        return this.#chain(data, inside(data, place));
      case "group":
        return this.#group(data, place);
      case "chord":
        return this.#chord(data, inside(data, place));
      case "chunks":
        return this.#group(chunksGroup(data), place);
    }
  }

  #call(data: CallData, place: Place): Compiled {
    switch (data.kind) {
      case "task":
        return this.#task(data, place, data.args, data.immutable === true);
      case "map":
      case "starmap":
        return this.#task(data, place, [data.items], true, { mode: data.kind });
      case "each":
        return this.#each(data, place);
    }
  }

  /** A task of the engine's own: when the list is there, it is replaced by the group of what runs for each item. */
  #each(data: EachData, place: Place): Compiled {
    const { member, limit, kwargs, options } = data;
    const each: EachPlan = {
      member,
      ...(limit === undefined ? {} : { limit }),
      ...place.scope.handedDown(options),
    };
    const task = {
      task: EACH_TASK,
      ...(kwargs === undefined ? {} : { kwargs }),
      ...(options === undefined ? {} : { options }),
    };
    return this.#task(task, place, data.args, data.immutable === true, { mode: "each", each });
  }

  #task(
    data: Pick<TaskData, "task" | "kwargs" | "options">,
    place: Place,
    ownArgs: readonly unknown[] | undefined,
    immutable: boolean,
    { mode, each }: Pick<TaskNode, "mode" | "each"> = {},
  ): Compiled {
    const isMapped = mode === "map" || mode === "starmap";
    if (data.options?.failFast !== undefined && mode !== "each") {
      throw new InvalidSignatureError(
        `task "${data.task}": the option \`failFast\` is of groups, chords and \`each\`; leave it out`,
      );
    }
    const incoming = immutable ? NOTHING : place.incoming;
    const { options, links, linkErrors, taskId, suffix } = place.scope.of(data.task, data.options);
    const ownId = place.taskId ?? taskId;
    const index = this.#nextIndex;
    const next: StartToken[] = [];
    const node: TaskDraft["node"] = {
      kind: "task",
      task: data.task,
      args: argumentsOf(incoming, ownArgs),
      kwargs: { ...(isMapped ? undefined : data.kwargs), ...incoming.kwargs },
      options,
      next,
      onError: [],
      join: -1,
      isTail: false,
      deadEnd: index,
    };
    if (mode !== undefined) node.mode = mode;
    if (each !== undefined) node.each = each;
    if (incoming.from !== undefined) node.input = incoming.from;
    if (incoming.takesError) node.takesError = true;
    if (ownId !== undefined) node.ownId = ownId;
    if (place.parent !== undefined) node.parent = place.parent;
    const errbacks = linkErrors.length === 0 ? place.errbacks : [...place.errbacks, ...newErrbacks(linkErrors)];
    const draft: TaskDraft = { kind: "task", index, node, next, segment: place.segment, errbacks, group: place.group };
    this.#drafts.push(draft);
    this.#hangLinks(draft, links.length === 0 ? place.links : [...place.links, ...links]);
    for (const errback of errbacks) this.#hangErrback(errback, index);
    return { starts: [{ kind: "t", index, suffix }], tail: draft, parent: index };
  }

  *#chain(data: ChainData, place: Place): Compiling {
    const steps = chainSteps(data);
    let first: Compiled | undefined;
    let before: Compiled | undefined;
    for (const [position, step] of steps.entries()) {
      const isLast = position === steps.length - 1;
      const around = before === undefined ? place : behind(before, place);
      const at: Place = {
        ...around,
        taskId: isLast ? place.taskId : undefined,
        links: isLast ? place.links : [],
        isFollowed: !isLast || place.isFollowed,
      };
      const compiled = isCall(step) ? this.#call(step, at) : yield this.#composite(step, at);
      if (compiled === undefined) continue;
      if (before !== undefined) follow(before.tail, compiled);
      first ??= compiled;
      before = compiled;
    }
    return first === undefined || before === undefined ? undefined : { ...before, starts: first.starts };
  }

  *#group(data: GroupData, place: Place): Compiling {
    const members = groupMembers(data);
    const [only] = members;
    const at = insideGroup(data, place);
    if (only?.kind === "chain" && onlyChainOf(data) !== undefined) return yield this.#composite(only, at);
    return yield this.#spread(members, at);
  }

  *#chord(data: ChordData, place: Place): Compiling {
    const header = yield this.#spread(groupMembers(data.header), insideGroup(data.header, headerPlace(place)));
    if (header === undefined) return undefined;
    const at = behind(header, place);
    const body = isCall(data.body) ? this.#call(data.body, at) : yield this.#composite(data.body, at);
    if (body === undefined) return header;
    follow(header.tail, body);
    return { ...body, starts: header.starts };
  }

  /** Numbers a spread, the members, and their join, in this order. */
  *#spread(members: readonly SignatureData[], place: Place): Compiling {
    const join = { index: -1 };
    const spread = this.beginSpread(join);
    const tails: GrowingStretches = [];
    let parent: number | undefined;
    const plainMembers = new PlainMembers(place, join);
    let alike: Alike = "any";
    for (const member of members) {
      const plain = plainMembers.member(member, this.#nextIndex);
      if (plain !== undefined) {
        const index = this.#nextIndex;
        this.#drafts.push({ kind: "member", index, node: plain.node, join });
        appendIndex(spread.starts, index, "t", plain.suffix);
        appendIndex(tails, index, "t", "");
        alike = sharedWith(alike, plain.node);
        parent = index;
        continue;
      }
      const at = memberPlace(place, join);
      const compiled = isCall(member) ? this.#call(member, at) : yield this.#composite(member, at);
      at.segment.end = this.#lastIndex;
      if (compiled === undefined) continue;
      alike = undefined;
      compiled.tail.node.isTail = true;
      for (const start of compiled.starts) appendIndex(spread.starts, start.index, start.kind, start.suffix);
      appendIndex(tails, compiled.tail.index, "t", "");
      parent = compiled.parent;
    }
    if (alike !== "any") spread.alike = alike;
    join.index = this.#nextIndex;
    const draft = this.#join(join.index, spread, tails, place);
    return {
      starts: [{ kind: "s", index: spread.index, suffix: "" }],
      tail: draft,
      parent: parent ?? place.parent ?? draft.index,
    };
  }

  #join(index: number, spread: SpreadDraft, tails: readonly IndexStretch[], place: Place): JoinDraft {
    const { segment, taskId, parent, links } = place;
    const next: StartToken[] = [];
    const node: JoinDraft["node"] = {
      kind: "join",
      size: countStretches(tails),
      tails,
      next,
      onError: [],
      join: -1,
      isTail: false,
      deadEnd: index,
    };
    if (taskId !== undefined) node.ownId = taskId;
    if (parent !== undefined) node.parent = parent;
    const { failsFast } = place.scope;
    const draft: JoinDraft = { kind: "join", index, node, next, segment, followers: [], spread, failsFast };
    this.#drafts.push(draft);
    this.#hangLinks(draft, links);
    return draft;
  }

  #hangLinks(host: Ended, links: readonly SignatureData[]): void {
    for (const link of handedOut(links)) {
      this.#postponed.push(() =>
        host.next.push(...this.#callback(link, valueFrom(host.index), host.index).map(tokenOf)),
      );
    }
  }

  #hangErrback(errback: Errback, host: number): void {
    if (errback.isHung) return;
    errback.isHung = true;
    this.#postponed.push(() => {
      errback.starts = this.#callback(errback.data, { ...NOTHING, takesError: true }, host);
    });
  }

  #callback(data: SignatureData, incoming: Incoming, parent: number): readonly Start[] {
    const segment: Segment = { join: undefined, end: 0 };
    const place = { ...plainPlace(segment, this.#callbackScope), incoming, parent };
    return this.place(data, place)?.starts ?? [];
  }
}

/** The place of a chord's header: what is said of the chord's result is said of its body. */
function headerPlace(place: Place): Place {
  return { ...place, taskId: undefined, links: [], errbacks: [] };
}

function isCall(data: SignatureData): data is CallData {
  return data.kind === "task" || data.kind === "map" || data.kind === "starmap" || data.kind === "each";
}

function argumentsOf(incoming: Incoming, own: readonly unknown[] | undefined): readonly unknown[] {
  if (own === undefined) return [...incoming.args];
  return incoming.args.length === 0 ? [...own] : [...incoming.args, ...own];
}
