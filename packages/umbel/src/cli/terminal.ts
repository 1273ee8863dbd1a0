/**
 * What people and scripts see of `flow`. One rule: standard output holds the result and nothing else, whatever tasks
 * print; all other text goes to standard error.
 */
import pc from "picocolors";
import { codeOf } from "../broker/system-error.ts";

type Colors = ReturnType<typeof pc.createColors>;

/** The two outputs of a command. */
export class Terminal {
  /** Colours for standard error; plain text where it is no terminal, or NO_COLOR is set. */
  readonly colors: Colors;
  readonly #writeResult: (text: string) => void;

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

  /** Prints what is worth knowing while it goes on. */
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
