/** What each form of expression means: one function a form, chosen in one place. */
import type { Expression, ObjectExpression, Template } from "../ast.ts";
import { isUnknown, nameSort, textOf, Unknown, type Value } from "../values.ts";
import { evaluateName, evaluatePostfix } from "./calls.ts";
import { asValue } from "./coerce.ts";
import { evaluateIf } from "./conditions.ts";
import type { Evaluator, Scope } from "./evaluator.ts";
import { evaluateGiven } from "./given.ts";
import { evaluateComprehension, evaluateList } from "./lists.ts";
import { ANYTHING, type Meaning, valueMeaning } from "./meaning.ts";
import { evaluateOperation, evaluateUnary } from "./operations.ts";
import { evaluateParallel, evaluatePipe, evaluateStep } from "./steps.ts";

/** Gives what an expression means. */
export function evaluateExpression(evaluator: Evaluator, expression: Expression, scope: Scope): Meaning {
  switch (expression.kind) {
    case "literal":
      return { kind: "value", value: expression.value };
    case "name":
    case "quoted":
      return evaluateName(evaluator, expression, expression.name, scope);
    case "given":
      return evaluateGiven(evaluator, expression, scope);
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
  return valueMeaning(isKnown ? text : new Unknown("string"));
}

function evaluateObject(evaluator: Evaluator, expression: ObjectExpression, scope: Scope): Meaning {
  const object = new Map<string, Value>();
  let isKnown = true;
  for (const { key, value: written } of expression.entries) {
    const inner = asValue(evaluator, evaluator.evaluate(written, scope), `the key \`${key.name}\``, written, scope);
    if (inner === undefined) isKnown = false;
    else object.set(key.name, inner);
  }
  if (!isKnown) return valueMeaning(new Unknown("object"));
  evaluator.recordDepth(object, object.values(), expression, scope);
  return valueMeaning(object);
}
