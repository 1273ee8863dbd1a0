/**
 * Signature to graph: pure, and the place where canvas words get their meaning (Celery's, as SEMANTICS measured it).
 * One rule: every composite hands its arguments, options and callbacks down to the tasks that they concern, so that
 * a node of the graph stands alone.
 *
 * What goes where: arguments and `countdown`/`eta` to the tasks that start the composite; `taskId` and `link` to what
 * gives its value; `linkError` to each step of a chain, each member of a group, the body of a chord; all other options
 * to every task inside that does not set them itself.
 */
import {
  InvalidSignatureError,
  mergeOptions,
  type RunKey,
  type SignatureData,
  type SignatureOptions,
} from "@umbel/core";
import {
  appendIndex,
  GRAPH_VERSION,
  type Graph,
  type GraphNode,
  type IndexStretch,
  type JoinNode,
  type StartToken,
  stretchIndices,
  type TaskNode,
} from "./graph.ts";

/** What compile asks of its surroundings. */
export interface CompileEnvironment {
  /** Options that a task's definition sets for all its calls. */
  taskDefaults(task: string): SignatureOptions | undefined;
  /** The queue of every task, whatever it or its call says. */
  readonly onlyQueue?: string | undefined;
}

/** The arguments and options of one call of a signature. */
export interface CompileCall {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly options: SignatureOptions;
}

/**
 * Compiles one call of a signature.
 * @throws InvalidSignatureError for a canvas without any task
 */
export function compile(
  signature: SignatureData,
  call: CompileCall,
  runKey: RunKey,
  environment: CompileEnvironment,
): Graph {
  return new Compiler(environment).run(signature, call, runKey);
}

/** Nodes that are added to a run while it goes on. */
export interface GraphPart {
  readonly nodes: readonly GraphNode[];
  readonly starts: readonly StartToken[];
  /** The node that has its value. */
  readonly tail: number;
}

/** Where a part is put into a run. */
export interface PartPlace {
  /** The index of its first node. */
  readonly base: number;
  /** The join that counts it: of a chord it is added to, or the task it replaces. */
  readonly join: number;
  /** The id that its result takes over. */
  readonly ownId?: string;
  readonly parent?: number;
  /** The join of the group that it is a member of. */
  readonly group?: number;
  /** How many members may be in flight, of a part that is a group. */
  readonly limit?: number;
  /** Options that hold for all of its tasks, unless they say otherwise. */
  readonly under?: SignatureOptions;
}

/** Compiles what is added to a run; `undefined` for a canvas without any task. */
export function compilePart(
  signature: SignatureData,
  place: PartPlace,
  environment: CompileEnvironment,
): GraphPart | undefined {
  return new Compiler(environment, place.base).part(signature, place);
}

/** A stretch of steps that ends as a whole when one of them fails. */
interface Segment {
  /** The join that counts this segment's tail; undefined for the run itself and for callbacks. */
  readonly join: { index: number } | undefined;
  /** Its last index; known when all of it is numbered. */
  end: number;
}

/** An errback. It is numbered once, however many nodes of one segment may call it: only one of them can fail. */
interface Errback {
  readonly data: SignatureData;
  starts: StartToken[] | undefined;
}

/** What comes into a signature from what stands before it. */
interface Incoming {
  readonly from?: number;
  readonly takesError?: true;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
}

const NOTHING: Incoming = { args: [], kwargs: {} };

/** Where a signature stands. */
interface Place {
  readonly incoming: Incoming;
  readonly segment: Segment;
  /** Options of composites around it: defaults. */
  readonly under: SignatureOptions;
  /** Options of the call: they win. */
  readonly over: SignatureOptions;
  /** `countdown` and `eta` for what starts it. */
  readonly entryUnder: SignatureOptions;
  readonly entryOver: SignatureOptions;
  readonly taskId?: string;
  readonly links: readonly SignatureData[];
  readonly errbacks: readonly Errback[];
  readonly parent?: number;
  readonly group?: { index: number };
  /** Another step follows, so a group here is the header of a chord: errbacks around it are the body's. */
  readonly isFollowed: boolean;
}

