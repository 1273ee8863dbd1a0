/** Parentheses around an `else` that holds a bare `|` or `&`, which would read as if they came behind the `if`. */
import type { TokenType } from "chevrotain";
import * as t from "../syntax/tokens.ts";
import { makeToken } from "../syntax/tokens.ts";
import { type Group, isAtomOf, type Piece, widthOf } from "./tree.ts";

const JOINS: ReadonlySet<TokenType> = new Set([t.Pipe, t.Ampersand]);
/** What ends a branch within its brackets. */
const ENDS: ReadonlySet<TokenType> = new Set([t.Else, t.Comma]);

/** Gives the same tree with those parentheses. */
export function parenthesizeElse(pieces: readonly Piece[]): readonly Piece[] {
  const inner = pieces.map((piece) => (piece.kind === "group" ? parenthesizeGroup(piece) : piece));
  const made: Piece[] = [];
  for (let index = 0; index < inner.length; index += 1) {
    const piece = inner[index];
    if (piece === undefined) break;
    made.push(piece);
    if (!isAtomOf(piece, t.Else) || isAtomOf(inner[index - 1], t.Dot) || isAtomOf(inner[index + 1], t.If)) continue;
    if (isAtomOf(inner[index + 1], t.Colon)) continue;
    const branch = branchAt(inner, index + 1);
    if (!branch.some((part) => part.kind === "atom" && JOINS.has(part.first.tokenType))) continue;
    made.push(inParentheses(branch));
    index += branch.length;
  }
  return made;
}

function parenthesizeGroup(group: Group): Group {
  const children = parenthesizeElse(group.children);
  return { ...group, children, width: widthOf(children) + 2 };
}

function branchAt(pieces: readonly Piece[], start: number): readonly Piece[] {
  const end = pieces.findIndex(
    (piece, index) =>
      index >= start && piece.kind === "atom" && ENDS.has(piece.first.tokenType) && !isAtomOf(pieces[index - 1], t.Dot),
  );
  const branch = pieces.slice(start, end === -1 ? pieces.length : end);
  // Comments behind it stay behind the parentheses.
  const last = branch.findLastIndex((piece) => piece.kind !== "comment");
  return branch.slice(0, last + 1);
}

function inParentheses(branch: readonly Piece[]): Group {
  return {
    kind: "group",
    form: "expression",
    first: makeToken(t.LeftParen, "(", 0, 1),
    last: makeToken(t.RightParen, ")", 0, 1),
    children: branch,
    width: widthOf(branch) + 2,
  };
}
