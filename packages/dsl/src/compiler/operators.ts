/** What operators do with values. One rule: no coercion; each operator takes its sorts and no others. */
import type { ValueOperator } from "../ast.ts";
import { Duration } from "../duration.ts";
import { areEqual, isList, isUnknown, type Sort, sortOf, Unknown, type Value } from "../values.ts";

/** The value, or what is wrong. */
export type Outcome =
  | { readonly kind: "value"; readonly value: Value }
  | { readonly kind: "sorts"; readonly help: string | undefined }
  | { readonly kind: "zero" }
  | { readonly kind: "integerRange" }
  | { readonly kind: "overflow" }
  | { readonly kind: "notInteger"; readonly value: number }
  | { readonly kind: "tooLong"; readonly limit: "items" | "stringLength" };

/** How long lists and strings may become. */
export interface LengthLimits {
  readonly items: number;
  readonly stringLength: number;
}

const value = (result: Value): Outcome => ({ kind: "value", value: result });
const sorts = (help?: string): Outcome => ({ kind: "sorts", help });

/** Applies an operator to two values. `and` and `or` are not here: they may not need their right side. */
export function applyOperator(
  operator: Exclude<ValueOperator, "and" | "or">,
  left: Value,
  right: Value,
  limits: LengthLimits,
): Outcome {
  switch (operator) {
    case "==":
    case "!=": {
      const equal = areEqual(left, right);
      return value(equal === undefined ? new Unknown("bool") : equal === (operator === "=="));
    }
    case "<":
    case "<=":
    case ">":
    case ">=":
      return compare(operator, left, right);
    case "..":
    case "..=":
      return makeRange(operator, left, right, limits);
    case "+":
      return add(left, right, limits);
    case "-":
      return subtract(left, right);
    case "*":
      return multiply(left, right);
    case "/":
      return divide(left, right);
    case "%":
      return remainder(left, right);
  }
}

/** Gives a number with its sign turned. */
export function negate(operand: Value): Outcome {
  if (typeof operand === "number") return value(0 - operand);
  if (operand instanceof Duration) return value(new Duration(0 - operand.milliseconds));
  if (isUnknown(operand) && (operand.type === undefined || operand.type === "number" || operand.type === "duration")) {
    return value(operand);
  }
  return sorts("`-` takes a number or a duration");
}

/** The outcome where a side is not known: that of the sorts, if they can go together. */
function unknownResult(
  left: Value,
  right: Value,
  allowed: readonly (readonly [Sort, Sort, Sort])[],
  help: string,
): Outcome | undefined {
  if (!isUnknown(left) && !isUnknown(right)) return undefined;
  const leftSort = sortOf(left);
  const rightSort = sortOf(right);
  const possible = allowed.filter(
    ([first, second]) =>
      (leftSort === undefined || leftSort === first) && (rightSort === undefined || rightSort === second),
  );
  const [only] = possible;
  if (only === undefined) return sorts(help);
  return value(new Unknown(possible.every(([, , result]) => result === only[2]) ? only[2] : undefined));
}

function compare(operator: "<" | "<=" | ">" | ">=", left: Value, right: Value): Outcome {
  const help = "numbers, strings or durations are compared, two of one sort";
  const unknown = unknownResult(
    left,
    right,
    [
      ["number", "number", "bool"],
      ["string", "string", "bool"],
      ["duration", "duration", "bool"],
    ],
    help,
  );
  if (unknown !== undefined) return unknown;
  const order = orderOf(left, right);
  if (order === undefined) return sorts(help);
  switch (operator) {
    case "<":
      return value(order < 0);
    case "<=":
      return value(order <= 0);
    case ">":
      return value(order > 0);
    case ">=":
      return value(order >= 0);
  }
}

function orderOf(left: Value, right: Value): number | undefined {
  if (typeof left === "number" && typeof right === "number") return left - right;
  if (left instanceof Duration && right instanceof Duration) return left.milliseconds - right.milliseconds;
  if (typeof left === "string" && typeof right === "string") return compareCodePoints(left, right);
  return undefined;
}

/** JavaScript compares UTF-16 units, which orders characters beyond the first plane wrongly. */
function compareCodePoints(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at += 1) {
    const leftUnit = left.charCodeAt(at);
    const rightUnit = right.charCodeAt(at);
    if (leftUnit !== rightUnit) return byCodePoint(leftUnit) - byCodePoint(rightUnit);
  }
  return left.length - right.length;
}

