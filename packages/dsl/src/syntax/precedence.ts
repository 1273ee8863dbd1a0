/**
 * A flat row of operands and operators to a tree. One rule: operators of one level that read from the left become one
 * node, however many they are, so no row is too long.
 */
import type { Expression, ParallelExpression, PipeExpression, ValueOperator } from "../ast.ts";
import type { Span } from "../source.ts";

/** A row as it stands in the text. */
export type RowPart =
  | { readonly kind: "operand"; readonly expression: Expression }
  | { readonly kind: "prefix"; readonly operator: PrefixOperator; readonly span: Span }
  | {
      readonly kind: "binary";
      readonly operator: BinaryOperatorText;
      readonly span: Span;
      readonly isForeign: boolean;
    };

type PrefixOperator = "not" | "-";
type BinaryOperatorText = "|" | "&" | ValueOperator;

/** How tight an operator binds; the larger, the tighter. */
const LEVELS: Readonly<Record<BinaryOperatorText, number>> = {
  "|": 2,
  "&": 3,
  or: 4,
  and: 5,
  "==": 7,
  "!=": 7,
  "<": 7,
  "<=": 7,
  ">": 7,
  ">=": 7,
  "..": 8,
  "..=": 8,
  "+": 9,
  "-": 9,
  "*": 10,
  "/": 10,
  "%": 10,
};

const PREFIX_LEVELS: Readonly<Record<PrefixOperator, number>> = { not: 6, "-": 11 };

/** Levels whose operators may not stand in a row. */
const NOT_CHAINING: ReadonlySet<number> = new Set([7, 8]);

/** Whether a text is an operator between two operands. */
export function isBinaryOperator(text: string): text is BinaryOperatorText {
  return Object.hasOwn(LEVELS, text);
}

/** An operator row that is not complete: it waits for its next operand. */
type Pending =
  | { readonly kind: "binary"; readonly level: number; readonly operands: Expression[]; readonly operators: Placed[] }
  | { readonly kind: "prefix"; level: number; readonly operators: PrefixOperator[]; readonly start: number };

type Placed = Extract<RowPart, { kind: "binary" }>;

/**
 * Builds the tree of a row that begins with an operand or prefix and ends with an operand.
 * @param reportChaining is told of each operator that does not chain and stands behind one of its level
 */
export function buildTree(
  row: readonly RowPart[],
  reportChaining: (operator: string, span: Span) => void,
): Expression | undefined {
  const pending: Pending[] = [];
  let current: Expression | undefined;
  for (const part of row) {
    switch (part.kind) {
      case "operand":
        current = part.expression;
        break;
      case "prefix":
        pushPrefix(pending, part.operator, part.span.start);
        break;
      case "binary": {
        if (current === undefined) break;
        const level = LEVELS[part.operator];
        current = closeTighter(pending, current, level);
        const top = pending.at(-1);
        if (top?.kind === "binary" && top.level === level) {
          if (NOT_CHAINING.has(level)) reportChaining(part.operator, part.span);
          top.operands.push(current);
          top.operators.push(part);
        } else {
          pending.push({ kind: "binary", level, operands: [current], operators: [part] });
        }
        current = undefined;
      }
    }
  }
  return current === undefined ? undefined : closeTighter(pending, current, 0);
}

/** Prefixes side by side are one node; a `-` before a `not` takes all that the `not` takes. */
function pushPrefix(pending: Pending[], operator: PrefixOperator, start: number): void {
  const level = PREFIX_LEVELS[operator];
  const top = pending.at(-1);
  if (top?.kind !== "prefix" || top.level < level) {
    pending.push({ kind: "prefix", level, operators: [operator], start });
    return;
  }
  top.operators.push(operator);
  top.level = level;
  const below = pending.at(-2);
  if (below?.kind === "prefix" && below.level === level) {
    below.operators.push(...top.operators);
    pending.pop();
  }
}

function closeTighter(pending: Pending[], operand: Expression, level: number): Expression {
  let current = operand;
  for (let top = pending.at(-1); top !== undefined && top.level > level; top = pending.at(-1)) {
    pending.pop();
    current = close(top, current);
  }
  return current;
}

function close(pending: Pending, last: Expression): Expression {
  if (pending.kind === "prefix") {
    return { kind: "unary", operators: pending.operators, operand: last, start: pending.start, end: last.end };
  }
  const operands = pending.operands;
  operands.push(last);
  const span = { start: operands[0]?.start ?? last.start, end: last.end };
  const [first] = pending.operators;
  switch (first?.operator) {
    case "|":
      return { kind: "pipe", steps: operands, ...span } satisfies PipeExpression;
    case "&":
      return { kind: "parallel", members: operands, ...span } satisfies ParallelExpression;
    default:
      return { kind: "operation", operands, operators: pending.operators.filter(isValueOperator), ...span };
  }
}

function isValueOperator(placed: Placed): placed is Placed & { readonly operator: ValueOperator } {
  return placed.operator !== "|" && placed.operator !== "&";
}
