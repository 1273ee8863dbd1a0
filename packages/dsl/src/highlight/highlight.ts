/**
 * A text as pieces that an editor colours or a person looks at. One rule: kinds come from the table of tokens and the
 * neighbours of a token alone, so that a broken file is coloured like a whole one.
 */
import { Diagnostics } from "../diagnostics.ts";
import { type Position, Source } from "../source.ts";
import { tokenize } from "../syntax/lexer.ts";
import type { Token } from "../syntax/tokens.ts";
import * as t from "../syntax/tokens.ts";
import { kindOfType, type TokenKind } from "./token-kinds.ts";

/** A piece of a text. */
export interface HighlightedToken {
  readonly kind: TokenKind;
  readonly text: string;
  readonly start: Position;
  readonly end: Position;
}

/** Gives the pieces of a text in their order, with its comments; what is no token is left out. */
export function tokens(text: string, file = "flow"): readonly HighlightedToken[] {
  const source = new Source(file, text);
  const lexed = tokenize(source, new Diagnostics());
  const pieces: HighlightedToken[] = [];
  let nextComment = 0;
  const add = (kind: TokenKind, start: number, end: number): void => {
    if (end > start) {
      const place = source.placeOf({ start, end });
      pieces.push({ kind, text: text.slice(start, end), start: place.start, end: place.end });
    }
  };
  const addComments = (before: number): void => {
    for (let comment = lexed.comments[nextComment]; comment !== undefined && comment.start < before; ) {
      add(isDoc(text, comment.start) ? "doc" : "comment", comment.start, comment.end);
      nextComment += 1;
      comment = lexed.comments[nextComment];
    }
  };
  for (const [index, token] of lexed.tokens.entries()) {
    const { start, end } = t.spanOf(token);
    addComments(start);
    add(kindOf(token, lexed.tokens[index - 1], lexed.tokens[index + 1]), start, end);
  }
  addComments(Number.POSITIVE_INFINITY);
  return pieces;
}

function isDoc(text: string, start: number): boolean {
  return text.startsWith("##", start) && text[start + 2] !== "#";
}

/** Words are plain ones behind a dot and before a colon; a name before its `(` is called. */
function kindOf(token: Token, previous: Token | undefined, next: Token | undefined): TokenKind {
  const type = token.tokenType;
  const isWord = type === t.Name || t.keywords.has(token.image);
  if (!isWord && type !== t.QuotedName) return kindOfType(type);
  const isCalled = next?.tokenType === t.LeftParen || next?.tokenType === t.ImmutableMark;
  const isMember = previous?.tokenType === t.Dot;
  if (isMember && isWord) return isCalled ? "call" : "member";
  const isParam = previous?.tokenType === t.Param;
  if (isWord && next?.tokenType === t.Colon && !isParam) return "key";
  const isName = type === t.Name || type === t.QuotedName;
  return isName && isCalled ? "call" : kindOfType(type);
}