/** What a compiled signature is to its surroundings. */
interface Compiled {
  readonly starts: readonly Start[];
  /** The node that has its value. */
  readonly tail: Ended;
  /** A task that stands for it as a parent. */
  readonly parent: number;
}

interface Start {
  readonly kind: "t" | "s";
  readonly index: number;
  /** Times, as they follow the index in a start token. */
  readonly suffix: string;
}

interface Ended {
  readonly index: number;
  /** What comes after it in its segment; when a join fails, these are what failed. */
  readonly followers: Start[];
  readonly next: StartToken[];
  readonly segment: Segment;
  isTail: boolean;
  readonly errbacks: readonly Errback[];
}

interface TaskDraft extends Ended {
  readonly kind: "task";
  readonly node: Omit<TaskNode, "kind" | "next" | "onError" | "join" | "isTail" | "deadEnd" | "group">;
  readonly group: { index: number } | undefined;
}

interface JoinDraft extends Ended {
  readonly kind: "join";
  readonly size: number;
  readonly tails: readonly IndexStretch[];
  readonly ownId: string | undefined;
  readonly parent: number | undefined;
}

interface SpreadDraft {
  readonly kind: "spread";
  readonly index: number;
  readonly join: { index: number };
  readonly starts: IndexStretch[];
  limit: number | undefined;
}

type Draft = TaskDraft | JoinDraft | SpreadDraft;

/** The name under which an `each` is shown; no task of an App can have it. */
export const EACH_TASK = "umbel.each";

class Compiler {
  readonly #environment: CompileEnvironment;
  readonly #drafts: Draft[] = [];
  /** Callbacks are numbered behind what they hang on, so that they are in no range that its failure ends. */
  readonly #postponed: (() => void)[] = [];

  /** The index of the first draft. */
  readonly #base: number;

  constructor(environment: CompileEnvironment, base = 0) {
    this.#environment = environment;
    this.#base = base;
  }

