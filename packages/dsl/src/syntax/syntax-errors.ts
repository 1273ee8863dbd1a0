/**
 * What Chevrotain finds wrong, in the language's own words. One rule: a message names what a person could write there,
 * never a token type or a rule.
 */
import type { IParserErrorMessageProvider, IRecognitionException, IToken, TokenType } from "chevrotain";
import type { Diagnostics } from "../diagnostics.ts";
import type { Source, Span } from "../source.ts";
import { foreignStatements } from "./habits.ts";
import { spanOfToken } from "./nodes.ts";
import type { Token } from "./tokens.ts";
import * as t from "./tokens.ts";

/** Chevrotain's messages carry the name of the expected token type, or nothing; words are made below. */
export const structuredMessages: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected }) => expected.name,
  buildNotAllInputParsedMessage: () => "",
  buildNoViableAltMessage: () => "",
  buildEarlyExitMessage: () => "",
};

/** What a statement could not be parsed for. */
export interface SyntaxFailure {
  readonly exception: IRecognitionException;
  /** The `if` that was being read, innermost. */
  readonly openIf: Span | undefined;
  readonly firstToken: Token;
  /** The last token of the statement. */
  readonly lastToken: Token;
}

/** Words for what a rule expects where none of its forms begins. */
const EXPECTED_BY_RULE: ReadonlyMap<string, string> = new Map([
  ["statement", "a statement"],
  ["mainStatement", "an expression"],
  ["type", "a type"],
  ["entry", "a key"],
  ["step", "an expression"],
  ["postfix", "an expression"],
  ["expression", "an expression"],
  ["argumentName", "`:`"],
]);

/** Words for an expected token where more than the token itself may stand. */
const EXPECTED_IN_RULE: ReadonlyMap<string, string> = new Map([
  ["call RightParen", "`,` or `)`"],
  ["defStatement RightParen", "`,` or `)`"],
  ["list RightBracket", "`,` or `]`"],
  ["objectExpression RightBrace", "`,` or `}`"],
  ["namedType Greater", "`>`"],
  ["handler Name", "`success` or `error`"],
  ["importStatement String", 'a path or package in quotes, such as "./tasks.ts"'],
  ["enumType String", "a string"],
  ["template InterpolationClose", "`}`"],
]);

/** What a name is expected for, by rule. */
const NAME_ROLES: ReadonlyMap<string, string> = new Map([
  ["letStatement", "the name of a `let`"],
  ["defStatement", "the name of a `def`"],
  ["paramStatement", "the name of a `param`"],
  ["parameter", "a parameter"],
  ["clause", "the name of a `for`"],
  ["importStatement", "the name of an import"],
  ["namedType", "a type"],
]);

const labels: ReadonlyMap<string, string> = new Map(t.vocabulary.map((type) => [type.name, type.LABEL ?? type.name]));

/**
 * Reports why a statement could not be parsed, at its narrowest place. Gives whether what was parsed is whole, and so
 * worth checking: something stands behind it that does not belong there.
 */
export function reportSyntaxFailure(source: Source, failure: SyntaxFailure, diagnostics: Diagnostics): boolean {
  if (failure.exception.name === "NotAllInputParsedException") return reportLeftover(source, failure, diagnostics);
  reportMismatch(source, failure, diagnostics);
  return false;
}

