/** `if`, and what decides it. One rule: a condition is a bool; what is not taken is looked at all the same. */
import type { Expression, IfExpression } from "../ast.ts";
import type { Span } from "../source.ts";
import { isUnknown, nameSort, Unknown } from "../values.ts";
import { asValue } from "./coerce.ts";
import type { Evaluator, Scope } from "./evaluator.ts";
import { ANYTHING, type Meaning, valueMeaning } from "./meaning.ts";
import { measure, type Workflow } from "./workflow.ts";

/** What `if … then … else …` means: the branch that is taken, or either where that is not known. */
export function evaluateIf(evaluator: Evaluator, expression: IfExpression, scope: Scope): Meaning {
  const taken: Meaning[] = [];
  const all: Meaning[] = [];
  let isDecided = false;
  for (const { condition, result } of expression.branches) {
    const holds = isDecided
      ? inspectCondition(evaluator, condition, scope)
      : asCondition(evaluator, evaluator.evaluate(condition, scope), "a condition", condition, scope);
    const mayHold = !isDecided && holds !== false;
    const meaning = mayHold ? evaluator.evaluate(result, scope) : evaluator.inspect(result, scope);
    all.push(meaning);
    if (mayHold) taken.push(meaning);
    if (holds === true) isDecided = true;
  }
  const otherwise = isDecided
    ? evaluator.inspect(expression.otherwise, scope)
    : evaluator.evaluate(expression.otherwise, scope);
  all.push(otherwise);
  if (!isDecided) taken.push(otherwise);
  checkBranches(evaluator, all, expression, scope);
  const [only] = taken;
  return taken.length === 1 && only !== undefined ? only : eitherOf(evaluator, taken, expression, scope);
}

function inspectCondition(evaluator: Evaluator, condition: Expression, scope: Scope): undefined {
  evaluator.inspect(condition, scope);
  return undefined;
}

function checkBranches(evaluator: Evaluator, branches: readonly Meaning[], span: Span, scope: Scope): void {
  const isValue = (meaning: Meaning): boolean =>
    meaning.kind === "value" && !(isUnknown(meaning.value) && meaning.value.type === undefined);
  const isOther = (meaning: Meaning): boolean =>
    meaning.kind !== "value" && meaning.kind !== "anything" && !(meaning.kind === "list" && meaning.items.length === 0);
  if (branches.some(isValue) && branches.some(isOther)) evaluator.report("E413", scope, span, {});
}

/** What one of several means where the condition is not known. */
function eitherOf(evaluator: Evaluator, choices: readonly Meaning[], span: Span, scope: Scope): Meaning {
  if (choices.every((choice) => choice.kind === "value")) return valueMeaning(new Unknown(undefined));
  const workflows = choices.flatMap((choice): Workflow[] => (choice.kind === "workflow" ? [choice.workflow] : []));
  if (workflows.length === 0 || workflows.length < choices.length) return ANYTHING;
  const origin = evaluator.originOf(span, scope);
  return { kind: "workflow", workflow: { kind: "either", choices: workflows, origin, ...measure(workflows, 0) } };
}

/** Whether a condition holds; `undefined` where that is not known. */
export function asCondition(
  evaluator: Evaluator,
  meaning: Meaning,
  where: string,
  span: Span,
  scope: Scope,
): boolean | undefined {
  const condition = asValue(evaluator, meaning, where, span, scope);
  if (typeof condition === "boolean" || condition === undefined) return condition;
  if (isUnknown(condition) && (condition.type === undefined || condition.type === "bool")) return undefined;
  evaluator.report("E405", scope, span, { got: nameSort(condition), where });
  return undefined;
}
