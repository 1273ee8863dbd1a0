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
  type ChordData,
  type GroupData,
  InvalidSignatureError,
  mergeOptions,
  type RunKey,
  type SignatureData,
  type SignatureOptions,
} from "@umbel/core";
import { type CompileEnvironment, OptionScope, times } from "./compile/call-options.ts";
import { Compiler } from "./compile/compiler.ts";
import { type Start, tokenOf } from "./compile/drafts.ts";
import { MemberStream } from "./compile/member-stream.ts";
import { NOTHING, newErrbacks, type Place, plainPlace } from "./compile/place.ts";
import {
  appendIndex,
  GRAPH_VERSION,
  type Graph,
  type GraphNode,
  type OptionsAround,
  type StartToken,
} from "./graph.ts";

export type { CompileEnvironment } from "./compile/call-options.ts";
export type { MemberStream } from "./compile/member-stream.ts";

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
  const compiler = new Compiler(environment);
  const [called, rest] = withLinksOf(call, signature);
  const compiled = compiler.place(called, calledPlace(rest, environment));
  if (compiled === undefined)
    throw new InvalidSignatureError("this canvas holds no task at all, so there is nothing to run");
  const nodes = compiler.finish();
  return {
    version: GRAPH_VERSION,
    runKey,
    nodes,
    result: compiled.tail.index,
    root: Math.max(
      0,
      nodes.findIndex((node) => node.kind === "task"),
    ),
    starts: compiled.starts.map(tokenOf),
  };
}

/** Begins to compile a call of a group or chord whose members come one by one. @throws InvalidSignatureError */
export function compileStream(
  signature: GroupData | ChordData,
  call: CompileCall,
  environment: CompileEnvironment,
): MemberStream {
  const [called, rest] = withLinksOf(call, signature);
  return new MemberStream(called, calledPlace(rest, environment), environment);
}

/** Links of a group are its members', whether they are set or said by the call: puts the call's with its own. */
function withLinksOf<Data extends SignatureData>(call: CompileCall, signature: Data): readonly [Data, CompileCall] {
  const { link, ...options } = call.options;
  if (link === undefined || (signature.kind !== "group" && signature.kind !== "chunks")) return [signature, call];
  const merged = mergeOptions(signature.options, { link });
  return [
    { ...signature, ...(merged === undefined ? {} : { options: merged }) },
    { ...call, options },
  ];
}

function calledPlace({ args, kwargs, options }: CompileCall, environment: CompileEnvironment): Place {
  const { countdown, eta, taskId, link = [], linkError = [], ...over } = options;
  const scope = new OptionScope(environment, { over, entryOver: times(countdown, eta) });
  return {
    ...plainPlace({ join: undefined, end: 0 }, scope),
    incoming: { ...NOTHING, args, kwargs },
    taskId,
    links: link,
    errbacks: newErrbacks(linkError),
  };
}

/** Nodes that are added to a run while it goes on. */
export interface GraphPart {
  readonly nodes: readonly GraphNode[];
  readonly starts: readonly StartToken[];
  /** The node that has its value. */
  readonly tail: number;
}

/** Where a part is put into a run. */
export interface PartPlace extends OptionsAround {
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
}

/** Compiles what is added to a run; `undefined` for a canvas without any task. */
export function compilePart(
  signature: SignatureData,
  place: PartPlace,
  environment: CompileEnvironment,
): GraphPart | undefined {
  const { base, limit } = place;
  const compiler = new Compiler(environment, base);
  const compiled = compiler.place(signature, placeOf(place, environment));
  if (compiled === undefined) return undefined;
  compiled.tail.node.isTail = true;
  const first = compiler.draftAt(base);
  if (limit !== undefined && first?.kind === "spread") first.limit = limit;
  return { nodes: compiler.finish(), starts: compiled.starts.map(tokenOf), tail: compiled.tail.index };
}

/** Members that are added to a group which goes on. */
export interface AddedMembers {
  readonly nodes: readonly GraphNode[];
  /** One a member: the node that has its value. */
  readonly tails: readonly number[];
  /** The only member, or the spread from which all are handed out. */
  readonly start: StartToken;
}

/** Compiles members that are added to a group; `undefined` for those that stand for nothing. */
export function compileMembers(
  signatures: readonly SignatureData[],
  place: Pick<PartPlace, "base" | "join" | "group">,
  environment: CompileEnvironment,
): AddedMembers | undefined {
  const compiler = new Compiler(environment, place.base);
  const spread = signatures.length === 1 ? undefined : compiler.beginSpread({ index: place.join });
  const starts: Start[] = spread === undefined ? [] : [{ kind: "s", index: spread.index, suffix: "" }];
  const tails: number[] = [];
  for (const signature of signatures) {
    const compiled = compiler.place(signature, placeOf(place, environment));
    if (compiled === undefined) continue;
    compiled.tail.node.isTail = true;
    tails.push(compiled.tail.index);
    if (spread === undefined) starts.push(...compiled.starts);
    else for (const { index, kind, suffix } of compiled.starts) appendIndex(spread.starts, index, kind, suffix);
  }
  const [start] = starts;
  if (start === undefined || tails.length === 0) return undefined;
  return { nodes: compiler.finish(), tails, start: tokenOf(start) };
}

function placeOf(
  { join, ownId, parent, group, under = {}, over = {} }: PartPlace,
  environment: CompileEnvironment,
): Place {
  return {
    ...plainPlace({ join: { index: join }, end: 0 }, new OptionScope(environment, { under, over })),
    taskId: ownId,
    parent,
    group: group === undefined ? undefined : { index: group },
  };
}
