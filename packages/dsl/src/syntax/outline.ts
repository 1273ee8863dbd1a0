/**
 * Tokens to statements, before any of them is parsed. One rule: where a statement begins follows from the tokens alone,
 * so an error in one statement cannot hide or change another; brackets and their depth are checked here too.
 */
import type { TokenType } from "chevrotain";
import type { Diagnostics } from "../diagnostics.ts";
import type { Limits } from "../limits.ts";
import type { Source, Span } from "../source.ts";
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
  const statements: StatementTokens[] = [];
  let first = 0;
  let brackets = new BracketMatcher(source, limits, diagnostics);
  const end = (next: number): void => {
    if (next === first) return;
    statements.push({ tokens: all.slice(first, next), isBroken: brackets.finish() });
    brackets = new BracketMatcher(source, limits, diagnostics);
    first = next;
  };
  for (let index = 0; index < all.length; index += 1) {
    const token = all[index];
    const previous = all[index - 1];
    if (token === undefined) continue;
    if (previous !== undefined && index > first && isLineBreakBetween(source.text, previous, token)) {
      const isFresh = isFreshStart(token, all[index + 1], all[index + 2]);
      const beforePrevious = index - 2 >= first ? all[index - 2] : undefined;
      if (isFresh || (brackets.isBalanced && begins(token) && brackets.canEndWith(previous, beforePrevious))) {
        end(index);
      }
    }
    brackets.take(token);
  }
  end(all.length);
  return statements;
}

const CLOSER_BY_OPENER: ReadonlyMap<TokenType, TokenType> = new Map([
  [tokens.LeftParen, tokens.RightParen],
  [tokens.LineLeftParen, tokens.RightParen],
  [tokens.LeftBracket, tokens.RightBracket],
  [tokens.LineLeftBracket, tokens.RightBracket],
  [tokens.LeftBrace, tokens.RightBrace],
  [tokens.InterpolationOpen, tokens.InterpolationClose],
]);

const CLOSERS: ReadonlySet<TokenType> = new Set(CLOSER_BY_OPENER.values());

const CLOSER_TEXT: ReadonlyMap<TokenType, string> = new Map([
  [tokens.LeftParen, ")"],
  [tokens.LineLeftParen, ")"],
  [tokens.LeftBracket, "]"],
  [tokens.LineLeftBracket, "]"],
  [tokens.LeftBrace, "}"],
  [tokens.InterpolationOpen, "}"],
]);

interface OpenBracket {
  readonly token: Token;
  /** How many `if` are open inside it, and wait for their `else`. */
  openIfs: number;
}

class BracketMatcher {
  readonly #source: Source;
  readonly #limits: Limits;
  readonly #diagnostics: Diagnostics;
  readonly #open: OpenBracket[] = [];
  #previous: Token | undefined;
  #outerIfs = 0;
  #openIfCount = 0;
  #typeDepth = 0;
  #isInType = false;
  #isBroken = false;

  constructor(source: Source, limits: Limits, diagnostics: Diagnostics) {
    this.#source = source;
    this.#limits = limits;
    this.#diagnostics = diagnostics;
  }

  get isBalanced(): boolean {
    return this.#open.length === 0;
  }

  take(token: Token): void {
    const type = token.tokenType;
    if (this.#previous === undefined) this.#isInType = type === tokens.Param;
    if (hasNoRoom(token)) this.#takeEaten(this.#previous);
    if (CLOSER_BY_OPENER.has(type)) {
      this.#open.push({ token, openIfs: 0 });
      this.#checkDepth(token);
    } else if (CLOSERS.has(type)) {
      this.#close(token);
    } else if (type === tokens.If && this.#isExpressionIf()) {
      this.#countIf(1);
      this.#checkDepth(token);
    } else if (type === tokens.Else) {
      this.#countIf(-1);
    } else if (this.#isInType && type === tokens.Assign) {
      this.#isInType = false;
    } else if (this.#isInType && (type === tokens.Less || type === tokens.Greater)) {
      this.#typeDepth += type === tokens.Less ? 1 : -1;
      this.#checkDepth(token);
    }
    this.#previous = token;
  }

  /** Whether a statement may end with this token; `on error` wants its handler, and `.if` is a member's name. */
  canEndWith(token: Token, before: Token | undefined): boolean {
    if (before?.tokenType === tokens.On) return false;
    if (before?.tokenType === tokens.Dot) return true;
    return ENDERS.has(token.tokenType) || (this.#isInType && TYPE_ENDERS.has(token.tokenType));
  }

  /** Reports what is still open; gives whether anything was wrong. */
  finish(): boolean {
    const unclosed = this.#open.findLast((bracket) => bracket.token.tokenType !== tokens.InterpolationOpen);
    if (unclosed !== undefined) this.#reportUnclosed(unclosed);
    return this.#isBroken;
  }

  /** An `if` behind an operand filters a comprehension, and one behind `else` goes on with the `if` before it. */
  #isExpressionIf(): boolean {
    const previous = this.#previous?.tokenType;
    return previous === undefined || (previous !== tokens.Else && !ENDERS.has(previous));
  }

  #countIf(step: 1 | -1): void {
    const innermost = this.#open.at(-1);
    const before = innermost?.openIfs ?? this.#outerIfs;
    const after = Math.max(0, before + step);
    if (innermost === undefined) this.#outerIfs = after;
    else innermost.openIfs = after;
    this.#openIfCount += after - before;
  }

