/**
 * Text to tokens, in one pass. One rule: every character ends up in a token, a comment, blank space or a diagnostic,
 * and a string on one line never reaches beyond its line, whatever is open inside it. (That is why Chevrotain's lexer,
 * which closes one mode at a time, does not serve here.)
 */
import type { TokenType } from "chevrotain";
import type { Diagnostics } from "../diagnostics.ts";
import type { Source } from "../source.ts";
import { Character, isDigit, isNamePart, isNameStart, nameCharacter, symbolsByCode } from "./characters.ts";
import { directionMarkName, hasDirectionMarks } from "./direction-marks.ts";
import type { Habit } from "./habits.ts";
import { readNumber } from "./numbers.ts";
import { readBlock, readText, type StringProblem, type TextPart } from "./strings.ts";
import * as tokens from "./tokens.ts";
import { makeToken, type Token } from "./tokens.ts";

/** A comment with its `#`. */
export interface Comment {
  readonly start: number;
  readonly end: number;
}

/** The tokens of a source; comments and blank space are no tokens. */
export interface LexedSource {
  readonly tokens: readonly Token[];
  readonly comments: readonly Comment[];
}

/** Reads all tokens; what is no token is reported and left out, so that the rest can be parsed. */
export function tokenize(source: Source, diagnostics: Diagnostics): LexedSource {
  return new Lexer(source, diagnostics).run();
}

/** A string that is open, or the code in one of its `${}`. */
type Frame = StringFrame | InterpolationFrame;

interface StringFrame {
  readonly kind: "string";
  readonly quote: '"' | '"""';
  readonly start: number;
  readonly texts: Token[];
}

interface InterpolationFrame {
  readonly kind: "interpolation";
  readonly start: number;
  braces: number;
}