/** Moves the halves of pairs behind all other units. */
function byCodePoint(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

function makeRange(operator: ".." | "..=", left: Value, right: Value, limits: LengthLimits): Outcome {
  const unknown = unknownResult(
    left,
    right,
    [["number", "number", "list"]],
    "a range goes from one whole number to another",
  );
  if (unknown !== undefined) return unknown;
  if (typeof left !== "number" || typeof right !== "number")
    return sorts("a range goes from one whole number to another");
  if (!Number.isSafeInteger(left)) return { kind: "notInteger", value: left };
  if (!Number.isSafeInteger(right)) return { kind: "notInteger", value: right };
  const length = Math.max(0, right - left + (operator === "..=" ? 1 : 0));
  if (length > limits.items) return { kind: "tooLong", limit: "items" };
  return value(Array.from({ length }, (_, index) => left + index));
}

function add(left: Value, right: Value, limits: LengthLimits): Outcome {
  const help =
    sortOf(left) === "string" || sortOf(right) === "string"
      ? `to join text, interpolate: "\${…}"`
      : "two of one sort are added: numbers, strings, lists, durations";
  const unknown = unknownResult(
    left,
    right,
    [
      ["number", "number", "number"],
      ["string", "string", "string"],
      ["list", "list", "list"],
      ["duration", "duration", "duration"],
    ],
    help,
  );
  if (unknown !== undefined) return unknown;
  if (typeof left === "number" && typeof right === "number") return number(left + right, left, right);
  if (typeof left === "string" && typeof right === "string") {
    return left.length + right.length > limits.stringLength
      ? { kind: "tooLong", limit: "stringLength" }
      : value(left + right);
  }
  if (isList(left) && isList(right)) {
    return left.length + right.length > limits.items ? { kind: "tooLong", limit: "items" } : value([...left, ...right]);
  }
  if (left instanceof Duration && right instanceof Duration)
    return value(new Duration(left.milliseconds + right.milliseconds));
  return sorts(help);
}

function subtract(left: Value, right: Value): Outcome {
  const help = "numbers or durations are subtracted, two of one sort";
  const unknown = unknownResult(
    left,
    right,
    [
      ["number", "number", "number"],
      ["duration", "duration", "duration"],
    ],
    help,
  );
  if (unknown !== undefined) return unknown;
  if (typeof left === "number" && typeof right === "number") return number(left - right, left, right);
  if (left instanceof Duration && right instanceof Duration)
    return value(new Duration(left.milliseconds - right.milliseconds));
  return sorts(help);
}

function multiply(left: Value, right: Value): Outcome {
  const help = "numbers are multiplied, or a duration by a number";
  const unknown = unknownResult(
    left,
    right,
    [
      ["number", "number", "number"],
      ["duration", "number", "duration"],
      ["number", "duration", "duration"],
    ],
    help,
  );
  if (unknown !== undefined) return unknown;
  if (typeof left === "number" && typeof right === "number") return number(left * right, left, right);
  if (left instanceof Duration && typeof right === "number") return duration(left.milliseconds * right);
  if (typeof left === "number" && right instanceof Duration) return duration(left * right.milliseconds);
  return sorts(help);
}

function divide(left: Value, right: Value): Outcome {
  const help = "numbers are divided, or a duration by a number";
  if (right === 0 && (sortOf(left) ?? "number") !== "string") return { kind: "zero" };
  const unknown = unknownResult(
    left,
    right,
    [
      ["number", "number", "number"],
      ["duration", "number", "duration"],
    ],
    help,
  );
  if (unknown !== undefined) return unknown;
  if (typeof left === "number" && typeof right === "number") return finite(left / right);
  if (left instanceof Duration && typeof right === "number") return duration(left.milliseconds / right);
  return sorts(help);
}

function remainder(left: Value, right: Value): Outcome {
  const help = "`%` takes two numbers";
  const unknown = unknownResult(left, right, [["number", "number", "number"]], help);
  if (right === 0) return { kind: "zero" };
  if (unknown !== undefined) return unknown;
  if (typeof left === "number" && typeof right === "number") return finite(left % right);
  return sorts(help);
}

/** A sum, difference or product; of two ints it must be an int that is exact. */
function number(result: number, left: number, right: number): Outcome {
  const areInts = Number.isSafeInteger(left) && Number.isSafeInteger(right);
  if (areInts && !Number.isSafeInteger(result)) return { kind: "integerRange" };
  return finite(result);
}

function finite(result: number): Outcome {
  // Minus zero is a number that nobody writes, and JSON does not have.
  return Number.isFinite(result) ? value(result === 0 ? 0 : result) : { kind: "overflow" };
}

function duration(milliseconds: number): Outcome {
  return Number.isFinite(milliseconds) ? value(new Duration(milliseconds)) : { kind: "overflow" };
}
