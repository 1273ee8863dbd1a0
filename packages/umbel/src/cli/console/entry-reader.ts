/**
 * What is typed, cut into entries. One rule: an entry ends with the first line that makes it whole, unless the next one is
 * there already and goes on with it, as it is where a text is pasted or comes from a file.
 */
import { createInterface, type Interface } from "node:readline";
import { Writable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { goesOn, isUnfinished } from "@umbel/dsl";
import { HISTORY_SIZE, keepHistory, readHistory } from "./history.ts";

/** Where people type. */
export interface Typing {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream & { readonly columns?: number };
  /** There is somebody who sees a prompt; else the lines of a file are read. */
  readonly isTerminal: boolean;
}

/** What the reader asks, and tells. */
export interface EntryReaderOptions {
  /** Absent where no history is kept. */
  readonly historyFile: string | undefined;
  /** Completes the end of a text. */
  readonly complete: (text: string) => { readonly word: string; readonly candidates: readonly string[] };
  /** Ctrl-C; true when it meant something that goes on. */
  readonly onInterrupt: () => boolean;
}

const PROMPT = "flow> ";
const MORE = "  ... ";

interface Line {
  readonly text: string;
  /** It was typed where it could be seen. */
  readonly isShown: boolean;
}

/** Reads entries, one after the other. */
export class EntryReader {
  readonly #typing: Typing;
  readonly #options: EntryReaderOptions;
  readonly #output: MutedOutput;
  readonly #interface: Interface;
  readonly #lines: Line[] = [];
  /** The lines of the entry that is being typed. */
  #entry: string[] = [];
  #isInterrupted = false;
  #isClosed = false;
  #wake: () => void = () => undefined;

  constructor(typing: Typing, options: EntryReaderOptions) {
    this.#typing = typing;
    this.#options = options;
    this.#output = new MutedOutput(typing.output);
    const { historyFile } = options;
    this.#interface = createInterface({
      input: typing.input,
      terminal: typing.isTerminal,
      ...(typing.isTerminal && {
        output: this.#output,
        completer: (line: string) => this.#complete(line),
        history: historyFile === undefined ? [] : readHistory(historyFile),
        historySize: HISTORY_SIZE,
        removeHistoryDuplicates: true,
      }),
    });
    this.#interface.on("line", (text) => this.#take(text));
    this.#interface.on("close", () => this.#end());
    this.#interface.on("SIGINT", () => this.#interrupt());
    if (historyFile !== undefined) {
      this.#interface.on("history", (history: string[]) => keepHistory(historyFile, history));
    }
  }

  /** Gives the next entry; `undefined` when there are no more. */
  async next(): Promise<string | undefined> {
    this.#entry = [];
    for (;;) {
      const line = await this.#nextLine();
      if (line === "interrupted") {
        this.#entry = [];
        continue;
      }
      if (this.#hasQuit) return undefined;
      if (line === undefined) return this.#entry.length === 0 ? undefined : this.#whole();
      const isBlank = line.trim() === "";
      if (isBlank && this.#entry.length === 0) continue;
      this.#entry.push(line);
      if (this.#entry.length === 1 && line.trimStart().startsWith(":")) return this.#whole();
      // The lines of what is pasted come in one turn.
      await nextTurn();
      // Ctrl-C and Ctrl-D may come in that turn, too.
      if (this.#hasQuit) return undefined;
      if (this.#isInterrupted) {
        this.#isInterrupted = false;
        this.#entry = [];
        continue;
      }
      // An empty line that somebody types means that this is all.
      const isForced = isBlank && this.#typing.isTerminal && this.#lines.length === 0;
      if (isForced || !this.#isOpen()) return this.#whole();
    }
  }

  /** Stops reading. Safe to repeat. */
  close(): void {
    this.#interface.close();
  }

  /** Somebody typed Ctrl-D, or the terminal is gone; the lines of a file are all read. */
  get #hasQuit(): boolean {
    return this.#isClosed && this.#typing.isTerminal;
  }

  /** Whether the entry goes on with lines to come. */
  #isOpen(): boolean {
    if (isUnfinished(this.#whole())) return true;
    const [next] = this.#lines;
    if (next === undefined) return false;
    const isComment = this.#entry.every((line) => line.trim() === "" || line.trimStart().startsWith("#"));
    return isComment || goesOn(next.text);
  }

  #whole(): string {
    return this.#entry.join("\n");
  }

  async #nextLine(): Promise<string | "interrupted" | undefined> {
    const prompt = this.#entry.length === 0 ? PROMPT : MORE;
    const [ready] = this.#lines;
    if (ready === undefined && this.#isClosed) return undefined;
    if (ready === undefined) {
      this.#prompt(prompt);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#output.isMuted = true;
      if (this.#isInterrupted) {
        this.#isInterrupted = false;
        return "interrupted";
      }
    }
    const line = this.#lines.shift();
    if (line !== undefined && !line.isShown) this.#write(`${prompt}${line.text}\n`);
    return line?.text;
  }

  #prompt(prompt: string): void {
    if (!this.#typing.isTerminal) return;
    this.#output.isMuted = false;
    this.#interface.setPrompt(prompt);
    this.#interface.prompt(true);
  }

  #take(text: string): void {
    this.#lines.push({ text, isShown: !this.#output.isMuted });
    this.#wake();
  }

  #end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // Whoever quits while something runs does not wait for it; the lines of a file are all run.
    if (this.#typing.isTerminal) this.#options.onInterrupt();
    // Whoever quits by Ctrl-D goes on below the prompt.
    if (!this.#output.isMuted) this.#write("\n");
    this.#wake();
  }

  #interrupt(): void {
    if (this.#options.onInterrupt()) return;
    const isEmpty = this.#entry.length === 0 && this.#interface.line === "";
    this.#write(isEmpty ? "\n(Ctrl-D or :quit ends it)\n" : "^C\n");
    this.#output.isMuted = true;
    this.#interface.write(null, { ctrl: true, name: "e" });
    this.#interface.write(null, { ctrl: true, name: "u" });
    this.#isInterrupted = true;
    this.#wake();
  }

  #write(text: string): void {
    if (this.#typing.isTerminal) this.#typing.output.write(text);
  }

  #complete(line: string): [string[], string] {
    const { word, candidates } = this.#options.complete([...this.#entry, line].join("\n"));
    return [[...candidates], word];
  }
}

/** What readline draws on. While an entry runs it draws nothing: what tasks print, and how the run goes, stands there. */
class MutedOutput extends Writable {
  isMuted = true;
  readonly #output: Typing["output"];

  constructor(output: Typing["output"]) {
    super();
    this.#output = output;
    output.on("resize", () => this.emit("resize"));
  }

  get columns(): number | undefined {
    return this.#output.columns;
  }

  override _write(chunk: Buffer | string, _encoding: BufferEncoding, done: () => void): void {
    if (!this.isMuted) this.#output.write(chunk);
    done();
  }
}
