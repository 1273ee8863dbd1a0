/**
 * Tokens to statements, before any of them is parsed. One rule: where a statement begins follows from the tokens alone,
 * so an error in one statement cannot hide or change another.
 */
import type { TokenType } from "chevrotain";
import type { Diagnostics } from "../diagnostics.ts";
import type { Limits } from "../limits.ts";
import type { Source } from "../source.ts";
import { BracketMatcher, UnclosedFinder } from "./brackets.ts";
import type { Token } from "./tokens.ts";
import * as tokens from "./tokens.ts";

/** The tokens of one statement. */
export interface StatementTokens {
  readonly tokens: Token[];
  /** Its brackets do not match, which is reported; parsing it would only repeat that. */
  readonly isBroken: boolean;
}

/** Cuts the tokens of a file into statements. */
export function cutStatements(
  source: Source,
  all: readonly Token[],
  limits: Limits,
  diagnostics: Diagnostics,
): readonly StatementTokens[] {
  const unclosed = findUnclosed(source.text, all);
  const statements: StatementTokens[] = [];
  let first = 0;
  let brackets = new BracketMatcher(source, limits, diagnostics, unclosed);
  const end = (next: number): void => {
    if (next === first) return;
    statements.push({ tokens: all.slice(first, next), isBroken: brackets.finish() });
    brackets = new BracketMatcher(source, limits, diagnostics, unclosed);
    first = next;
  };
  for (const [index, token] of all.entries()) {
    if (index > first && isStart(source.text, all, index, first, brackets)) end(index);
    brackets.take(token);
  }
  end(all.length);
  return statements;
}

/** Brackets that nothing closes before a line that certainly begins something new. */
function findUnclosed(text: string, all: readonly Token[]): ReadonlySet<Token> {
  const finder = new UnclosedFinder();
  for (const [index, token] of all.entries()) {
    const previous = all[index - 1];
    if (
      previous !== undefined &&
      isFreshStart(token, all[index + 1], all[index + 2]) &&
      lineBreaksBetween(text, previous, token) > 0
    ) {
      finder.finish();
    }
    finder.take(token);
  }
  finder.finish();
  return finder.unclosed;
}

/** Whether the token at `index` begins a statement, where the one before began at `first`. */
function isStart(text: string, all: readonly Token[], index: number, first: number, brackets: BracketMatcher): boolean {
  const token = all[index];
  const previous = all[index - 1];
  if (token === undefined || previous === undefined) return false;
  const lineBreaks = lineBreaksBetween(text, previous, token);
  if (lineBreaks === 0) return false;
  if (isFreshStart(token, all[index + 1], all[index + 2])) return true;
  if (!BEGINNERS.has(token.tokenType)) return false;
  const isEnded = canEndWith(previous, index - 2 >= first ? all[index - 2] : undefined, brackets.isInType);
  if (brackets.isBalanced) return isEnded;
  // Brackets that are never closed end at a line that is not indented, unless a comma or operator before it goes on.
  return brackets.isLost && (isEnded || lineBreaks > 1) && isAsFarLeft(text, token, all[first]);
}

/** The line breaks between two neighbouring tokens; looks at nothing but the blank space between them. */
function lineBreaksBetween(text: string, left: Token, right: Token): number {
  let count = 0;
  for (let at = left.endOffset + 1; at < right.startOffset; at += 1) {
    const code = text.charCodeAt(at);
    // Other languages end their statements with a semicolon, which is reported.
    if (code === NEWLINE || code === SEMICOLON) count += 1;
  }
  return count;
}

const NEWLINE = 10;
const SEMICOLON = 59;

/** Whether a token at the head of a line stands no deeper than the line where its statement began. */
function isAsFarLeft(text: string, token: Token, first: Token | undefined): boolean {
  const indentation = indentationOf(text, token.startOffset);
  return first === undefined || indentation <= indentationOf(text, first.startOffset);
}

function indentationOf(text: string, offset: number): number {
  let at = offset;
  while (at > 0 && (text[at - 1] === " " || text[at - 1] === "\t")) at -= 1;
  return offset - at;
}

/** Whether a statement may end with a token; `on error` wants its handler, and `.if` is a member's name. */
function canEndWith(token: Token, before: Token | undefined, isInType: boolean): boolean {
  if (before?.tokenType === tokens.On) return false;
  if (before?.tokenType === tokens.Dot) return true;
  return tokens.operandEnds.has(token.tokenType) || (isInType && TYPE_ENDS.has(token.tokenType));
}

const TYPE_ENDS: ReadonlySet<TokenType> = new Set([tokens.Question, tokens.Greater]);

/** `let x`, `def f`, `param p`, `import "…"` at the head of a line: no bracket that is open there can be meant. */
function isFreshStart(token: Token, next: Token | undefined, afterNext: Token | undefined): boolean {
  switch (token.tokenType) {
    case tokens.Let:
    case tokens.Def:
    case tokens.Param:
      return (
        next?.tokenType === tokens.Name && afterNext?.tokenType !== undefined && FOLLOWERS.has(afterNext.tokenType)
      );
    case tokens.Import:
      return next?.tokenType === tokens.StringToken;
    default:
      return false;
  }
}

const FOLLOWERS: ReadonlySet<TokenType> = new Set([tokens.Assign, tokens.LeftParen, tokens.Colon]);

/** Tokens that begin something new at the head of a line, rather than going on with the line before. */
const BEGINNERS: ReadonlySet<TokenType> = new Set([
  tokens.Import,
  tokens.Param,
  tokens.Let,
  tokens.Def,
  tokens.If,
  // Begins nothing here, but does in other languages.
  tokens.For,
  tokens.Not,
  tokens.True,
  tokens.False,
  tokens.Null,
  tokens.Name,
  tokens.QuotedName,
  tokens.Given,
  tokens.NumberToken,
  tokens.DurationToken,
  tokens.StringToken,
  tokens.TemplateOpen,
  tokens.LineLeftParen,
  tokens.LineLeftBracket,
  tokens.LeftBrace,
  tokens.Bang,
  ...[...tokens.laterWords].map(tokens.keywordType),
]);
