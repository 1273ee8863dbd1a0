/**
 * A workflow while it is being built: like signature data, but each part knows its place in the text, so that it can be
 * checked where it ends up. One rule: parts are never changed; those that a `let` names are shared.
 */
import type { SignatureOptions } from "@umbel/core";
import type { Argument } from "../ast.ts";
import type { TaskDeclaration } from "../resolver.ts";
import type { Source, Span } from "../source.ts";

/** A place in a source. */
export interface Origin {
  readonly source: Source;
  readonly span: Span;
}

interface WorkflowCommon {
  readonly origin: Origin;
  /** From `with`; laid on what is inside. */
  readonly options?: SignatureOptions | undefined;
  readonly links?: readonly Workflow[] | undefined;
  readonly errbacks?: readonly Workflow[] | undefined;
  /** Tasks and groups in it, each as often as it would run. */
  readonly size: number;
  /** Levels of it. */
  readonly depth: number;
}

/** The call of a task. */
export interface TaskCall extends WorkflowCommon {
  readonly kind: "task";
  readonly task: TaskDeclaration;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly isImmutable: boolean;
  /** How many arguments there are is not known while checking. */
  readonly isOpen: boolean;
  /** The arguments as they are written, for places. */
  readonly written: readonly Argument[];
}

/** Steps; a plain chain among them is part of this one. */
export interface Chain extends WorkflowCommon {
  readonly kind: "chain";
  readonly steps: readonly Workflow[];
}

export interface Group extends WorkflowCommon {
  readonly kind: "group";
  readonly members: readonly Workflow[];
}

export interface Chord extends WorkflowCommon {
  readonly kind: "chord";
  readonly header: Group;
  readonly body: Workflow;
}

/** map, starmap and chunks: one task over a list that is known. */
export interface Mapping extends WorkflowCommon {
  readonly kind: "mapping";
  readonly word: "map" | "starmap" | "chunks";
  readonly task: TaskDeclaration;
  readonly items: readonly unknown[];
  /** Of chunks, how many items one has. */
  readonly chunkSize: number;
}

export interface Each extends WorkflowCommon {
  readonly kind: "each";
  readonly member: Workflow;
  readonly limit: number | undefined;
  /** A list that stands before it in the text. */
  readonly args: readonly unknown[];
  readonly isImmutable: boolean;
}

/** One of several, by a condition that is not known while checking. */
export interface Either extends WorkflowCommon {
  readonly kind: "either";
  readonly choices: readonly Workflow[];
}

/** A workflow that is not known: a def's parameter while checking, or what is broken. */
export interface Hole extends WorkflowCommon {
  readonly kind: "hole";
}

export type Workflow = TaskCall | Chain | Group | Chord | Mapping | Each | Either | Hole;

/** How large something is that is made of parts. */
export function measure(parts: readonly Workflow[], own: number): { readonly size: number; readonly depth: number } {
  let size = own;
  let depth = 0;
  for (const part of parts) {
    size += part.size;
    if (part.depth > depth) depth = part.depth;
  }
  return { size, depth: depth + 1 };
}

/** Whether a chain says nothing of its own, so that it is part of a chain around it. */
export function isPlainChain(workflow: Workflow): workflow is Chain {
  return (
    workflow.kind === "chain" &&
    workflow.options === undefined &&
    workflow.links === undefined &&
    workflow.errbacks === undefined
  );
}

/** Makes a chain of at least one step. */
export function makeChain(steps: readonly Workflow[], origin: Origin): Workflow {
  const [only] = steps;
  if (steps.length === 1 && only !== undefined) return only;
  const { size } = measure(steps, 0);
  // A plain chain inside adds no level: it becomes part of this one.
  const depth =
    1 + steps.reduce((deepest, step) => Math.max(deepest, isPlainChain(step) ? step.depth - 1 : step.depth), 0);
  return { kind: "chain", steps, origin, size, depth };
}

/** Makes a group; groups among its members are to be flattened before. */
export function makeGroup(members: readonly Workflow[], origin: Origin): Group {
  return { kind: "group", members, origin, ...measure(members, 1) };
}

/** Makes a workflow that is not known. */
export function makeHole(origin: Origin): Hole {
  return { kind: "hole", origin, size: 1, depth: 1 };
}

/** The steps of a chain, with plain chains among them taken apart; needs no stack, however they are nested. */
export function flatSteps(chain: Chain): readonly Workflow[] {
  if (!chain.steps.some(isPlainChain)) return chain.steps;
  const flat: Workflow[] = [];
  const waiting: Workflow[] = chain.steps.toReversed();
  for (let step = waiting.pop(); step !== undefined; step = waiting.pop()) {
    if (isPlainChain(step)) for (const inner of step.steps.toReversed()) waiting.push(inner);
    else flat.push(step);
  }
  return flat;
}
