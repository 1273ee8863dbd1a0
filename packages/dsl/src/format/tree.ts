/**
 * Tokens and comments of a statement as a tree of brackets. One rule: nothing is lost; strings with interpolation are
 * one piece, as they are written.
 */
import type { TokenType } from "chevrotain";
import type { Source } from "../source.ts";
import type { Comment } from "../syntax/lexer.ts";
import type { Token } from "../syntax/tokens.ts";
import * as t from "../syntax/tokens.ts";
import { endsOperand, needsSpace } from "./spacing.ts";

/** A word, an operator, a literal. */
export interface Atom {
  readonly kind: "atom";
  readonly first: Token;
  readonly last: Token;
  readonly text: string;
  readonly width: number;
}

/** Brackets with what stands in them. */
export interface Group {
  readonly kind: "group";
  readonly form: GroupForm;
  readonly first: Token;
  readonly last: Token;
  readonly children: readonly Piece[];
  /** On one line; infinite where a comment stands in it. */
  readonly width: number;
}

/** What stands in brackets: elements with commas, one comprehension, or one expression. */
export type GroupForm = "elements" | "comprehension" | "expression";

/** A comment; a trailing one stands behind code on its line. */
export interface CommentPiece {
  readonly kind: "comment";
  readonly text: string;
  readonly isTrailing: boolean;
}

export type Piece = Atom | Group | CommentPiece;

const CLOSERS: ReadonlySet<TokenType> = new Set([t.RightParen, t.RightBracket, t.RightBrace]);
const OPENERS: ReadonlySet<TokenType> = new Set([
  t.LeftParen,
  t.LineLeftParen,
  t.LeftBracket,
  t.LineLeftBracket,
  t.LeftBrace,
]);

/** Whether a comment stands behind code on its line. */
export function isTrailingComment(source: Source, comment: Comment): boolean {
  return source.text.slice(source.lineStart(source.lineIndexAt(comment.start)), comment.start).trim() !== "";
}

/** The text of a comment. */
export function commentText(source: Source, comment: Comment): string {
  return source.text.slice(comment.start, comment.end).trimEnd();
}

/** Makes the tree of a statement that has no errors. */
export function makeTree(source: Source, tokens: readonly Token[], comments: readonly Comment[]): readonly Piece[] {
  const outer: Piece[] = [];
  const open: { readonly token: Token; readonly form: GroupForm; readonly children: Piece[] }[] = [];
  let nextComment = 0;
  let previous: Token | undefined;
  let beforePrevious: Token | undefined;
  const add = (piece: Piece): void => {
    (open.at(-1)?.children ?? outer).push(piece);
  };
  const addComments = (before: number): void => {
    for (let comment = comments[nextComment]; comment !== undefined && comment.start < before; ) {
      const isTrailing = isTrailingComment(source, comment);
      add({ kind: "comment", text: commentText(source, comment), isTrailing });
      nextComment += 1;
      comment = comments[nextComment];
    }
  };
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index];
    if (token === undefined) break;
    addComments(token.startOffset);
    if (OPENERS.has(token.tokenType)) {
      open.push({ token, form: formOf(token, beforePrevious, previous), children: [] });
    } else if (CLOSERS.has(token.tokenType)) {
      const group = open.pop();
      if (group !== undefined) add(makeGroup(group.token, token, group.form, group.children));
    } else {
      const end = token.tokenType === t.TemplateOpen ? templateEnd(tokens, index) : index;
      const last = tokens[end] ?? token;
      const text = source.text.slice(token.startOffset, last.endOffset + 1).replaceAll("\r\n", "\n");
      add({ kind: "atom", first: token, last, text, width: text.length });
      index = end;
      // A comment in an interpolation is part of the string.
      while ((comments[nextComment]?.start ?? Number.POSITIVE_INFINITY) < last.endOffset) nextComment += 1;
      beforePrevious = previous;
      previous = last;
      continue;
    }
    beforePrevious = previous;
    previous = token;
  }
  addComments(Number.POSITIVE_INFINITY);
  return outer;
}

function formOf(open: Token, before: Token | undefined, previous: Token | undefined): GroupForm {
  const isBehindOperand =
    previous !== undefined && (previous.tokenType === t.ImmutableMark || endsOperand(before, previous));
  switch (open.tokenType) {
    case t.LeftBrace:
    case t.LineLeftBracket:
      return "elements";
    case t.LeftParen:
      return isBehindOperand ? "elements" : "expression";
    case t.LeftBracket:
      return isBehindOperand ? "expression" : "elements";
    default:
      return "expression";
  }
}

function makeGroup(first: Token, last: Token, form: GroupForm, written: readonly Piece[]): Group {
  const isComprehension = form === "elements" && written.some((piece) => isAtomOf(piece, t.For));
  const children = isComprehension ? written : withoutLastComma(written);
  const inner = widthOf(children);
  return { kind: "group", form: isComprehension ? "comprehension" : form, first, last, children, width: inner + 2 };
}

/** A comma before the closing bracket is put there only where the elements stand on lines of their own. */
function withoutLastComma(pieces: readonly Piece[]): readonly Piece[] {
  const last = pieces.findLastIndex((piece) => piece.kind !== "comment");
  const piece = pieces[last];
  if (piece === undefined || !isAtomOf(piece, t.Comma)) return pieces;
  return [...pieces.slice(0, last), ...pieces.slice(last + 1)];
}

/** Whether a piece is a token of a type. */
export function isAtomOf(piece: Piece | undefined, type: TokenType): boolean {
  return piece?.kind === "atom" && piece.first.tokenType === type;
}

/** The width of a row on one line; infinite where a comment stands in it. */
export function widthOf(pieces: readonly Piece[]): number {
  let width = 0;
  let before: Token | undefined;
  let previous: Token | undefined;
  for (const piece of pieces) {
    if (piece.kind === "comment") return Number.POSITIVE_INFINITY;
    if (previous !== undefined && needsSpace(before, previous, piece.first, false)) width += 1;
    width += piece.width;
    before = piece.kind === "atom" && piece.first === piece.last ? previous : undefined;
    previous = piece.last;
  }
  return width;
}

function templateEnd(tokens: readonly Token[], start: number): number {
  let depth = 0;
  for (let index = start; index < tokens.length; index += 1) {
    const type = tokens[index]?.tokenType;
    if (type === t.TemplateOpen) depth += 1;
    if (type === t.TemplateClose) depth -= 1;
    if (depth === 0) return index;
  }
  return start;
}
