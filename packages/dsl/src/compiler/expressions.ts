/** What each form of expression means: one function a form, chosen in one place. */
import type {
  Clause,
  Comprehension,
  Expression,
  IfExpression,
  ListExpression,
  ObjectExpression,
  OperationExpression,
  Template,
  UnaryExpression,
  ValueOperator,
} from "../ast.ts";
import type { Span } from "../source.ts";
import { isList, isUnknown, nameSort, textOf, Unknown, type Value } from "../values.ts";
import { evaluateName, evaluatePostfix } from "./calls.ts";
import { asValue } from "./coerce.ts";
import { type Evaluator, type Scope, withLocal } from "./evaluator.ts";
import { spreadMeanings } from "./expand.ts";
import { ANYTHING, type Meaning, nameMeaning } from "./meaning.ts";
import { applyOperator, negate, type Outcome } from "./operators.ts";
import { evaluateParallel, evaluatePipe, evaluateStep } from "./steps.ts";
import { makeHole, measure, type Workflow } from "./workflow.ts";

/** Gives what an expression means. */
export function evaluateExpression(evaluator: Evaluator, expression: Expression, scope: Scope): Meaning {
  switch (expression.kind) {
    case "literal":
      return { kind: "value", value: expression.value };
    case "name":
    case "quoted":
      return evaluateName(evaluator, expression, expression.name, scope);
    case "template":
      return evaluateTemplate(evaluator, expression, scope);
    case "list":
      return evaluateList(evaluator, expression, scope);
    case "comprehension":
      return evaluateComprehension(evaluator, expression, scope);
    case "object":
      return evaluateObject(evaluator, expression, scope);
    case "if":
      return evaluateIf(evaluator, expression, scope);
    case "pipe":
      return evaluatePipe(evaluator, expression, scope);
    case "parallel":
      return evaluateParallel(evaluator, expression, scope);
    case "operation":
      return evaluateOperation(evaluator, expression, scope);
    case "unary":
      return evaluateUnary(evaluator, expression, scope);
    case "step":
      return evaluateStep(evaluator, expression, scope);
    case "postfix":
      return evaluatePostfix(evaluator, expression, scope);
    case "parentheses":
      return evaluator.evaluate(expression.inner, scope);
    case "broken":
      return ANYTHING;
  }
}

function value(result: Value): Meaning {
  return { kind: "value", value: result };
}

function evaluateTemplate(evaluator: Evaluator, expression: Template, scope: Scope): Meaning {
  let text = "";
  let isKnown = true;
  for (const part of expression.parts) {
    if (typeof part === "string") {
      text += part;
      continue;
    }
    const inner = asValue(evaluator, evaluator.evaluate(part, scope), `what stands in \`\${}\``, part, scope);
    if (inner === undefined) {
      isKnown = false;
      continue;
    }
    const innerText = textOf(inner);
    if (innerText !== undefined) text += innerText;
    else if (isUnknown(inner) && inner.type !== "list" && inner.type !== "object") isKnown = false;
    else evaluator.report("E411", scope, part, { got: nameSort(inner) });
  }
  if (text.length > evaluator.limits.stringLength) {
    evaluator.exhaust("E906", scope, expression, { most: evaluator.limits.stringLength });
  }
  return value(isKnown ? text : new Unknown("string"));
}

function evaluateList(evaluator: Evaluator, expression: ListExpression, scope: Scope): Meaning {
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
  return value(values);
}

function evaluateObject(evaluator: Evaluator, expression: ObjectExpression, scope: Scope): Meaning {
  const object = new Map<string, Value>();
  let isKnown = true;
  for (const { key, value: written } of expression.entries) {
    const inner = asValue(evaluator, evaluator.evaluate(written, scope), `the key \`${key.name}\``, written, scope);
    if (inner === undefined) isKnown = false;
    else object.set(key.name, inner);
  }
  if (!isKnown) return value(new Unknown("object"));
  evaluator.recordDepth(object, object.values(), expression, scope);
  return value(object);
}

function evaluateIf(evaluator: Evaluator, expression: IfExpression, scope: Scope): Meaning {
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
  if (choices.every((choice) => choice.kind === "value")) return value(new Unknown(undefined));
  const workflows = choices.flatMap((choice): Workflow[] => (choice.kind === "workflow" ? [choice.workflow] : []));
  if (workflows.length === 0 || workflows.length < choices.length) return ANYTHING;
  const origin = evaluator.originOf(span, scope);
  return { kind: "workflow", workflow: { kind: "either", choices: workflows, origin, ...measure(workflows, 0) } };
}

/** Whether a condition holds; `undefined` where that is not known. */
function asCondition(
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

function evaluateUnary(evaluator: Evaluator, expression: UnaryExpression, scope: Scope): Meaning {
  let meaning = evaluator.evaluate(expression.operand, scope);
  for (const operator of expression.operators.toReversed()) {
    if (operator === "not") {
      const condition = asCondition(evaluator, meaning, "`not`", expression.operand, scope);
      meaning = value(condition === undefined ? new Unknown("bool") : !condition);
      continue;
    }
    const operand = asValue(evaluator, meaning, "what `-` turns", expression.operand, scope);
    if (operand === undefined) return ANYTHING;
    const outcome = negate(operand);
    if (outcome.kind === "value") {
      meaning = value(outcome.value);
    } else {
      evaluator.report("E407", scope, expression.operand, { got: nameSort(operand), where: "what `-` turns" });
      return ANYTHING;
    }
  }
  return meaning;
}

function evaluateOperation(evaluator: Evaluator, expression: OperationExpression, scope: Scope): Meaning {
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
  return result === undefined ? ANYTHING : value(result);
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
  if (isDecided && isKnown) return value(deciding);
  return value(isKnown ? !deciding : new Unknown("bool"));
}

function evaluateComprehension(evaluator: Evaluator, expression: Comprehension, scope: Scope): Meaning {
  const run: ComprehensionRun = { evaluator, expression, items: [], isOpen: false };
  runClauses(run, expression.clauses, scope);
  if (evaluator.isExhausted) return ANYTHING;
  if (run.isOpen) return openList(evaluator, run.items, expression, scope);
  if (run.items.length > 0) return listOf(evaluator, run.items, expression, scope, true);
  // Nothing was evaluated, so what is wrong whatever the values are would go unseen.
  const sample = evaluator.inspect(expression.item, clauseScope(expression.clauses, scope));
  return sample.kind === "value" ? value([]) : { kind: "list", items: [] };
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
  if (list !== undefined && isList(list)) return list.map(value);
  run.isOpen = true;
  if (meaning.kind === "anything") return [ANYTHING];
  const got = list === undefined ? nameMeaning(meaning) : evaluator.unlessUnknown(list, "list");
  if (got === undefined) return [value(new Unknown(undefined))];
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
  if (first.kind === "value") return value(new Unknown("list"));
  const origin = evaluator.originOf(span, scope);
  return { kind: "list", items: [...items, { kind: "workflow", workflow: makeHole(origin) }] };
}

/** A scope in which nothing is known of the names of clauses. */
function clauseScope(clauses: readonly Clause[], scope: Scope): Scope {
  return clauses.reduce((inner, clause) => withLocal(inner, clause.name.name, ANYTHING), scope);
}