  run(signature: SignatureData, call: CompileCall, runKey: RunKey): Graph {
    const { countdown, eta, taskId, link = [], linkError = [], ...over } = call.options;
    const segment: Segment = { join: undefined, end: 0 };
    const compiled = this.#compile(signature, {
      incoming: { args: call.args, kwargs: call.kwargs },
      segment,
      under: {},
      over,
      entryUnder: {},
      entryOver: times(countdown, eta),
      ...(taskId === undefined ? {} : { taskId }),
      links: link,
      errbacks: linkError.map(newErrback),
      isFollowed: false,
    });
    if (compiled === undefined)
      throw new InvalidSignatureError("this canvas holds no task at all, so there is nothing to run");
    segment.end = this.#lastIndex;
    const firstTask = this.#drafts.findIndex((draft) => draft.kind === "task");
    return {
      version: GRAPH_VERSION,
      runKey,
      nodes: this.#finish(),
      result: compiled.tail.index,
      root: Math.max(0, firstTask),
      starts: compiled.starts.map(tokenOf),
    };
  }

  part(signature: SignatureData, place: PartPlace): GraphPart | undefined {
    const segment: Segment = { join: { index: place.join }, end: 0 };
    const compiled = this.#compile(signature, {
      incoming: NOTHING,
      segment,
      under: place.under ?? {},
      over: {},
      entryUnder: {},
      entryOver: {},
      ...(place.ownId === undefined ? {} : { taskId: place.ownId }),
      links: [],
      errbacks: [],
      isFollowed: false,
      ...(place.parent === undefined ? {} : { parent: place.parent }),
      ...(place.group === undefined ? {} : { group: { index: place.group } }),
    });
    if (compiled === undefined) return undefined;
    segment.end = this.#lastIndex;
    compiled.tail.isTail = true;
    const [first] = this.#drafts;
    if (place.limit !== undefined && first?.kind === "spread") first.limit = place.limit;
    return { nodes: this.#finish(), starts: compiled.starts.map(tokenOf), tail: compiled.tail.index };
  }

  get #nextIndex(): number {
    return this.#base + this.#drafts.length;
  }

  get #lastIndex(): number {
    return this.#nextIndex - 1;
  }

  /** Numbers the callbacks and gives all nodes. */
  #finish(): GraphNode[] {
    // Callbacks may have callbacks of their own, which are appended while this runs.
    for (let position = 0; position < this.#postponed.length; position += 1) this.#postponed[position]?.();
    return this.#drafts.map((draft) => finish(draft, (index) => this.#drafts[index - this.#base]));
  }

  /** Compiles a signature in its place; `undefined` for one that stands for nothing, such as Celery's empty chain. */
  #compile(data: SignatureData, place: Place): Compiled | undefined {
    switch (data.kind) {
      case "task":
        return this.#task(data, place);
      case "map":
      case "starmap":
        return this.#task(
          { kind: "task", task: data.task, args: [data.items], immutable: true, ...optionsOf(data) },
          place,
          data.kind,
        );
      case "chain":
        return this.#chain(data, inside(data, place));
      case "group":
        return this.#group(data, place);
      case "chord":
        return this.#chord(data, inside(data, place));
      case "chunks":
        return this.#group(chunksGroup(data), place);
      case "each":
        return this.#each(data, place);
    }
  }

  #task(data: SignatureData & { kind: "task" }, place: Place, mode?: TaskNode["mode"]): Compiled {
    const incoming = data.immutable ? NOTHING : place.incoming;
    const defaults = this.#environment.taskDefaults(data.task);
    const own = mergeOptions(mergeOptions(defaults, place.under), mergeOptions(place.entryUnder, data.options)) ?? {};
    const {
      link = [],
      linkError = [],
      taskId,
      countdown,
      eta,
      expires,
      ...options
    } = mergeOptions(own, mergeOptions(place.over, place.entryOver)) ?? {};
    const ownId = place.taskId ?? taskId;
    refuseUnknown(data.task, options);
    const { onlyQueue } = this.#environment;
    const draft: TaskDraft = {
      kind: "task",
      index: this.#nextIndex,
      next: [],
      followers: [],
      segment: place.segment,
      isTail: false,
      errbacks: [...place.errbacks, ...linkError.map(newErrback)],
      group: place.group,
      node: {
        task: data.task,
        ...(mode === undefined ? {} : { mode }),
        args: [...incoming.args, ...(data.args ?? [])],
        kwargs: { ...data.kwargs, ...incoming.kwargs },
        options: onlyQueue === undefined ? options : { ...options, queue: onlyQueue },
        ...(incoming.from === undefined ? {} : { input: incoming.from }),
        ...(incoming.takesError ? { takesError: true } : {}),
        ...(ownId === undefined ? {} : { ownId }),
        ...(place.parent === undefined ? {} : { parent: place.parent }),
      },
    };
    this.#drafts.push(draft);
    this.#hang(draft, [...place.links, ...link]);
    return {
      starts: [{ kind: "t", index: draft.index, suffix: timesSuffix(countdown, eta, expires) }],
      tail: draft,
      parent: draft.index,
    };
  }

  /** A task of the engine's own: when the list is there, it is replaced by the group of what runs for each item. */
  #each(data: SignatureData & { kind: "each" }, place: Place): Compiled {
    const args = [...(data.args ?? []), data.member, ...(data.limit === undefined ? [] : [data.limit])];
    return this.#task(
      { kind: "task", task: EACH_TASK, args, ...optionsOf(data), ...(data.immutable ? { immutable: true } : {}) },
      place,
      "each",
    );
  }

  #chain(data: SignatureData & { kind: "chain" }, place: Place): Compiled | undefined {
    const steps = data.steps.flatMap(unrolledStep);
    let first: Compiled | undefined;
    let before: Compiled | undefined;
    for (const [position, step] of steps.entries()) {
      const isLast = position === steps.length - 1;
      const { taskId, ...shared } = place;
      const compiled = this.#compile(step, {
        ...shared,
        ...(before === undefined ? {} : followPlace(before)),
        links: isLast ? place.links : [],
        isFollowed: !isLast || place.isFollowed,
        ...(isLast && taskId !== undefined ? { taskId } : {}),
      });
      if (compiled === undefined) continue;
      if (before !== undefined) follow(before.tail, compiled);
      first ??= compiled;
      before = compiled;
    }
    return first === undefined || before === undefined ? undefined : { ...before, starts: first.starts };
  }

  #group(data: SignatureData & { kind: "group" }, place: Place): Compiled | undefined {
    const only = data.members.length === 1 ? data.members[0] : undefined;
    // Celery gives the inner list for a group of nothing but a chain that ends in a group.
    if (data.unroll && only?.kind === "chain" && endsInGroup(only)) return this.#compile(only, groupPlace(data, place));
    return this.#spread(groupMembers(data), groupPlace(data, place));
  }

  #chord(data: SignatureData & { kind: "chord" }, place: Place): Compiled | undefined {
    const { taskId: _bodyId, ...headerPlace } = place;
    const header = this.#spread(
      groupMembers(data.header),
      groupPlace(data.header, { ...headerPlace, links: [], errbacks: [] }),
    );
    const body = this.#compile(data.body, { ...place, ...followPlace(header) });
    if (body === undefined) return header;
    follow(header.tail, body);
    return { ...body, starts: header.starts };
  }

  /** Numbers a spread, the members, and their join, in this order. */
  #spread(members: readonly SignatureData[], place: Place): Compiled {
    const join = { index: -1 };
    const spread: SpreadDraft = { kind: "spread", index: this.#nextIndex, join, starts: [], limit: undefined };
    this.#drafts.push(spread);
    const tails: IndexStretch[] = [];
    let parent: number | undefined;
    const { taskId, links, ...shared } = place;
    for (const member of members) {
      const segment: Segment = { join, end: 0 };
      const compiled = this.#compile(member, {
        ...shared,
        segment,
        // Each member may fail for itself, so each calls errbacks of its own.
        errbacks: place.errbacks.map((errback) => newErrback(errback.data)),
        links: [],
        isFollowed: false,
        group: join,
      });
      segment.end = this.#lastIndex;
      if (compiled === undefined) continue;
      compiled.tail.isTail = true;
      for (const start of compiled.starts) appendIndex(spread.starts, start.index, start.kind, start.suffix);
      appendIndex(tails, compiled.tail.index, "t", "");
      parent = compiled.parent;
    }
    join.index = this.#nextIndex;
    const draft: JoinDraft = {
      kind: "join",
      index: join.index,
      next: [],
      followers: [],
      segment: place.segment,
      isTail: false,
      errbacks: [],
      size: tails.reduce((sum, stretch) => sum + stretch.count, 0),
      tails,
      ownId: taskId,
      parent: place.parent,
    };
    this.#drafts.push(draft);
    this.#hang(draft, links);
    return {
      starts: [{ kind: "s", index: spread.index, suffix: "" }],
      tail: draft,
      parent: parent ?? place.parent ?? draft.index,
    };
  }

  /** Postpones the callbacks and errbacks of a node. */
  #hang(host: Ended, links: readonly SignatureData[]): void {
    for (const link of links) {
      this.#postponed.push(() =>
        host.next.push(...this.#callback(link, { from: host.index, args: [], kwargs: {} }, host.index)),
      );
    }
    for (const errback of host.errbacks) {
      this.#postponed.push(() => {
        errback.starts ??= this.#callback(errback.data, { takesError: true, args: [], kwargs: {} }, host.index);
      });
    }
  }

  #callback(data: SignatureData, incoming: Incoming, parent: number): StartToken[] {
    const segment: Segment = { join: undefined, end: 0 };
    const compiled = this.#compile(data, {
      incoming,
      segment,
      under: {},
      over: {},
      entryUnder: {},
      entryOver: {},
      links: [],
      errbacks: [],
      isFollowed: false,
      parent,
    });
    segment.end = this.#lastIndex;
    return compiled === undefined ? [] : compiled.starts.map(tokenOf);
  }
}

