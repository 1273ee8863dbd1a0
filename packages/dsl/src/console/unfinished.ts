/**
 * Whether a text that is being typed goes on. One rule: it is asked of the tokens alone, and what could be whole is taken
 * for whole, so that nobody is left with a console that waits.
 */
import type { TokenType } from "chevrotain";
import { Diagnostics } from "../diagnostics.ts";
import { Source } from "../source.ts";
import { tokenize } from "../syntax/lexer.ts";
import * as t from "../syntax/tokens.ts";

/** Whether more lines are needed: a bracket or a `"""` is open, an `else` is missing, or the last word wants more. */
export function isUnfinished(text: string): boolean {
  const diagnostics = new Diagnostics();
  const { tokens } = tokenize(new Source("", text), diagnostics);
  if (hasOpenBlock(diagnostics)) return true;
  let depth = 0;
  let openIfs = 0;
  for (const { tokenType } of tokens) {
    if (OPENERS.has(tokenType)) depth += 1;
    else if (CLOSERS.has(tokenType)) depth -= 1;
    else if (tokenType === t.Then) openIfs += 1;
    else if (tokenType === t.Else) openIfs -= 1;
  }
  if (depth > 0) return true;
  // More is closed than was opened: that is told, whatever comes.
  if (depth < 0) return false;
  const last = tokens.at(-1);
  return last !== undefined && (openIfs > 0 || wantsMore(last.tokenType, tokens.at(-2)?.tokenType, tokens[0]));
}

/** Whether a line goes on with the statement before it, whole as that may be. */
export function goesOn(line: string): boolean {
  return /^[ \t]*(\||&|\.|with\b|on\b|[-+*/%<>]|==|!=|and\b|or\b|else\b|then\b)/.test(line);
}

const OPENERS: ReadonlySet<TokenType> = new Set([
  t.LeftParen,
  t.LineLeftParen,
  t.LeftBracket,
  t.LineLeftBracket,
  t.LeftBrace,
]);
const CLOSERS: ReadonlySet<TokenType> = new Set([t.RightParen, t.RightBracket, t.RightBrace]);

function hasOpenBlock(diagnostics: Diagnostics): boolean {
  return diagnostics.sorted().some(({ code, facts }) => {
    return code === "E104" && typeof facts === "object" && facts !== null && "quote" in facts && facts.quote === '"""';
  });
}

function wantsMore(last: TokenType, before: TokenType | undefined, first: t.Token | undefined): boolean {
  if (before === t.On) return true;
  if (before === t.Dot) return false;
  if (first?.tokenType === t.Param && (last === t.Question || last === t.Greater)) return false;
  return !t.operandEnds.has(last);
}
