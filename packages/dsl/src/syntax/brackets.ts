/**
 * Brackets of one statement: which closes which, how deep they stand, and which are wrong. One rule: each bracket is
 * looked at a bounded number of times, however many are open or wrong.
 */
import type { TokenType } from "chevrotain";
import type { Diagnostics } from "../diagnostics.ts";
import type { Limits } from "../limits.ts";
import type { Source } from "../source.ts";
import type { Token } from "./tokens.ts";
import * as tokens from "./tokens.ts";

interface BracketKind {
  readonly closer: TokenType;
  readonly closerText: string;
}

const paren: BracketKind = { closer: tokens.RightParen, closerText: ")" };
const bracket: BracketKind = { closer: tokens.RightBracket, closerText: "]" };

const OPENERS: ReadonlyMap<TokenType, BracketKind> = new Map([
  [tokens.LeftParen, paren],
  [tokens.LineLeftParen, paren],
  [tokens.LeftBracket, bracket],
  [tokens.LineLeftBracket, bracket],
  [tokens.LeftBrace, { closer: tokens.RightBrace, closerText: "}" }],
  [tokens.InterpolationOpen, { closer: tokens.InterpolationClose, closerText: "}" }],
]);

const CLOSERS: ReadonlySet<TokenType> = new Set([...OPENERS.values()].map((kind) => kind.closer));
const OPENER_CHARACTERS = "([{";
const CLOSER_CHARACTERS = ")]}";

interface OpenBracket {
  readonly token: Token;
  readonly kind: BracketKind;
  /** How many `if` are open inside it, and wait for their `else`. */
  openIfs: number;
}

/** What a closing bracket did. */
type Closing =
  | { readonly kind: "closed" }
  | { readonly kind: "closedOuter"; readonly unclosed: OpenBracket }
  | { readonly kind: "stray" };

/** The brackets that are open. */
class BracketStack {
  readonly open: OpenBracket[] = [];
  /** How many of each are open, so that a closer without an opener is known as such without a search. */
  readonly #counts = new Map<TokenType, number>();
  readonly #onLeave: (bracket: OpenBracket) => void;

  constructor(onLeave: (bracket: OpenBracket) => void) {
    this.#onLeave = onLeave;
  }

  enter(token: Token, kind: BracketKind): void {
    this.open.push({ token, kind, openIfs: 0 });
    this.#counts.set(kind.closer, (this.#counts.get(kind.closer) ?? 0) + 1);
  }

