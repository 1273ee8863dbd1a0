/** Operators with their operands: what they give, and what is wrong where they cannot. */
import type { Expression, OperationExpression, UnaryExpression, ValueOperator } from "../ast.ts";
import type { Span } from "../source.ts";
import { isList, nameSort, Unknown, type Value } from "../values.ts";
import { asValue } from "./coerce.ts";
import { asCondition } from "./conditions.ts";
import type { Evaluator, Scope } from "./evaluator.ts";
import { ANYTHING, type Meaning, valueMeaning } from "./meaning.ts";
import { applyOperator, negate, type Outcome } from "./operators.ts";

/** What prefixes with their operand mean. */
export function evaluateUnary(evaluator: Evaluator, expression: UnaryExpression, scope: Scope): Meaning {
  let meaning = evaluator.evaluate(expression.operand, scope);
  for (const operator of expression.operators.toReversed()) {
    if (operator === "not") {
      const condition = asCondition(evaluator, meaning, "`not`", expression.operand, scope);
      meaning = valueMeaning(condition === undefined ? new Unknown("bool") : !condition);
      continue;
    }
    const operand = asValue(evaluator, meaning, "what `-` turns", expression.operand, scope);
    if (operand === undefined) return ANYTHING;
    const outcome = negate(operand);
    if (outcome.kind === "value") {
      meaning = valueMeaning(outcome.value);
    } else {
      evaluator.report("E407", scope, expression.operand, { got: nameSort(operand), where: "what `-` turns" });
      return ANYTHING;
    }
  }
  return meaning;
}

/** What operators of one level in a row mean. */
export function evaluateOperation(evaluator: Evaluator, expression: OperationExpression, scope: Scope): Meaning {
  const [first, ...rest] = expression.operands;
  if (first === undefined) return ANYTHING;
  const [firstOperator] = expression.operators;
  if (expression.operators.some((operator) => operator.isForeign)) {
    for (const operand of expression.operands) evaluator.evaluate(operand, scope);
    return ANYTHING;
  }
  if (firstOperator?.operator === "and" || firstOperator?.operator === "or") {
    return evaluateLogic(evaluator, expression.operands, firstOperator.operator, scope);
  }
  if (expression.operators.length > 1 && firstOperator !== undefined && NOT_CHAINING.has(firstOperator.operator)) {
    // The row itself is the error, and is reported.
    for (const operand of expression.operands) evaluator.inspect(operand, scope);
    return ANYTHING;
  }
  let result = operandValue(evaluator, first, expression.operators[0]?.operator, scope);
  for (const [index, operand] of rest.entries()) {
    const right = operandValue(evaluator, operand, expression.operators[index]?.operator, scope);
    const operator = expression.operators[index]?.operator;
    if (
      result === undefined ||
      right === undefined ||
      operator === undefined ||
      operator === "and" ||
      operator === "or"
    ) {
      result = undefined;
      continue;
    }
    const span = { start: first.start, end: operand.end };
    const outcome = applyOperator(operator, result, right, evaluator.limits);
    result = outcomeValue(evaluator, outcome, { operator, left: result, right, span, operand }, scope);
  }
  return result === undefined ? ANYTHING : valueMeaning(result);
}

const NOT_CHAINING: ReadonlySet<ValueOperator> = new Set(["==", "!=", "<", "<=", ">", ">=", "..", "..="]);

function operandValue(
  evaluator: Evaluator,
  operand: Expression,
  operator: ValueOperator | undefined,
  scope: Scope,
): Value | undefined {
  return asValue(evaluator, evaluator.evaluate(operand, scope), `a side of \`${operator ?? "+"}\``, operand, scope);
}

interface Application {
  readonly operator: ValueOperator;
  readonly left: Value;
  readonly right: Value;
  readonly span: Span;
  readonly operand: Expression;
}

function outcomeValue(
  evaluator: Evaluator,
  outcome: Outcome,
  application: Application,
  scope: Scope,
): Value | undefined {
  const { span, operator, left, right } = application;
  switch (outcome.kind) {
    case "value":
      if (isList(outcome.value)) {
        evaluator.countSteps(outcome.value.length, span, scope);
        evaluator.recordDepth(outcome.value, outcome.value, span, scope);
      }
      return outcome.value;
    case "sorts":
      evaluator.report("E401", scope, span, {
        operator,
        left: nameSort(left),
        right: nameSort(right),
        help: outcome.help,
      });
      return undefined;
    case "zero":
      evaluator.report("E402", scope, span, {});
      return undefined;
    case "integerRange":
      evaluator.report("E403", scope, span, {});
      return undefined;
    case "overflow":
      evaluator.report("E404", scope, span, {});
      return undefined;
    case "notInteger":
      evaluator.report("E420", scope, span, { got: String(outcome.value) });
      return undefined;
    case "tooLong":
      if (outcome.limit === "items") evaluator.exhaust("E905", scope, span, { most: evaluator.limits.items });
      else evaluator.exhaust("E906", scope, span, { most: evaluator.limits.stringLength });
      return undefined;
  }
}

/** `and` and `or`: what stands behind the side that decides is looked at, but not evaluated. */
function evaluateLogic(
  evaluator: Evaluator,
  operands: readonly Expression[],
  operator: "and" | "or",
  scope: Scope,
): Meaning {
  const deciding = operator === "or";
  let isDecided = false;
  let isKnown = true;
  for (const operand of operands) {
    if (isDecided) {
      evaluator.inspect(operand, scope);
      continue;
    }
    const condition = asCondition(evaluator, evaluator.evaluate(operand, scope), `\`${operator}\``, operand, scope);
    if (condition === undefined) isKnown = false;
    else if (condition === deciding) isDecided = true;
  }
  if (isDecided && isKnown) return valueMeaning(deciding);
  return valueMeaning(isKnown ? !deciding : new Unknown("bool"));
}