function follow(before: Ended, compiled: Compiled): void {
  before.next.push(...compiled.starts.map(tokenOf));
  before.followers.push(...compiled.starts);
}

/** Options that the language and Celery have and this engine does not honour; to ignore one would be a lie. */
const NOT_HONOURED: readonly (keyof SignatureOptions)[] = [
  "timeLimit",
  "softTimeLimit",
  "ignoreResult",
  "serializer",
  "compression",
  "headers",
  "shadow",
];

function refuseUnknown(task: string, options: SignatureOptions): void {
  const name = NOT_HONOURED.find((option) => options[option] !== undefined);
  if (name === undefined) return;
  throw new InvalidSignatureError(
    `task "${task}": the option \`${name}\` cannot be honoured by this version; leave it out`,
  );
}

/** The place of what follows a compiled signature: it gets its value, and starts without delay. */
function followPlace(before: Compiled): Pick<Place, "incoming" | "entryUnder" | "entryOver" | "parent"> {
  return {
    incoming: { from: before.tail.index, args: [], kwargs: {} },
    entryUnder: {},
    entryOver: {},
    parent: before.parent,
  };
}

/** The place of the parts of a composite: its own arguments and options are handed down. */
function inside(data: SignatureData, place: Place): Place {
  const { countdown, eta, taskId, link = [], linkError = [], ...under } = data.options ?? {};
  const incoming = data.immutable ? NOTHING : place.incoming;
  const ownId = place.taskId ?? taskId;
  return {
    ...place,
    incoming: {
      ...incoming,
      args: [...incoming.args, ...(data.args ?? [])],
      kwargs: { ...data.kwargs, ...incoming.kwargs },
    },
    under: { ...place.under, ...under },
    entryUnder: { ...place.entryUnder, ...times(countdown, eta) },
    ...(ownId === undefined ? {} : { taskId: ownId }),
    links: [...place.links, ...link],
    errbacks: [...place.errbacks, ...linkError.map(newErrback)],
  };
}

