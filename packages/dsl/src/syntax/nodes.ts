/** Tokens to the smallest nodes of the tree. */
import type { IToken, TokenType } from "chevrotain";
import type { Argument, Entry, GivenExpression, Identifier, Literal, NameExpression } from "../ast.ts";
import { Duration } from "../duration.ts";
import type { Span } from "../source.ts";
import { isBinaryOperator, type RowPart } from "./precedence.ts";
import * as t from "./tokens.ts";

/** What a rule finds wrong that the grammar itself allows. */
export type SyntaxProblem =
  | { readonly kind: "habit"; readonly span: Span; readonly found: string; readonly write: string }
  | { readonly kind: "chaining"; readonly span: Span; readonly operator: string }
  | { readonly kind: "keyTwice"; readonly span: Span; readonly key: string }
  | { readonly kind: "positionalAfterNamed"; readonly span: Span }
  | { readonly kind: "spreadBeforeClause"; readonly span: Span }
  | { readonly kind: "event"; readonly span: Span; readonly found: string };

/** The span of a token as Chevrotain has it. */
export function spanOfToken(token: IToken): Span {
  return { start: token.startOffset, end: (token.endOffset ?? token.startOffset) + 1 };
}

/** A name; of a string or a name in backticks, its text. */
export function identifierOf(token: IToken): Identifier {
  const name = token.tokenType === t.Name ? token.image : String(token.payload);
  return { name, start: token.startOffset, end: (token.endOffset ?? 0) + 1 };
}

/** A name, or a reserved word where it is a plain one. */
export function wordOf(token: IToken): Identifier {
  return { name: token.image, start: token.startOffset, end: (token.endOffset ?? 0) + 1 };
}

/** A bare name. */
export function nameOf(token: IToken): NameExpression {
  return { kind: "name", name: token.image, start: token.startOffset, end: (token.endOffset ?? 0) + 1 };
}

/** A value written out. */
export function literalOf(token: IToken, value: Literal["value"]): Literal {
  const isInteger = typeof value === "number" && INTEGER.test(token.image);
  return { kind: "literal", value, isInteger, start: token.startOffset, end: (token.endOffset ?? 0) + 1 };
}

const INTEGER = /^[0-9_]+$/;

export function givenOf(token: IToken): GivenExpression {
  return { kind: "given", index: Number(token.payload), ...spanOfToken(token) };
}

export function numberOf(token: IToken): Literal {
  return literalOf(token, Number(token.payload));
}

export function durationOf(token: IToken): Literal {
  return literalOf(token, new Duration(Number(token.payload)));
}

export function stringOf(token: IToken): Literal {
  return literalOf(token, String(token.payload));
}

/** An operator between two operands. */
export function binaryOf(token: IToken): RowPart {
  const written = WRITTEN_AS.get(token.tokenType) ?? token.image;
  // The token's category makes it an operator; the text of one that is no operator cannot come here.
  const operator = isBinaryOperator(written) ? written : "|";
  const isForeign = token.image !== written && (operator === "or" || operator === "and");
  return { kind: "binary", operator, span: spanOfToken(token), isForeign };
}

/** Token types that a habit of another language may stand for; their own text counts then. */
const WRITTEN_AS: ReadonlyMap<TokenType, string> = new Map([
  [t.Or, "or"],
  [t.And, "and"],
  [t.Equal, "=="],
  [t.NotEqual, "!="],
  [t.Pipe, "|"],
]);

/** The first positional argument behind a named one. */
export function misplacedArgument(args: readonly Argument[]): Argument | undefined {
  const firstNamed = args.findIndex((argument) => argument.name !== undefined);
  if (firstNamed === -1) return undefined;
  return args.find((argument, index) => index > firstNamed && argument.name === undefined);
}

/** Keys that stood before in their object. */
export function repeatedKeys(entries: readonly Entry[]): readonly Identifier[] {
  const seen = new Set<string>();
  return entries.flatMap(({ key }) => {
    const isRepeated = seen.has(key.name);
    seen.add(key.name);
    return isRepeated ? [key] : [];
  });
}
