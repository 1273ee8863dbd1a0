/** Where one space stands between two neighbouring tokens, and where none. */
import type { TokenType } from "chevrotain";
import type { Token } from "../syntax/tokens.ts";
import * as t from "../syntax/tokens.ts";

const NONE_BEFORE: ReadonlySet<TokenType> = new Set([
  t.Comma,
  t.Colon,
  t.Dot,
  t.Question,
  t.ImmutableMark,
  t.RightParen,
  t.RightBracket,
  t.RightBrace,
  t.Range,
  t.RangeInclusive,
]);

const NONE_AFTER: ReadonlySet<TokenType> = new Set([
  t.Dot,
  t.ImmutableMark,
  t.Ellipsis,
  t.Range,
  t.RangeInclusive,
  t.LeftParen,
  t.LineLeftParen,
  t.LeftBracket,
  t.LineLeftBracket,
  t.LeftBrace,
]);

const BEHIND_OPERAND: ReadonlySet<TokenType> = new Set([t.LeftParen, t.LeftBracket]);
const ANGLES: ReadonlySet<TokenType> = new Set([t.Less, t.Greater]);

/**
 * Whether a space stands between `previous` and `next`.
 * @param before the token in front of `previous`, which tells a prefix from an operator
 * @param isInType the type of a param is being written
 */
export function needsSpace(before: Token | undefined, previous: Token, next: Token, isInType: boolean): boolean {
  const left = previous.tokenType;
  const right = next.tokenType;
  if (NONE_BEFORE.has(right) || NONE_AFTER.has(left)) return false;
  if (BEHIND_OPERAND.has(right) && endsOperand(before, previous)) return false;
  if (isInType && (ANGLES.has(right) || left === t.Less)) return false;
  return !(left === t.Minus && isPrefix(before));
}

/** Whether an operand ends with `previous`: a call or an index may stand behind it. */
export function endsOperand(before: Token | undefined, previous: Token): boolean {
  // A reserved word behind a dot is a member's name; `success` and `error` behind `on` are no operands.
  if (before?.tokenType === t.Dot) return true;
  return t.operandEnds.has(previous.tokenType) && before?.tokenType !== t.On;
}

function isPrefix(before: Token | undefined): boolean {
  return before === undefined || !t.operandEnds.has(before.tokenType);
}
