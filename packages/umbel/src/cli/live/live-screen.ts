/**
 * A part of the terminal that is drawn again and again below all that is printed. One rule: what others print meanwhile
 * stands above it, whole, and stays when it is gone.
 */

/** Where it is drawn; standard error is one. */
export interface ScreenStream {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

const ERASE_BELOW = "\x1b[J";
const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";

/** Draws frames on a terminal. */
export class LiveScreen {
  readonly #stream: ScreenStream;
  readonly #write: (text: string) => unknown;
  /** The lines that are drawn now. */
  #drawn: readonly string[] = [];
  /** The width at which they were drawn. */
  #columns = 0;
  #isOpen = false;

  constructor(stream: ScreenStream) {
    this.#stream = stream;
    this.#write = stream.write.bind(stream);
  }

  /** How wide the terminal is now. */
  get columns(): number {
    return this.#stream.columns ?? 80;
  }

  get rows(): number {
    return this.#stream.rows ?? 24;
  }

  /** Draws a frame in the place of the last. */
  draw(lines: readonly string[]): void {
    const isSame = lines.length === this.#drawn.length && lines.every((line, place) => line === this.#drawn[place]);
    if (isSame && this.#columns === this.columns) return;
    const start = this.#isOpen ? "" : HIDE_CURSOR;
    this.#isOpen = true;
    this.#write(`${start}${this.#toStart()}${ERASE_BELOW}${lines.map((line) => `${line}\n`).join("")}`);
    this.#drawn = lines;
    this.#columns = this.columns;
  }

  /** Prints a text above the frame. */
  print(text: string): void {
    if (!this.#isOpen) {
      this.#write(text);
      return;
    }
    const frame = this.#drawn.map((line) => `${line}\n`).join("");
    const end = text.endsWith("\n") ? "" : "\n";
    this.#write(`${this.#toStart()}${ERASE_BELOW}${text}${end}${frame}`);
  }

  /** Leaves the last frame where it is, or erases it. Safe to repeat. */
  close({ erase = false } = {}): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#write(`${erase ? `${this.#toStart()}${ERASE_BELOW}` : ""}${SHOW_CURSOR}`);
    this.#drawn = [];
  }

  /** Moves to where the frame begins; lines that a narrower terminal has wrapped take more than one row. */
  #toStart(): string {
    if (this.#drawn.length === 0) return "";
    const columns = Math.max(1, this.columns);
    const rows =
      columns >= this.#columns
        ? this.#drawn.length
        : this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(visibleLength(line) / columns)), 0);
    return `\x1b[${rows}A\r`;
  }
}

function visibleLength(line: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are such sequences
  return line.replace(/\x1b\[[0-9;]*m/g, "").length;
}