/** The place of a group's members; its links are theirs already, so they do not hang on the group as a whole. */
function groupPlace(data: SignatureData, place: Place): Place {
  const { link: _ofMembers, ...options } = data.options ?? {};
  return inside({ ...data, options }, place.isFollowed ? { ...place, errbacks: [] } : place);
}

/** The members of a group, flat. Options on a group are those of each member, so a link runs once for each. */
function groupMembers(group: SignatureData & { kind: "group" }): readonly SignatureData[] {
  const members = flatMembers(group);
  const link = group.options?.link;
  if (link === undefined) return members;
  return members.map((member) => ({
    ...member,
    options: { ...member.options, link: [...(member.options?.link ?? []), ...link] },
  }));
}

/** A group in a group is its members; what the inner one says is handed down to them. */
function flatMembers(group: SignatureData & { kind: "group" }): readonly SignatureData[] {
  if (!group.members.some((member) => member.kind === "group" || member.kind === "chunks")) return group.members;
  return group.members.flatMap((member) => {
    const inner = member.kind === "chunks" ? chunksGroup(member) : member;
    if (inner.kind !== "group") return [inner];
    const only = inner.members.length === 1 ? inner.members[0] : undefined;
    if (inner.unroll && only?.kind === "chain" && endsInGroup(only)) return [only];
    return flatMembers(inner).map((each) => handDown(inner, each));
  });
}

function handDown(group: SignatureData & { kind: "group" }, member: SignatureData): SignatureData {
  if (group.args === undefined && group.kwargs === undefined && group.options === undefined && !group.immutable)
    return member;
  const { taskId: _groupId, ...groupOptions } = group.options ?? {};
  const options = mergeOptions(groupOptions, member.options);
  const takesArguments = member.immutable !== true;
  const args = takesArguments ? [...(group.args ?? []), ...(member.args ?? [])] : member.args;
  const kwargs = takesArguments ? { ...member.kwargs, ...group.kwargs } : member.kwargs;
  return {
    ...member,
    ...(args === undefined || args.length === 0 ? {} : { args }),
    ...(kwargs === undefined || Object.keys(kwargs).length === 0 ? {} : { kwargs }),
    ...(options === undefined ? {} : { options }),
    ...(group.immutable ? { immutable: true } : {}),
  };
}