function reportMismatch(source: Source, failure: SyntaxFailure, diagnostics: Diagnostics): void {
  const { exception } = failure;
  const { token } = exception;
  const isAtEnd = Number.isNaN(token.startOffset);
  const ruleName = exception.context.ruleStack.at(-1) ?? "";
  const span = isAtEnd ? endOf(failure.lastToken) : spanOfToken(token);
  if (token.tokenType === t.For && token === failure.firstToken) {
    diagnostics.report("E111", source, span, { found: "for … in …", write: "[f(x) for x in xs]" });
    return;
  }
  const type = token.tokenType;
  // A name with letters beyond ASCII was read as one in backticks, and reported.
  if (type === t.QuotedName && !token.image.startsWith("`")) return;
  if (t.laterWords.has(token.image) && type !== t.Name) {
    diagnostics.report("E118", source, span, { word: token.image });
    return;
  }
  if (ruleName === "ifExpression" && exception.message === t.Else.name && failure.openIf !== undefined) {
    diagnostics.report("E119", source, failure.openIf, {});
    return;
  }
  const role = exception.message === t.Name.name ? NAME_ROLES.get(ruleName) : undefined;
  if (role !== undefined && t.keywords.has(token.image)) {
    diagnostics.report("E110", source, span, { word: token.image, role });
    return;
  }
  if (type === t.Question) {
    reportTernary(source, span, diagnostics);
    return;
  }
  // An object's first key is optional, so a wrong one ends the object as far as the grammar is concerned.
  const isFirstKey = ruleName === "objectExpression" && isBehind(exception, t.LeftBrace);
  if (type === t.TemplateOpen && (ruleName === "entry" || isFirstKey)) {
    diagnostics.report("E121", source, span, {});
    return;
  }
  const expected =
    (isFirstKey ? "a key or `}`" : undefined) ??
    EXPECTED_IN_RULE.get(`${ruleName} ${exception.message}`) ??
    (exception.message === "" ? EXPECTED_BY_RULE.get(ruleName) : labels.get(exception.message)) ??
    "something else";
  diagnostics.report("E101", source, span, { found: isAtEnd ? "the end" : nameToken(token), expected });
}

function isBehind(exception: IRecognitionException, type: TokenType): boolean {
  return "previousToken" in exception && (exception.previousToken as IToken | undefined)?.tokenType === type;
}

function reportLeftover(source: Source, failure: SyntaxFailure, diagnostics: Diagnostics): boolean {
  const { token } = failure.exception;
  const span = spanOfToken(token);
  const { image: found } = failure.firstToken;
  const foreign = foreignStatements.get(found);
  if (foreign !== undefined && STARTERS.has(token.tokenType)) {
    diagnostics.report("E111", source, t.spanOf(failure.firstToken), { found, ...foreign });
    return false;
  }
  if (token.tokenType === t.Question) {
    reportTernary(source, span, diagnostics);
    return false;
  }
  if (token.tokenType === t.Assign) {
    const why = "a name is given with `let`, an argument with `:`, and values are compared with `==`";
    diagnostics.report("E111", source, span, { found: "x = …", write: "let x = …", why });
    return false;
  }
  if (token.tokenType === t.With) {
    const expected = "`on`, `|`, `&` or a new line: `with` comes before `on`";
    diagnostics.report("E101", source, span, { found: "`with`", expected });
  } else if (STARTERS.has(token.tokenType)) {
    diagnostics.report("E109", source, span, { found: nameToken(token) });
  } else {
    diagnostics.report("E101", source, span, { found: nameToken(token), expected: "`|`, `&` or a new line" });
  }
  return true;
}

function reportTernary(source: Source, span: Span, diagnostics: Diagnostics): void {
  diagnostics.report("E111", source, span, { found: "? :", write: "if … then … else …" });
}

const STARTERS: ReadonlySet<TokenType> = new Set([
  t.Name,
  t.QuotedName,
  t.Given,
  t.NumberToken,
  t.DurationToken,
  t.StringToken,
  t.TemplateOpen,
  t.True,
  t.False,
  t.Null,
  t.LeftParen,
  t.LineLeftParen,
  t.LeftBracket,
  t.LineLeftBracket,
  t.LeftBrace,
  t.Let,
  t.Def,
  t.Param,
  t.Import,
  t.If,
  t.Not,
]);

function nameToken(token: IToken): string {
  switch (token.tokenType) {
    case t.StringToken:
    case t.TemplateOpen:
      return "a string";
    case t.TemplateText:
    case t.TemplateClose:
      return "the end of the string";
    default:
      return `\`${token.image}\``;
  }
}

/** The place behind the last token: one column, so that it can be marked. */
function endOf(token: Token): Span {
  const { end } = t.spanOf(token);
  return { start: end, end };
}
