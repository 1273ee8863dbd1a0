/**
 * What is given beside the text, as a template's holes are. One rule: it is never read as text; a signature becomes the
 * workflow that its text would be, so that it is checked and joined like one.
 */
import type { SignatureData, SignatureOptions } from "@umbel/core";
import { parametersFromNames } from "@umbel/core";
import type { GivenExpression } from "../ast.ts";
import type { TaskDeclaration } from "../resolver.ts";
import { valueFromJson } from "../values.ts";
import type { Evaluator, Scope } from "./evaluator.ts";
import { ANYTHING, type Meaning } from "./meaning.ts";
import { makeChain, makeGroup, measure, type Origin, type Workflow } from "./workflow.ts";

/** A JSON value, a task, or a signature. */
export type GivenPart =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "task"; readonly task: TaskDeclaration }
  | { readonly kind: "signature"; readonly data: SignatureData };

/** Gives what stands at a place. */
export function evaluateGiven(evaluator: Evaluator, expression: GivenExpression, scope: Scope): Meaning {
  const part = evaluator.given.parts[expression.index];
  switch (part?.kind) {
    case "value":
      return { kind: "value", value: valueFromJson(part.value) };
    case "task":
      return { kind: "task", task: part.task };
    case "signature": {
      const workflow = workflowOf(part.data, evaluator, evaluator.originOf(expression, scope), 0);
      if (workflow !== undefined) return { kind: "workflow", workflow };
      evaluator.exhaust("E908", scope, expression, { most: evaluator.limits.depth });
      return ANYTHING;
    }
    case undefined:
      return ANYTHING;
  }
}

/** Whether a flow can hold a signature: its composites have no arguments of their own, and are none of Celery's. */
export function canBeGiven(data: SignatureData): boolean {
  const waiting = [data];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const isPlain = next.args === undefined && next.kwargs === undefined && next.immutable === undefined;
    if (next.kind !== "task" && !isPlain && !(next.kind === "each" && next.kwargs === undefined)) return false;
    if (next.kind === "group" && next.unroll === true) return false;
    waiting.push(...partsOf(next), ...(next.options?.link ?? []), ...(next.options?.linkError ?? []));
  }
  return true;
}

function partsOf(data: SignatureData): readonly SignatureData[] {
  switch (data.kind) {
    case "chain":
      return data.steps;
    case "group":
      return data.members;
    case "chord":
      return [data.header, data.body];
    case "each":
      return [data.member];
    case "task":
    case "map":
    case "starmap":
    case "chunks":
      return [];
  }
}

/** The workflow of a signature; `undefined` for one that is nested deeper than workflows may be. */
function workflowOf(data: SignatureData, evaluator: Evaluator, origin: Origin, level: number): Workflow | undefined {
  if (level > evaluator.limits.depth) return undefined;
  const inner = (part: SignatureData): Workflow | undefined => workflowOf(part, evaluator, origin, level + 1);
  const all = (parts: readonly SignatureData[]): readonly Workflow[] | undefined => {
    const made = parts.map(inner);
    return made.every((part) => part !== undefined) ? made : undefined;
  };
  const made = bareWorkflow(data, evaluator, origin, inner, all);
  const links = all(data.options?.link ?? []);
  const errbacks = all(data.options?.linkError ?? []);
  if (made === undefined || links === undefined || errbacks === undefined) return undefined;
  const options = plainOptions(data.options);
  return {
    ...made,
    ...(options !== undefined && { options }),
    ...(links.length > 0 && { links }),
    ...(errbacks.length > 0 && { errbacks }),
  };
}

function bareWorkflow(
  data: SignatureData,
  evaluator: Evaluator,
  origin: Origin,
  inner: (part: SignatureData) => Workflow | undefined,
  all: (parts: readonly SignatureData[]) => readonly Workflow[] | undefined,
): Workflow | undefined {
  switch (data.kind) {
    case "task": {
      const task = evaluator.given.findTask(data.task);
      const call = { args: data.args ?? [], kwargs: data.kwargs ?? {}, isImmutable: data.immutable === true };
      // What an unknown task takes is not known.
      const isOpen = task === undefined;
      return {
        kind: "task",
        task: task ?? anyTask(data.task),
        ...call,
        isOpen,
        written: [],
        origin,
        size: 1,
        depth: 1,
      };
    }
    case "chain": {
      const steps = all(data.steps);
      return steps === undefined ? undefined : makeChain(steps, origin);
    }
    case "group": {
      const members = all(data.members);
      return members === undefined ? undefined : makeGroup(members, origin);
    }
    case "chord": {
      const header = inner(data.header);
      const body = inner(data.body);
      if (header?.kind !== "group" || body === undefined) return undefined;
      return { kind: "chord", header, body, origin, ...measure([header, body], 0) };
    }
    case "map":
    case "starmap":
    case "chunks": {
      const task = evaluator.given.findTask(data.task) ?? anyTask(data.task);
      const chunkSize = data.kind === "chunks" ? data.size : 0;
      return { kind: "mapping", word: data.kind, task, items: data.items, chunkSize, origin, size: 1, depth: 1 };
    }
    case "each": {
      const member = inner(data.member);
      if (member === undefined) return undefined;
      const { limit, args = [], immutable } = data;
      return { kind: "each", member, limit, args, isImmutable: immutable === true, origin, ...measure([member], 1) };
    }
  }
}

function plainOptions(options: SignatureOptions | undefined): SignatureOptions | undefined {
  if (options === undefined) return undefined;
  const { link: _link, linkError: _linkError, ...plain } = options;
  return Object.keys(plain).length > 0 ? plain : undefined;
}

function anyTask(name: string): TaskDeclaration {
  return { name, parameters: parametersFromNames(["*args", "**kwargs"]) };
}