/** Celery's group in a chain: one member stands for itself, none for nothing. A chain of nothing is nothing, too. */
function unrolledStep(step: SignatureData): readonly SignatureData[] {
  if (step.kind === "chain" && step.steps.every((inner) => unrolledStep(inner).length === 0)) return [];
  if (step.kind !== "group" || !step.unroll || step.members.length > 1) return [step];
  return step.members.map((member) => handDown(step, member));
}

function endsInGroup(chain: SignatureData & { kind: "chain" }): boolean {
  const last = chain.steps.at(-1);
  return last?.kind === "group" || last?.kind === "chunks" || (last?.kind === "chain" && endsInGroup(last));
}

function chunksGroup(data: SignatureData & { kind: "chunks" }): SignatureData & { kind: "group" } {
  const members: SignatureData[] = [];
  for (let from = 0; from < data.items.length; from += data.size) {
    members.push({ kind: "starmap", task: data.task, items: data.items.slice(from, from + data.size) });
  }
  return { kind: "group", members, ...optionsOf(data) };
}

function optionsOf(data: SignatureData): { options?: SignatureOptions } {
  return data.options === undefined ? {} : { options: data.options };
}

function newErrback(data: SignatureData): Errback {
  return { data, starts: undefined };
}

function times(countdown: number | undefined, eta: string | undefined): SignatureOptions {
  return { ...(countdown === undefined ? {} : { countdown }), ...(eta === undefined ? {} : { eta }) };
}

function timesSuffix(
  countdown: number | undefined,
  eta: string | undefined,
  expires: number | string | undefined,
): string {
  if (countdown === undefined && eta === undefined && expires === undefined) return "";
  const expiresIn = typeof expires === "number" ? Math.round(expires * 1000) : "";
  const expiresAt = typeof expires === "string" ? Date.parse(expires) : "";
  return `;${countdown === undefined ? "" : Math.round(countdown * 1000)};${eta === undefined ? "" : Date.parse(eta)};${expiresIn};${expiresAt}`;
}

function tokenOf(start: Start): StartToken {
  return `${start.kind}${start.index}${start.suffix}`;
}

/** The errbacks of what a join leads to: when a header fails it is the body that is told to have failed. */
function* followerErrbacks(
  followers: readonly Start[],
  draftAt: (index: number) => Draft | undefined,
): Generator<StartToken> {
  const open = [...followers];
  for (let start = open.shift(); start !== undefined; start = open.shift()) {
    const draft = draftAt(start.index);
    if (draft?.kind === "task") yield* errbackTokens(draft);
    else if (draft?.kind === "spread") {
      for (const { index, stretch } of stretchIndices(draft.starts))
        open.push({ kind: stretch.kind, index, suffix: "" });
    }
  }
}

/** Behind `@` stands the node whose error the errback gets. */
function errbackTokens(draft: TaskDraft): StartToken[] {
  return draft.errbacks.flatMap((errback) => (errback.starts ?? []).map((start) => `${start}@${draft.index}`));
}

function finish(draft: Draft, draftAt: (index: number) => Draft | undefined): GraphNode {
  if (draft.kind === "spread") {
    const total = draft.starts.reduce((sum, stretch) => sum + stretch.count, 0);
    const limit = draft.limit === undefined ? {} : { limit: draft.limit };
    return { kind: "spread", join: draft.join.index, total, ...limit, starts: draft.starts };
  }
  const ending = {
    next: draft.next,
    onError: draft.kind === "task" ? errbackTokens(draft) : [...followerErrbacks(draft.followers, draftAt)],
    join: draft.segment.join?.index ?? -1,
    isTail: draft.isTail,
    deadEnd: Math.max(draft.index, draft.segment.end),
  };
  if (draft.kind === "join") {
    const join: JoinNode = {
      kind: "join",
      size: draft.size,
      tails: draft.tails,
      ...(draft.ownId === undefined ? {} : { ownId: draft.ownId }),
      ...(draft.parent === undefined ? {} : { parent: draft.parent }),
      ...ending,
    };
    return join;
  }
  return { kind: "task", ...draft.node, ...(draft.group === undefined ? {} : { group: draft.group.index }), ...ending };
}
