/** What kinds of pieces a text has. One rule: each type of token has one, here; editors' names for them are elsewhere. */
import type { TokenType } from "chevrotain";
import * as t from "../syntax/tokens.ts";

/** The kinds of pieces. `call`, `member` and `key` are words by what stands beside them. */
export type TokenKind =
  | "comment"
  | "doc"
  | "keyword"
  | "constant"
  | "name"
  | "call"
  | "member"
  | "key"
  | "number"
  | "duration"
  | "string"
  | "interpolation"
  | "operator"
  | "punctuation";

/** The reserved words that are values. */
export const CONSTANTS: ReadonlySet<TokenType> = new Set([t.True, t.False, t.Null]);

/** Symbols that join or mark nothing but structure. */
export const PUNCTUATION: ReadonlySet<TokenType> = new Set([
  t.Dot,
  t.Comma,
  t.Colon,
  t.LeftParen,
  t.RightParen,
  t.LeftBracket,
  t.RightBracket,
  t.LeftBrace,
  t.RightBrace,
  t.LineLeftParen,
  t.LineLeftBracket,
]);

const OTHERS: ReadonlyMap<TokenType, TokenKind> = new Map([
  [t.Name, "name"],
  [t.QuotedName, "name"],
  [t.Given, "interpolation"],
  [t.NumberToken, "number"],
  [t.DurationToken, "duration"],
  [t.StringToken, "string"],
  [t.TemplateOpen, "string"],
  [t.TemplateText, "string"],
  [t.TemplateClose, "string"],
  [t.InterpolationOpen, "interpolation"],
  [t.InterpolationClose, "interpolation"],
]);

/** The kind of a type of token. */
export function kindOfType(type: TokenType): TokenKind {
  const other = OTHERS.get(type);
  if (other !== undefined) return other;
  if (CONSTANTS.has(type)) return "constant";
  if (PUNCTUATION.has(type)) return "punctuation";
  return t.keywordTypes.has(type) ? "keyword" : "operator";
}