  #checkDepth(token: Token): void {
    const depth = this.#open.length + this.#openIfCount + this.#typeDepth;
    if (depth <= this.#limits.nesting) return;
    if (!this.#isBroken) this.#diagnostics.report("E902", this.#source, spanOf(token), { most: this.#limits.nesting });
    this.#isBroken = true;
  }

  #close(token: Token): void {
    const innermost = this.#open.at(-1);
    if (innermost !== undefined && CLOSER_BY_OPENER.get(innermost.token.tokenType) === token.tokenType) {
      this.#leave();
      return;
    }
    const match = this.#open.findLastIndex(
      (bracket) => CLOSER_BY_OPENER.get(bracket.token.tokenType) === token.tokenType,
    );
    const wasBroken = this.#isBroken;
    this.#isBroken = true;
    if (match === -1) {
      if (wasBroken) return;
      const open = innermost === undefined ? undefined : innermost.token.image;
      const wanted = innermost === undefined ? undefined : CLOSER_TEXT.get(innermost.token.tokenType);
      const related =
        innermost === undefined ? [] : [{ source: this.#source, span: spanOf(innermost.token), label: "opened here" }];
      this.#diagnostics.report("E103", this.#source, spanOf(token), { close: token.image, open, wanted }, related);
      return;
    }
    if (innermost !== undefined && !wasBroken) this.#reportUnclosed(innermost, token);
    while (this.#open.length > match) this.#leave();
  }

  /**
   * A string that was left open ate the rest of its line. The statement is broken, which is reported; brackets that were
   * closed in what was eaten are taken for closed, so that the next line begins where it was meant to.
   */
  #takeEaten(text: Token | undefined): void {
    this.#isBroken = true;
    for (const character of text?.image ?? "") {
      const innermost = this.#open.at(-1)?.token.tokenType;
      if (innermost !== undefined && innermost !== tokens.InterpolationOpen && CLOSER_TEXT.get(innermost) === character)
        this.#leave();
    }
  }

  #leave(): void {
    const left = this.#open.pop();
    if (left !== undefined) this.#openIfCount -= left.openIfs;
  }

  #reportUnclosed(bracket: OpenBracket, noticedAt?: Token): void {
    const { token } = bracket;
    const related =
      noticedAt === undefined
        ? []
        : [{ source: this.#source, span: spanOf(noticedAt), label: "this closes an outer one" }];
    const close = CLOSER_TEXT.get(token.tokenType) ?? "";
    if (!this.#isBroken || noticedAt !== undefined) {
      this.#diagnostics.report("E102", this.#source, spanOf(token), { open: token.image, close }, related);
    }
    this.#isBroken = true;
  }
}

/** A token that the lexer put in to close a string that was left open. */
function hasNoRoom(token: Token): boolean {
  return token.endOffset < token.startOffset && token.tokenType !== tokens.TemplateText;
}

/** The span of a token. */
export function spanOf(token: Token): Span {
  return { start: token.startOffset, end: Math.max(token.endOffset + 1, token.startOffset) };
}

/** Whether two neighbouring tokens stand on different lines; looks at nothing but the blank space between them. */
function isLineBreakBetween(text: string, left: Token, right: Token): boolean {
  for (let at = left.endOffset + 1; at < right.startOffset; at += 1) {
    if (text.charCodeAt(at) === NEWLINE) return true;
  }
  return false;
}

const NEWLINE = 10;

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

const BEGINNERS: ReadonlySet<TokenType> = new Set([
  tokens.Import,
  tokens.Param,
  tokens.Let,
  tokens.Def,
  tokens.If,
  tokens.Not,
  tokens.True,
  tokens.False,
  tokens.Null,
  tokens.Name,
  tokens.QuotedName,
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

/** Whether a token at the head of a line begins something new, rather than going on with the line before. */
function begins(token: Token): boolean {
  return BEGINNERS.has(token.tokenType);
}

const ENDERS: ReadonlySet<TokenType> = new Set([
  tokens.Name,
  tokens.QuotedName,
  tokens.NumberToken,
  tokens.DurationToken,
  tokens.StringToken,
  tokens.TemplateClose,
  tokens.True,
  tokens.False,
  tokens.Null,
  tokens.RightParen,
  tokens.RightBracket,
  tokens.RightBrace,
]);

const TYPE_ENDERS: ReadonlySet<TokenType> = new Set([tokens.Question, tokens.Greater]);
