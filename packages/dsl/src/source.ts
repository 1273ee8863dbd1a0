/**
 * Source text and places in it. One rule: inside the front end a place is a span of UTF-16 offsets; lines and columns,
 * from 1 and in code points, are made here and only for people.
 */

/** A stretch of a source, as UTF-16 offsets; `end` is the first offset behind it. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A point in a source. Line and column count from 1, the column in code points. */
export interface Position {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/** A stretch of a file, for people and for tools. */
export interface Place {
  readonly file: string;
  readonly start: Position;
  readonly end: Position;
}

const BYTE_ORDER_MARK = 0xfeff;

/** A place in a text where something stands that is given beside it; which one, by number. */
export interface GivenPlace {
  readonly index: number;
  readonly end: number;
}

/** One text with its name. */
export class Source {
  readonly file: string;
  readonly text: string;
  /** Places of what is given beside the text, by the offsets where they begin. What stands there is only shown. */
  readonly given: ReadonlyMap<number, GivenPlace>;
  #lineStarts: readonly number[] | undefined;
  // Places are mostly asked for in order, so counting goes on from the last one instead of from the line's start.
  #last: Position = { offset: 0, line: 1, column: 1 };

  constructor(file: string, text: string, given: ReadonlyMap<number, GivenPlace> = new Map()) {
    this.file = file;
    this.text = text;
    this.given = given;
  }

  /** Where the text begins: behind a byte order mark. */
  get start(): number {
    return this.text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0;
  }

  /** Gives the place of a span. */
  placeOf(span: Span): Place {
    return { file: this.file, start: this.positionAt(span.start), end: this.positionAt(span.end) };
  }

  /** Gives line and column of an offset. */
  positionAt(offset: number): Position {
    const line = this.lineIndexAt(offset);
    const lineStart = this.#starts()[line] ?? 0;
    const from = this.#last.line === line + 1 && this.#last.offset <= offset ? this.#last : undefined;
    const column = (from?.column ?? 1) + countCodePoints(this.text, from?.offset ?? lineStart, offset);
    this.#last = { offset, line: line + 1, column };
    return this.#last;
  }

  /** The text of a line, counted from 1, without its line break. */
  lineText(line: number): string {
    const starts = this.#starts();
    const start = starts[line - 1];
    if (start === undefined) return "";
    return this.text.slice(start, starts[line] ?? this.text.length).replace(/\r?\n$/, "");
  }

  /** The line of an offset, counted from 0. */
  lineIndexAt(offset: number): number {
    const starts = this.#starts();
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The offset where a line begins, counted from 0. */
  lineStart(lineIndex: number): number {
    return this.#starts()[lineIndex] ?? this.text.length;
  }

  #starts(): readonly number[] {
    if (this.#lineStarts === undefined) {
      const starts = [this.start];
      for (let at = this.text.indexOf("\n"); at !== -1; at = this.text.indexOf("\n", at + 1)) starts.push(at + 1);
      this.#lineStarts = starts;
    }
    return this.#lineStarts;
  }
}

function countCodePoints(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = from; at < to; at += 1) {
    const unit = text.charCodeAt(at);
    // The second half of a pair belongs to the code point that the first half began.
    if (unit < 0xdc00 || unit > 0xdfff) count += 1;
  }
  return count;
}