  /** Closes the innermost bracket that the token can close, and what is still open inside it. */
  close(closer: TokenType): Closing {
    if ((this.#counts.get(closer) ?? 0) === 0) return { kind: "stray" };
    const innermost = this.#leave();
    if (innermost === undefined || innermost.kind.closer === closer) return { kind: "closed" };
    while (this.#leave()?.kind.closer !== closer) {}
    return { kind: "closedOuter", unclosed: innermost };
  }

  /**
   * A string that was left open ate the rest of its line: brackets that were closed in what was eaten are taken for
   * closed, so that the next line begins where it was meant to.
   */
  closeEaten(text: string): void {
    let openedInText = 0;
    for (const character of text) {
      if (OPENER_CHARACTERS.includes(character)) openedInText += 1;
      else if (!CLOSER_CHARACTERS.includes(character)) continue;
      else if (openedInText > 0) openedInText -= 1;
      else if (this.open.at(-1)?.kind.closerText === character && !this.#isInInterpolation) this.#leave();
    }
  }

  get #isInInterpolation(): boolean {
    return this.open.at(-1)?.token.tokenType === tokens.InterpolationOpen;
  }

  #leave(): OpenBracket | undefined {
    const left = this.open.pop();
    if (left === undefined) return undefined;
    this.#counts.set(left.kind.closer, (this.#counts.get(left.kind.closer) ?? 0) - 1);
    this.#onLeave(left);
    return left;
  }
}

/** Finds the brackets that nothing closes, over several rows of tokens that are known to be apart. */
export class UnclosedFinder {
  readonly unclosed = new Set<Token>();
  #stack = new BracketStack(() => {});
  #previous: Token | undefined;

  take(token: Token): void {
    if (hasNoRoom(token)) this.#stack.closeEaten(this.#previous?.image ?? "");
    const kind = OPENERS.get(token.tokenType);
    if (kind !== undefined) this.#stack.enter(token, kind);
    else if (CLOSERS.has(token.tokenType)) this.#stack.close(token.tokenType);
    this.#previous = token;
  }

  /** Ends a row: nothing behind it closes what is open. */
  finish(): void {
    if (this.#stack.open.length === 0) return;
    for (const { token } of this.#stack.open) this.unclosed.add(token);
    this.#stack = new BracketStack(() => {});
  }
}

/** Checks the brackets of one statement, and what else counts as depth: `if` in `then`, and types in types. */
export class BracketMatcher {
  readonly #source: Source;
  readonly #limits: Limits;
  readonly #diagnostics: Diagnostics;
  readonly #unclosed: ReadonlySet<Token>;
  readonly #stack: BracketStack;
  #previous: Token | undefined;
  #outerIfs = 0;
  #openIfCount = 0;
  #closableCount = 0;
  #typeDepth = 0;
  #isInType = false;
  #isBroken = false;

  constructor(source: Source, limits: Limits, diagnostics: Diagnostics, unclosed: ReadonlySet<Token>) {
    this.#source = source;
    this.#limits = limits;
    this.#diagnostics = diagnostics;
    this.#unclosed = unclosed;
    this.#stack = new BracketStack((left) => {
      this.#openIfCount -= left.openIfs;
      if (!unclosed.has(left.token)) this.#closableCount -= 1;
    });
  }

  /** Nothing is open. */
  get isBalanced(): boolean {
    return this.#stack.open.length === 0;
  }

  /** Whatever is open is never closed. */
  get isLost(): boolean {
    return this.#closableCount === 0;
  }

  /** The type of a param is being read. */
  get isInType(): boolean {
    return this.#isInType;
  }

  take(token: Token): void {
    const type = token.tokenType;
    if (this.#previous === undefined) this.#isInType = type === tokens.Param;
    if (hasNoRoom(token)) {
      // The open string is reported, and what it ate is not known.
      this.#isBroken = true;
      this.#stack.closeEaten(this.#previous?.image ?? "");
    }
    const kind = OPENERS.get(type);
    if (kind !== undefined) {
      this.#stack.enter(token, kind);
      if (!this.#unclosed.has(token)) this.#closableCount += 1;
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

  /** Reports what is still open; gives whether anything was wrong. */
  finish(): boolean {
    const unclosed = this.#stack.open.findLast((open) => open.token.tokenType !== tokens.InterpolationOpen);
    if (unclosed !== undefined && !this.#isBroken) this.#reportUnclosed(unclosed);
    return this.#isBroken;
  }

  /** An `if` behind an operand filters a comprehension, and one behind `else` goes on with the `if` before it. */
  #isExpressionIf(): boolean {
    const previous = this.#previous?.tokenType;
    return previous === undefined || (previous !== tokens.Else && !tokens.operandEnds.has(previous));
  }

  #countIf(step: 1 | -1): void {
    const innermost = this.#stack.open.at(-1);
    const before = innermost?.openIfs ?? this.#outerIfs;
    const after = Math.max(0, before + step);
    if (innermost === undefined) this.#outerIfs = after;
    else innermost.openIfs = after;
    this.#openIfCount += after - before;
  }

  #checkDepth(token: Token): void {
    const depth = this.#stack.open.length + this.#openIfCount + this.#typeDepth;
    if (depth <= this.#limits.nesting) return;
    if (!this.#isBroken) {
      this.#diagnostics.report("E902", this.#source, tokens.spanOf(token), { most: this.#limits.nesting });
    }
    this.#isBroken = true;
  }

  #close(token: Token): void {
    const innermost = this.#stack.open.at(-1);
    const closing = this.#stack.close(token.tokenType);
    if (closing.kind === "closed") return;
    if (!this.#isBroken) {
      if (closing.kind === "stray") this.#reportStray(token, innermost);
      else this.#reportUnclosed(closing.unclosed, token);
    }
    this.#isBroken = true;
  }

  #reportStray(token: Token, innermost: OpenBracket | undefined): void {
    const related =
      innermost === undefined
        ? []
        : [{ source: this.#source, span: tokens.spanOf(innermost.token), label: "opened here" }];
    const facts = { close: token.image, open: innermost?.token.image, wanted: innermost?.kind.closerText };
    this.#diagnostics.report("E103", this.#source, tokens.spanOf(token), facts, related);
  }

  #reportUnclosed({ token, kind }: OpenBracket, noticedAt?: Token): void {
    const related =
      noticedAt === undefined
        ? []
        : [{ source: this.#source, span: tokens.spanOf(noticedAt), label: "this closes an outer one" }];
    const facts = { open: token.image, close: kind.closerText };
    this.#diagnostics.report("E102", this.#source, tokens.spanOf(token), facts, related);
    this.#isBroken = true;
  }
}

/** A token that the lexer put in to close a string that was left open. */
function hasNoRoom(token: Token): boolean {
  return token.endOffset < token.startOffset && token.tokenType !== tokens.TemplateText;
}
