/**
 * The tree of a statement as lines of at most 80 columns. One rule: the layout follows from tokens and comments alone,
 * never from how they stood, so formatting twice gives the same as once.
 */
import type { TokenType } from "chevrotain";
import type { Token } from "../syntax/tokens.ts";
import * as t from "../syntax/tokens.ts";
import { needsSpace } from "./spacing.ts";
import { type CommentPiece, type Group, isAtomOf, type Piece, widthOf } from "./tree.ts";

const COLUMNS = 80;
const STEP = 2;

/** Operators at which a row is broken, the loosest first; each operator begins its line. */
const LEVELS: readonly ReadonlySet<TokenType>[] = [
  new Set([t.Pipe]),
  new Set([t.Ampersand]),
  new Set([t.Or]),
  new Set([t.And]),
  new Set([t.With, t.On]),
  new Set([t.Plus]),
  new Set([t.Star, t.Slash, t.Percent]),
];

const BRANCHES: ReadonlySet<TokenType> = new Set([t.Then, t.Else]);
const CLAUSES: ReadonlySet<TokenType> = new Set([t.For, t.If]);

/** Gives the text of a statement, without a line break at its end. */
export function printStatement(pieces: readonly Piece[]): string {
  const printer = new Printer();
  const [first] = pieces;
  const isMain =
    !isAtomOf(first, t.Let) && !isAtomOf(first, t.Def) && !isAtomOf(first, t.Param) && !isAtomOf(first, t.Import);
  if (isMain) {
    printer.row(pieces, 0);
    return printer.text;
  }
  printer.isInType = isAtomOf(first, t.Param);
  const assign = pieces.findIndex((piece) => isAtomOf(piece, t.Assign));
  const end = assign === -1 ? pieces.length : assign + 1;
  printer.inline(pieces.slice(0, end), 0);
  printer.isInType = false;
  printer.row(pieces.slice(end), 0);
  return printer.text;
}

const COMMA = t.makeToken(t.Comma, ",", 0, 1);

class Printer {
  readonly #printed: string[] = [];
  isInType = false;
  #column = 0;
  #before: Token | undefined;
  #previous: Token | undefined;
  /** A comment ends its line. */
  #mustBreak = false;
  /** A line has just begun. */
  #isLineStart = true;

  get text(): string {
    return this.#printed.join("");
  }

  /** Prints a row, on one line if it fits. */
  row(pieces: readonly Piece[], indent: number): void {
    if (this.#fits(pieces)) {
      this.inline(pieces, indent);
      return;
    }
    const parts = splitRow(pieces);
    if (parts.length < 2) {
      this.inline(pieces, indent);
      return;
    }
    for (const [index, part] of parts.entries()) {
      if (index === 0) this.row(part, indent);
      else {
        this.#newline(indent + STEP);
        this.row(part, indent + STEP);
      }
    }
  }

  /** Prints pieces one behind the other; brackets are broken where they do not fit. */
  inline(pieces: readonly Piece[], indent: number): void {
    // What goes on behind a comment is indented, unless the comment stands above all of it.
    let next = this.#isLineStart ? indent : indent + STEP;
    for (const [index, piece] of pieces.entries()) {
      if (piece.kind === "comment") {
        this.#comment(piece, next);
        continue;
      }
      if (piece.kind === "atom") this.#emit(piece.first, piece.last, piece.text, next);
      else this.#group(piece, pieces.slice(index + 1), indent, next);
      next = indent + STEP;
    }
  }

  #group(group: Group, rest: readonly Piece[], indent: number, next: number): void {
    const hasLaterGroup = rest.some((piece) => piece.kind === "group" && piece.children.length > 0);
    const fits = this.#fits([group, ...(hasLaterGroup ? [] : rest)]);
    this.#emit(group.first, group.first, group.first.image, next);
    if (fits || group.children.length === 0) this.inline(group.children, indent);
    else this.#lines(group, indent);
    this.#emit(group.last, group.last, group.last.image, indent);
  }

  #lines(group: Group, indent: number): void {
    const inner = indent + STEP;
    for (const element of splitElements(group)) {
      for (const comment of element.leading) {
        if (!comment.isTrailing) this.#newline(inner);
        this.#comment(comment, inner);
      }
      if (element.pieces.length > 0) {
        this.#newline(inner);
        this.row(element.pieces, inner);
        if (group.form === "elements") this.#comma();
      }
      for (const comment of element.trailing) this.#comment(comment, inner);
    }
    this.#newline(indent);
  }

  /** In brackets whose elements stand on lines of their own, each has its comma. */
  #comma(): void {
    this.#raw(",");
    this.#before = undefined;
    this.#previous = COMMA;
  }

  #fits(pieces: readonly Piece[]): boolean {
    const [head] = pieces;
    const space = head !== undefined && head.kind !== "comment" && this.#hasSpaceBefore(head.first) ? 1 : 0;
    // A comment at the end may be as long as it likes.
    const last = pieces.at(-1);
    const code = last?.kind === "comment" && last.isTrailing ? pieces.slice(0, -1) : pieces;
    return !this.#mustBreak && this.#column + space + widthOf(code) <= COLUMNS;
  }

  #emit(first: Token, last: Token, text: string, indent: number): void {
    if (this.#mustBreak) this.#newline(indent);
    if (this.#hasSpaceBefore(first)) this.#raw(" ");
    this.#raw(text);
    this.#before = first === last ? this.#previous : undefined;
    this.#previous = last;
  }

  #hasSpaceBefore(token: Token): boolean {
    if (this.#isLineStart || this.#previous === undefined) return false;
    return needsSpace(this.#before, this.#previous, token, this.isInType);
  }

  #comment(comment: CommentPiece, indent: number): void {
    if (this.#mustBreak || !(comment.isTrailing || this.#isLineStart)) this.#newline(indent);
    if (!this.#isLineStart) this.#raw("  ");
    this.#raw(comment.text);
    this.#mustBreak = true;
  }

  #raw(text: string): void {
    this.#printed.push(text);
    const lineBreak = text.lastIndexOf("\n");
    this.#column = lineBreak === -1 ? this.#column + text.length : text.length - lineBreak - 1;
    this.#isLineStart = false;
  }

  #newline(indent: number): void {
    this.#printed.push(`\n${" ".repeat(indent)}`);
    this.#column = indent;
    this.#isLineStart = true;
    this.#mustBreak = false;
  }
}

