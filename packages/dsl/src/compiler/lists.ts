/** Lists and comprehensions. One rule: a list holds values or workflows, never both. */
import type { Clause, Comprehension, ListExpression } from "../ast.ts";
import type { Span } from "../source.ts";
import { isList, isUnknown, Unknown, type Value } from "../values.ts";
import { asCondition } from "./conditions.ts";
import { type Evaluator, type Scope, withLocal } from "./evaluator.ts";
import { spreadMeanings } from "./expand.ts";
import { ANYTHING, type Meaning, nameMeaning, valueMeaning } from "./meaning.ts";
import { makeHole } from "./workflow.ts";

/** What `[a, ...b]` means. */
export function evaluateList(evaluator: Evaluator, expression: ListExpression, scope: Scope): Meaning {
  const items: Meaning[] = [];
  let isOpen = false;
  for (const item of expression.items) {
    const meaning = evaluator.evaluate(item.value, scope);
    if (!item.isSpread) {
      items.push(meaning);
      continue;
    }
    const spread = spreadMeanings(evaluator, meaning, item, scope);
    if (spread === undefined) isOpen = true;
    else for (const inner of spread) items.push(inner);
  }
  evaluator.countSteps(items.length, expression, scope);
  if (isOpen) return ANYTHING;
  return listOf(evaluator, items, expression, scope, expression.items.length > 0);
}

/** A list of meanings: of values a value, of workflows a list. */
function listOf(
  evaluator: Evaluator,
  items: readonly Meaning[],
  span: Span,
  scope: Scope,
  mayBeWorkflows: boolean,
): Meaning {
  if (items.length > evaluator.limits.items) {
    evaluator.exhaust("E905", scope, span, { most: evaluator.limits.items });
    return ANYTHING;
  }
  const values: Value[] = [];
  let hasWorkflows = false;
  let isOpen = false;
  for (const item of items) {
    if (item.kind === "value") values.push(item.value);
    else if (item.kind === "anything") isOpen = true;
    else hasWorkflows = true;
  }
  const isMixed = hasWorkflows && values.some((item) => !isUnknown(item));
  if (isMixed) {
    evaluator.report("E406", scope, span, {});
    return ANYTHING;
  }
  if (hasWorkflows || (items.length === 0 && mayBeWorkflows)) return { kind: "list", items };
  if (isOpen) return ANYTHING;
  evaluator.recordDepth(values, values, span, scope);
  return valueMeaning(values);
}

/** What `[f(x) for x in xs if x > 1]` means. */
export function evaluateComprehension(evaluator: Evaluator, expression: Comprehension, scope: Scope): Meaning {
  const run: ComprehensionRun = { evaluator, expression, items: [], isOpen: false };
  runClauses(run, expression.clauses, scope);
  if (evaluator.isExhausted) return ANYTHING;
  if (run.isOpen) return openList(evaluator, run.items, expression, scope);
  if (run.items.length > 0) return listOf(evaluator, run.items, expression, scope, true);
  // Nothing was evaluated, so what is wrong whatever the values are would go unseen.
  const sample = evaluator.inspect(expression.item, clauseScope(expression.clauses, scope));
  return sample.kind === "value" ? valueMeaning([]) : { kind: "list", items: [] };
}

interface ComprehensionRun {
  readonly evaluator: Evaluator;
  readonly expression: Comprehension;
  readonly items: Meaning[];
  /** A list or condition is not known: there may be more items or fewer. */
  isOpen: boolean;
}

function runClauses(run: ComprehensionRun, clauses: readonly Clause[], scope: Scope): void {
  const { evaluator } = run;
  const [clause, ...inner] = clauses;
  if (clause === undefined) {
    run.items.push(evaluator.evaluate(run.expression.item, scope));
    if (run.items.length > evaluator.limits.items) {
      evaluator.exhaust("E905", scope, run.expression, { most: evaluator.limits.items });
    }
    return;
  }
  for (const item of clauseItems(run, clause, scope)) {
    if (evaluator.isExhausted) return;
    evaluator.countSteps(1, clause, scope);
    const itemScope = withLocal(scope, clause.name.name, item);
    if (conditionsHold(run, clause, itemScope)) runClauses(run, inner, itemScope);
  }
}

function clauseItems(run: ComprehensionRun, clause: Clause, scope: Scope): readonly Meaning[] {
  const { evaluator } = run;
  const meaning = evaluator.evaluate(clause.list, scope);
  if (meaning.kind === "list") return meaning.items;
  const list = meaning.kind === "value" ? meaning.value : undefined;
  if (list !== undefined && isList(list)) return list.map(valueMeaning);
  run.isOpen = true;
  if (meaning.kind === "anything") return [ANYTHING];
  const got = list === undefined ? nameMeaning(meaning) : evaluator.unlessUnknown(list, "list");
  if (got === undefined) return [valueMeaning(new Unknown(undefined))];
  evaluator.report("E414", scope, clause.list, { got, where: "`for … in`" });
  return [ANYTHING];
}

function conditionsHold(run: ComprehensionRun, clause: Clause, scope: Scope): boolean {
  for (const condition of clause.conditions) {
    const holds = asCondition(run.evaluator, run.evaluator.evaluate(condition, scope), "a condition", condition, scope);
    if (holds === false) return false;
    if (holds === undefined) run.isOpen = true;
  }
  return true;
}

/** A list of which only the sort of its items is known. */
function openList(evaluator: Evaluator, items: readonly Meaning[], span: Span, scope: Scope): Meaning {
  const [first] = items;
  if (first === undefined || first.kind === "anything") return ANYTHING;
  if (first.kind === "value") return valueMeaning(new Unknown("list"));
  const origin = evaluator.originOf(span, scope);
  return { kind: "list", items: [...items, { kind: "workflow", workflow: makeHole(origin) }] };
}

/** A scope in which nothing is known of the names of clauses. */
function clauseScope(clauses: readonly Clause[], scope: Scope): Scope {
  return clauses.reduce((inner, clause) => withLocal(inner, clause.name.name, ANYTHING), scope);
}
