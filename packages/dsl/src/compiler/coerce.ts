/**
 * What is wanted from what is there: a workflow, a value, a list. One rule: where a workflow is wanted, a task's or
 * def's bare name is its call without arguments, and a list is a group; elsewhere a list stays a list.
 */
import type { CallSuffix } from "../ast.ts";
import type { Span } from "../source.ts";
import type { Value } from "../values.ts";
import { isList, isUnknown, nameSort } from "../values.ts";
import type { Evaluator, Scope } from "./evaluator.ts";
import { expandDef } from "./expand.ts";
import { type Meaning, nameMeaning } from "./meaning.ts";
import { makeGroup, makeHole, type Workflow } from "./workflow.ts";

/** A call with nothing in its parentheses. */
export function emptyCall(span: Span): CallSuffix {
  return { kind: "call", isImmutable: false, args: [], start: span.end, end: span.end };
}

/**
 * The workflow that something means.
 * @param where names the place in a sentence: "a step of `|`"
 */
export function asWorkflow(evaluator: Evaluator, meaning: Meaning, where: string, span: Span, scope: Scope): Workflow {
  const origin = evaluator.originOf(span, scope);
  switch (meaning.kind) {
    case "workflow":
      return meaning.workflow;
    case "anything":
      return makeHole(origin);
    case "task":
      return {
        kind: "task",
        task: meaning.task,
        args: [],
        kwargs: {},
        isImmutable: false,
        isOpen: false,
        written: [],
        origin,
        size: 1,
        depth: 1,
      };
    case "def":
      return asWorkflow(evaluator, expandDef(evaluator, meaning, emptyCall(span), span, scope), where, span, scope);
    case "list":
      return groupOf(evaluator, meaning.items, where, span, scope);
    case "value":
      if (isUnknown(meaning.value) && meaning.value.type === undefined) return makeHole(origin);
      if (isList(meaning.value) && meaning.value.length === 0)
        evaluator.report("E412", scope, span, { what: "this list" });
      else evaluator.report("E407", scope, span, { got: nameSort(meaning.value), where });
      return makeHole(origin);
    case "word":
    case "mapping":
    case "flow":
      evaluator.report("E407", scope, span, { got: nameMeaning(meaning), where });
      return makeHole(origin);
  }
}

/** A group of meanings; groups directly among them are flattened, with a warning. */
export function groupOf(
  evaluator: Evaluator,
  items: readonly Meaning[],
  where: string,
  span: Span,
  scope: Scope,
): Workflow {
  const members = items.map((item) => {
    const itemSpan =
      item.kind === "workflow" && item.workflow.origin.source === scope.module.source
        ? item.workflow.origin.span
        : span;
    return asWorkflow(evaluator, item, where, itemSpan, scope);
  });
  return makeGroup(flattened(evaluator, members, scope), evaluator.originOf(span, scope));
}

/** Members with those of groups among them; what a group says for its members goes with them. */
export function flattened(evaluator: Evaluator, members: readonly Workflow[], scope: Scope): readonly Workflow[] {
  if (!members.some((member) => member.kind === "group")) return members;
  const flat: Workflow[] = [];
  for (const member of members) {
    if (member.kind !== "group") {
      flat.push(member);
      continue;
    }
    evaluator.reportAt("W302", member.origin, {});
    evaluator.countSteps(member.members.length, member.origin.span, scope);
    for (const inner of member.members) flat.push(layOn(inner, member));
  }
  return flat;
}

/** Lays what a group says for its members on one of them. */
function layOn(member: Workflow, group: Pick<Workflow, "options" | "errbacks">): Workflow {
  if (group.options === undefined && group.errbacks === undefined) return member;
  return {
    ...member,
    options: { ...group.options, ...member.options },
    errbacks: [...(member.errbacks ?? []), ...(group.errbacks ?? [])],
  };
}

/** The value that something means. `undefined` where it is none, which is reported, or not known. */
export function asValue(
  evaluator: Evaluator,
  meaning: Meaning,
  where: string,
  span: Span,
  scope: Scope,
): Value | undefined {
  switch (meaning.kind) {
    case "value":
      return meaning.value;
    case "anything":
      return undefined;
    case "list":
      if (meaning.items.length === 0) return [];
      evaluator.report("E408", scope, span, { where, got: nameMeaning(meaning) });
      return undefined;
    case "workflow":
      evaluator.report("E408", scope, span, { where, got: nameMeaning(meaning) });
      return undefined;
    case "task":
    case "def":
    case "word":
    case "mapping":
    case "flow":
      evaluator.report("E419", scope, span, { where, what: nameMeaning(meaning) });
      return undefined;
  }
}
