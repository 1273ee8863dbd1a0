/**
 * What people and scripts see of `flow`. One rule: standard output holds the result and nothing else, whatever tasks
 * print; all other text goes to standard error.
 */
import pc from "picocolors";
import { codeOf } from "../broker/system-error.ts";
import { LiveScreen } from "./live/live-screen.ts";

/** Functions that colour a text, or leave it as it is. */
export type Colors = ReturnType<typeof pc.createColors>;

/** What is told people beside the result. */
export interface Notes {
  /** Prints what is worth knowing while it goes on. */
  note(text: string): void;
  warn(text: string): void;
  error(text: string): void;
}

/** A screen below what is printed, until it is closed. */
export interface OpenScreen {
  readonly screen: LiveScreen;
  /** Leaves its last picture. Safe to repeat. */
  close(): void;
}

/** The two outputs of a command. */
export class Terminal implements Notes {
  /** Colours for standard error; plain text where it is no terminal, or NO_COLOR is set. */
  readonly colors: Colors;
  readonly #writeResult: (text: string) => void;
  readonly #ownWrite = process.stdout.write;

  constructor(environment: Readonly<Record<string, string | undefined>> = process.env) {
    this.colors = pc.createColors(wantsColor(environment));
    // Kept from before captureOutput().
    const write = process.stdout.write.bind(process.stdout);
    this.#writeResult = (text) => void write(text);
    for (const stream of [process.stdout, process.stderr]) {
      // `flow run … | head -1` closes our output early: that is no failure.
      stream.on("error", (error) => {
        if (codeOf(error) !== "EPIPE") throw error;
      });
    }
  }

  /** Prints the result. */
  result(text: string): void {
    this.#writeResult(`${text}\n`);
  }

  /** Prints text that ends its own lines. */
  write(text: string): void {
    this.#writeResult(text);
  }

  note(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  warn(text: string): void {
    this.note(`${this.colors.yellow("warning:")} ${text}`);
  }

  error(text: string): void {
    this.note(`${this.colors.red("error:")} ${text}`);
  }

  /** Sends what tasks print to standard error, by console.log() or else, from now on. Gives what takes that back. */
  captureOutput(): () => void {
    const original = process.stdout.write;
    process.stdout.write = process.stderr.write.bind(process.stderr);
    return () => {
      process.stdout.write = original;
    };
  }

  /** Whether people look at what is printed while it goes on. */
  get isLive(): boolean {
    return process.stderr.isTTY === true && process.env.TERM !== "dumb";
  }

  /** Opens a screen on standard error, below whatever is printed from now on. */
  openScreen(): OpenScreen {
    const { stdout, stderr } = process;
    const before = { stdout: stdout.write, stderr: stderr.write };
    const write = before.stderr.bind(stderr);
    const screen = new LiveScreen({
      get columns() {
        return stderr.columns;
      },
      get rows() {
        return stderr.rows;
      },
      write: (text) => write(text),
    });
    const print: typeof stderr.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
      screen.print(typeof chunk === "string" ? chunk : Buffer.from(chunk).toString());
      const done = rest.find((each): each is () => void => typeof each === "function");
      done?.();
      return true;
    };
    // Standard output is left alone unless what tasks print there comes here.
    if (stdout.write !== this.#ownWrite) stdout.write = print;
    stderr.write = print;
    let isOpen = true;
    return {
      screen,
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        screen.close();
        stderr.write = before.stderr;
        stdout.write = before.stdout;
      },
    };
  }

  /** Resolves when all that was printed has left the process, which pipes do later than files. */
  async flush(): Promise<void> {
    const ended = (stream: NodeJS.WriteStream) => new Promise<void>((resolve) => stream.end(() => resolve()));
    await Promise.all([ended(process.stdout), ended(process.stderr)]);
  }
}

function wantsColor(environment: Readonly<Record<string, string | undefined>>): boolean {
  // https://no-color.org: any value counts.
  if (environment.NO_COLOR) return false;
  if (environment.FORCE_COLOR !== undefined && environment.FORCE_COLOR !== "0") return true;
  return process.stderr.isTTY === true && environment.TERM !== "dumb";
}