/** The break before a line that is not indented and looks like the beginning of a statement. */
const STATEMENT_LINE = /\r?\n(?=(?:let|def|param)[ \t]+[A-Za-z_]\w*[ \t]*[=(:]|import[ \t]+"|[A-Za-z_][\w.]*!?\()/g;
/** Each time costs a look at the rest of the file. */
const MOST_GIVEN_UP = 3;

const OPENING_PAREN = /[ \t]*\(/y;
const NON_ASCII_WORD = /[\p{L}\p{N}\p{M}_]+/uy;

class Lexer {
  readonly #source: Source;
  readonly #text: string;
  readonly #diagnostics: Diagnostics;
  readonly #tokens: Token[] = [];
  readonly #comments: Comment[] = [];
  readonly #frames: Frame[] = [];
  readonly #hasDirectionMarks: boolean;
  #at: number;
  #givenUpCount = 0;
  /** No token stands before on the line. */
  #isLineHead = true;

  constructor(source: Source, diagnostics: Diagnostics) {
    this.#source = source;
    this.#text = source.text;
    this.#diagnostics = diagnostics;
    this.#hasDirectionMarks = hasDirectionMarks(source.text);
    this.#at = source.start;
  }

  run(): LexedSource {
    while (this.#at < this.#text.length) {
      const frame = this.#frames.at(-1);
      if (frame?.kind === "string") this.#readStringPart(frame);
      else this.#readCode(frame);
    }
    this.#closeFrames(0);
    return { tokens: this.#tokens, comments: this.#comments };
  }

  #readCode(frame: InterpolationFrame | undefined): void {
    const code = this.#text.charCodeAt(this.#at);
    const given = code === Character.dollar ? this.#source.given.get(this.#at) : undefined;
    if (given !== undefined) {
      this.#push(tokens.Given, given.end, given.index);
    } else if (code === Character.space || code === Character.tab || code === Character.carriageReturn) {
      this.#at += 1;
    } else if (code === Character.newline) {
      if (frame !== undefined) this.#endLine();
      this.#at += 1;
      this.#isLineHead = true;
    } else if (isNameStart(code)) {
      this.#readWord();
    } else if (code >= Character.zero && code <= Character.nine) {
      this.#readNumber(this.#at);
    } else if (code === Character.quote) {
      this.#openString();
    } else if (code === Character.hash) {
      this.#readComment();
    } else if (code === Character.backtick) {
      this.#readQuotedName();
    } else if (code === Character.apostrophe) {
      this.#readApostrophes();
    } else if (frame !== undefined && code === Character.closeBrace && frame.braces === 0) {
      this.#frames.pop();
      this.#push(tokens.InterpolationClose, this.#at + 1);
    } else {
      if (frame !== undefined && code === Character.openBrace) frame.braces += 1;
      if (frame !== undefined && code === Character.closeBrace) frame.braces -= 1;
      this.#readSymbol();
    }
  }

  #push(type: TokenType, end: number, payload?: string | number, image = this.#text.slice(this.#at, end)): Token {
    const token = makeToken(type, image, this.#at, end, payload);
    this.#tokens.push(token);
    this.#at = end;
    this.#isLineHead = false;
    return token;
  }

  #readWord(): void {
    let end = this.#at + 1;
    while (isNamePart(this.#text.charCodeAt(end))) end += 1;
    if (this.#text.charCodeAt(end) > 127 && this.#readNonAsciiWord()) return;
    const word = this.#text.slice(this.#at, end);
    this.#push(tokens.keywords.get(word) ?? tokens.Name, end, "", word);
  }

  #readNonAsciiWord(): boolean {
    NON_ASCII_WORD.lastIndex = this.#at;
    const word = NON_ASCII_WORD.exec(this.#text)?.[0];
    if (word === undefined) return false;
    const end = this.#at + word.length;
    this.#diagnostics.report("E123", this.#source, { start: this.#at, end }, { word });
    this.#push(tokens.QuotedName, end, word);
    return true;
  }

  #readNumber(start: number): void {
    const reading = readNumber(this.#text, start);
    switch (reading.kind) {
      case "number": {
        const token = this.#push(tokens.NumberToken, reading.end, reading.value);
        const span = { start: token.startOffset, end: reading.end };
        if (!Number.isFinite(reading.value)) this.#diagnostics.report("E404", this.#source, span, {});
        else if (reading.isIntegerLiteral && reading.value > Number.MAX_SAFE_INTEGER) {
          this.#diagnostics.report("E403", this.#source, span, {});
        }
        return;
      }
      case "duration":
        this.#push(tokens.DurationToken, reading.end, reading.milliseconds);
        return;
      case "malformed": {
        const text = this.#text.slice(reading.span.start, reading.span.end);
        this.#diagnostics.report(reading.of === "number" ? "E106" : "E107", this.#source, reading.span, {
          text,
          write: reading.write,
        });
        this.#push(tokens.NumberToken, reading.span.end, 0);
      }
    }
  }

  #readComment(): void {
    const lineBreak = this.#text.indexOf("\n", this.#at);
    const end = lineBreak === -1 ? this.#text.length : lineBreak;
    this.#warnOfDirectionMarks(this.#at, end);
    this.#comments.push({ start: this.#at, end });
    this.#at = end;
  }

  #readQuotedName(): void {
    const close = this.#closeOnLine("`");
    const end = close === undefined ? this.#lineEnd(this.#at) : close + 1;
    const name = this.#text.slice(this.#at + 1, close ?? end);
    if (close === undefined) {
      this.#diagnostics.report("E117", this.#source, { start: this.#at, end: this.#at + 1 }, { problem: "open" });
    } else if (name === "") {
      this.#diagnostics.report("E117", this.#source, { start: this.#at, end }, { problem: "empty" });
    }
    this.#warnOfDirectionMarks(this.#at, end);
    // The name of one that is left open is not known.
    this.#push(tokens.QuotedName, end, close === undefined ? "" : name);
  }

  /** Strings in apostrophes are another language's; they are read, so that nothing else is wrong because of them. */
  #readApostrophes(): void {
    const close = this.#closeOnLine("'");
    if (close === undefined) {
      this.#unknownCharacter(this.#at + 1);
      return;
    }
    const content = this.#text.slice(this.#at + 1, close);
    const span = { start: this.#at, end: close + 1 };
    this.#diagnostics.report("E111", this.#source, span, { found: `'${content}'`, write: JSON.stringify(content) });
    this.#push(tokens.StringToken, close + 1, content);
  }

  /** Where the mark that stands here stands again on its line. Looks no further than the next one. */
  #closeOnLine(mark: string): number | undefined {
    const close = this.#text.indexOf(mark, this.#at + 1);
    if (close === -1 || this.#text.slice(this.#at, close).includes("\n")) return undefined;
    return close;
  }

  #readSymbol(): void {
    if (this.#text.charCodeAt(this.#at) === Character.dot && isDigit(this.#text.charCodeAt(this.#at + 1))) {
      this.#readPointlessNumber();
      return;
    }
    for (const symbol of symbolsByCode[this.#text.charCodeAt(this.#at)] ?? []) {
      if (symbol.text.length > 1 && !this.#text.startsWith(symbol.text, this.#at)) continue;
      if ("found" in symbol.means) this.#readHabit(symbol.means);
      else this.#push(this.#inPlace(symbol.means), this.#at + symbol.text.length, "", symbol.text);
      return;
    }
    if (this.#readNonAsciiWord()) return;
    const point = this.#text.codePointAt(this.#at) ?? 0;
    this.#unknownCharacter(this.#at + (point > 0xffff ? 2 : 1));
  }

  /** Some symbols are other tokens by where they stand. */
  #inPlace(type: TokenType): TokenType {
    if (this.#isLineHead) return tokens.atLineHead.get(type) ?? type;
    if (type !== tokens.Bang) return type;
    OPENING_PAREN.lastIndex = this.#at + 1;
    return OPENING_PAREN.test(this.#text) ? tokens.ImmutableMark : type;
  }

  /** `.5` of other languages. */
  #readPointlessNumber(): void {
    const reading = readNumber(this.#text, this.#at + 1);
    const end = reading.kind === "malformed" ? reading.span.end : reading.end;
    const text = this.#text.slice(this.#at, end);
    this.#diagnostics.report("E106", this.#source, { start: this.#at, end }, { text, write: `0${text}` });
    this.#push(tokens.NumberToken, end, 0);
  }

  #readHabit(habit: Habit): void {
    const end = this.#at + habit.found.length;
    const { found, write, instead, why, meaning } = habit;
    this.#diagnostics.report("E111", this.#source, { start: this.#at, end }, { found, write, instead, why });
    if (meaning === "comment") this.#at = this.#lineEnd(this.#at);
    else if (meaning === "nothing") this.#at = end;
    else this.#push(meaning, end);
  }

  #unknownCharacter(end: number): void {
    const span = { start: this.#at, end };
    const text = this.#text.slice(this.#at, end);
    const mark = directionMarkName(text);
    if (mark === undefined) this.#diagnostics.report("E108", this.#source, span, { text: nameCharacter(text) });
    else this.#diagnostics.report("E113", this.#source, span, { name: mark });
    this.#at = end;
  }

  #openString(): void {
    const quote = this.#text.startsWith('"""', this.#at) ? '"""' : '"';
    if (quote === '"' && this.#readPlainString()) return;
    this.#frames.push({ kind: "string", quote, start: this.#at, texts: [] });
    this.#push(tokens.TemplateOpen, this.#at + quote.length);
  }

  /** Reads a string on one line without interpolation as one token; most strings are such. */
  #readPlainString(): boolean {
    const start = this.#at;
    for (let at = start + 1; at < this.#text.length; at += 1) {
      const code = this.#text.charCodeAt(at);
      if (code === Character.quote) {
        const text = this.#textOf({ start: start + 1, raw: this.#text.slice(start + 1, at) });
        this.#push(tokens.StringToken, at + 1, text, "");
        return true;
      }
      if (code === Character.newline) return false;
      if (code === Character.backslash) at += 1;
      else if (code === Character.dollar && this.#text.charCodeAt(at + 1) === Character.openBrace) return false;
    }
    return false;
  }

  #readStringPart(frame: StringFrame): void {
    const start = this.#at;
    let at = start;
    for (; at < this.#text.length; at += 1) {
      const code = this.#text.charCodeAt(at);
      if (code === Character.backslash && this.#text.charCodeAt(at + 1) !== Character.newline) at += 1;
      else if (code === Character.quote && this.#text.startsWith(frame.quote, at)) break;
      else if (code === Character.newline && frame.quote === '"') break;
      else if (code === Character.dollar && this.#text.charCodeAt(at + 1) === Character.openBrace) break;
    }
    const end = Math.min(at, this.#text.length);
    if (end === this.#text.length && frame.quote === '"""' && this.#giveUpBlock(frame)) return;
    const isEndOfLine = frame.quote === '"' && this.#text.charCodeAt(end) === Character.newline;
    const textEnd =
      isEndOfLine && this.#text.charCodeAt(end - 1) === Character.carriageReturn ? Math.max(start, end - 1) : end;
    const payload = frame.quote === '"' ? this.#textOf({ start, raw: this.#text.slice(start, textEnd) }) : "";
    frame.texts.push(this.#push(tokens.TemplateText, textEnd, payload));
    this.#at = end;
    const given = this.#source.given.get(end);
    if (end === this.#text.length || isEndOfLine) {
      this.#endLine();
    } else if (given !== undefined) {
      // It is shown as an interpolation, and is one.
      this.#push(tokens.InterpolationOpen, end + 2);
      this.#push(tokens.Given, given.end - 1, given.index);
      this.#push(tokens.InterpolationClose, given.end);
    } else if (this.#text.charCodeAt(end) === Character.dollar) {
      this.#frames.push({ kind: "interpolation", start: end, braces: 0 });
      this.#push(tokens.InterpolationOpen, end + 2);
    } else {
      this.#closeString(frame);
      this.#push(tokens.TemplateClose, end + frame.quote.length);
    }
  }

  /**
   * A block that is never closed ends where the next statement seems to begin, so that the rest of the file is read
   * all the same. What was read behind that line is dropped.
   */
  #giveUpBlock(frame: StringFrame): boolean {
    STATEMENT_LINE.lastIndex = frame.start;
    const end = STATEMENT_LINE.exec(this.#text)?.index;
    if (end === undefined || this.#givenUpCount === MOST_GIVEN_UP) return false;
    this.#givenUpCount += 1;
    let partStart = this.#at;
    for (let last = this.#tokens.at(-1); last !== undefined && last.endOffset >= end; last = this.#tokens.at(-1)) {
      this.#tokens.pop();
      if (last === frame.texts.at(-1)) {
        frame.texts.pop();
        partStart = last.startOffset;
      }
    }
    const before = this.#tokens.at(-1)?.tokenType;
    if (before !== tokens.TemplateOpen && before !== tokens.InterpolationClose) partStart = end;
    while ((this.#comments.at(-1)?.start ?? 0) > end) this.#comments.pop();
    this.#at = Math.min(partStart, end);
    this.#push(tokens.TemplateText, end, "");
    this.#closeFrames(0);
    return true;
  }

  #closeString(frame: StringFrame): void {
    this.#frames.pop();
    if (frame.quote === '"') return;
    const parts = frame.texts.map((token): TextPart => ({ start: token.startOffset, raw: token.image }));
    const texts = readBlock(parts, (problem) => this.#reportStringProblem(problem));
    for (const [index, token] of frame.texts.entries()) token.payload = texts[index] ?? "";
    for (const part of parts) this.#warnOfDirectionMarks(part.start, part.start + part.raw.length);
  }

  #textOf(part: TextPart): string {
    this.#warnOfDirectionMarks(part.start, part.start + part.raw.length);
    return readText(part, (problem) => this.#reportStringProblem(problem));
  }

  #reportStringProblem(problem: StringProblem): void {
    if (problem.kind === "escape")
      this.#diagnostics.report("E105", this.#source, problem.span, { escape: problem.escape });
    else this.#diagnostics.report("E112", this.#source, problem.span, {});
  }

  /** At the end of a line (or of the text): no string on one line may be open any more. */
  #endLine(): void {
    const isAtEnd = this.#at >= this.#text.length;
    const outermost = this.#frames.findIndex((frame) => isAtEnd || (frame.kind === "string" && frame.quote === '"'));
    if (outermost !== -1) this.#closeFrames(outermost);
  }

  /** Closes what is open from `depth` on, with tokens that take no room, and reports the one that was opened last. */
  #closeFrames(depth: number): void {
    const innermost = this.#frames.at(-1);
    if (innermost === undefined) return;
    if (innermost.kind === "interpolation") {
      this.#diagnostics.report("E120", this.#source, { start: innermost.start, end: innermost.start + 2 }, {});
    } else {
      const span = { start: innermost.start, end: innermost.start + innermost.quote.length };
      this.#diagnostics.report("E104", this.#source, span, { quote: innermost.quote });
    }
    while (this.#frames.length > depth) {
      const frame = this.#frames.at(-1);
      if (frame?.kind === "string") {
        this.#frames.pop();
        this.#push(tokens.TemplateClose, this.#at);
      } else {
        this.#frames.pop();
        this.#push(tokens.InterpolationClose, this.#at);
        // A string is made of texts with interpolations between them.
        this.#push(tokens.TemplateText, this.#at, "");
      }
    }
  }

  #lineEnd(from: number): number {
    const lineBreak = this.#text.indexOf("\n", from);
    const end = lineBreak === -1 ? this.#text.length : lineBreak;
    return end > from && this.#text.charCodeAt(end - 1) === Character.carriageReturn ? end - 1 : end;
  }

  #warnOfDirectionMarks(start: number, end: number): void {
    if (!this.#hasDirectionMarks) return;
    for (let at = start; at < end; at += 1) {
      const name = directionMarkName(this.#text.charAt(at));
      if (name !== undefined) this.#diagnostics.report("W101", this.#source, { start: at, end: at + 1 }, { name });
    }
  }
}