/** Cuts a row before the operators of its loosest level; comments above an operator go with it. */
function splitRow(pieces: readonly Piece[]): readonly (readonly Piece[])[] {
  const start = leadingCount(pieces);
  const isIf = isAtomOf(pieces[start], t.If) || isAtomOf(pieces[start + 1], t.If);
  const levels = isIf ? [BRANCHES] : LEVELS;
  for (const level of levels) {
    const cuts: number[] = [];
    for (let index = start + 1; index < pieces.length; index += 1) {
      const piece = pieces[index];
      if (piece?.kind !== "atom" || !level.has(piece.first.tokenType) || isMember(pieces, index)) continue;
      let cut = index;
      while (isOwnLineComment(pieces[cut - 1])) cut -= 1;
      if (cut > start) cuts.push(cut);
    }
    if (cuts.length > 0) return cutAt(pieces, cuts);
  }
  return [pieces];
}

/** Comments in front, and the operator that begins the line. */
function leadingCount(pieces: readonly Piece[]): number {
  const first = pieces.findIndex((piece) => piece.kind !== "comment");
  return first === -1 ? pieces.length : first;
}

/** A reserved word behind a dot is a member's name. */
function isMember(pieces: readonly Piece[], index: number): boolean {
  return isAtomOf(pieces[index - 1], t.Dot);
}

function isOwnLineComment(piece: Piece | undefined): boolean {
  return piece?.kind === "comment" && !piece.isTrailing;
}

function cutAt(pieces: readonly Piece[], cuts: readonly number[]): readonly (readonly Piece[])[] {
  return [0, ...cuts].map((from, index) => pieces.slice(from, cuts[index] ?? pieces.length));
}

interface Element {
  /** On lines above it. */
  readonly leading: CommentPiece[];
  readonly pieces: Piece[];
  /** Behind it and its comma. */
  readonly trailing: CommentPiece[];
}

/** The elements of brackets, each with its comments; what stands behind the last is an element without pieces. */
function splitElements(group: Group): readonly Element[] {
  const elements: Element[] = [];
  let current: Element = { leading: [], pieces: [], trailing: [] };
  let isEnded = false;
  const next = (): void => {
    const moved: CommentPiece[] = [];
    // Comments behind the last piece are those of this element if they stand on its line, else of the next.
    for (let last = current.pieces.at(-1); last?.kind === "comment"; last = current.pieces.at(-1)) {
      current.pieces.pop();
      moved.unshift(last);
    }
    if (moved[0]?.isTrailing === true) current.trailing.push(...moved.splice(0, 1));
    elements.push(current);
    current = { leading: moved, pieces: [], trailing: [] };
  };
  for (const [index, piece] of group.children.entries()) {
    const isClause =
      group.form === "comprehension" &&
      piece.kind === "atom" &&
      CLAUSES.has(piece.first.tokenType) &&
      isClauseStart(group.children, index);
    if (group.form === "elements" && isAtomOf(piece, t.Comma)) {
      next();
      isEnded = true;
      continue;
    }
    if (isClause && current.pieces.length > 0) next();
    const before = elements.at(-1);
    if (
      piece.kind === "comment" &&
      isEnded &&
      piece.isTrailing &&
      before !== undefined &&
      before.trailing.length === 0 &&
      current.leading.length === 0
    ) {
      before.trailing.push(piece);
    } else if (piece.kind === "comment" && current.pieces.length === 0) {
      current.leading.push(piece);
    } else {
      current.pieces.push(piece);
    }
    isEnded = false;
  }
  next();
  if (current.leading.length > 0) elements.push(current);
  return elements;
}

/** `for`, and the `if` that filters; an `if` in an expression stands in parentheses here, or at its beginning. */
function isClauseStart(pieces: readonly Piece[], index: number): boolean {
  if (isMember(pieces, index)) return false;
  if (isAtomOf(pieces[index], t.For)) return true;
  return pieces.slice(0, index).some((piece) => isAtomOf(piece, t.For));
}
