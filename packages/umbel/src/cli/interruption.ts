/**
 * How a command is told to stop. One rule: it is asked first, so that it can leave nothing behind, and the second Ctrl-C
 * ends it at once.
 */
import { EXIT } from "./exit-codes.ts";

/** Why the command has to stop. */
export type StopReason =
  | { readonly kind: "signal"; readonly name: NodeJS.Signals }
  /** Something threw where nobody caught it, such as a promise of a user's module. */
  | { readonly kind: "error"; readonly error: unknown };

/** How long a command may clean up after it was told to stop. */
const CLEAN_UP_MS = 15_000;

/** One Ctrl-C arrives twice within this where `npx` runs the command: from the terminal, and passed on by npm. */
const SAME_SIGNAL_MS = 200;

/** Listens for what stops a command. */
export class Interruption {
  readonly #controller = new AbortController();
  #reason: StopReason | undefined;
  #onSecond: (() => void) | undefined;
  #lastSignalAt = Number.NEGATIVE_INFINITY;

  /** Aborted when the command has to stop. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Why, once it has to. */
  get reason(): StopReason | undefined {
    return this.#reason;
  }

  /** Begins to listen, for the rest of the process. */
  listen(): void {
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => this.#receive(name));
    process.on("uncaughtException", (error) => {
      if (this.#reason !== undefined) process.exit(EXIT.failed);
      this.#onSecond = undefined;
      this.#stop({ kind: "error", error });
    });
  }

  /** The command takes its time once it is told to stop, until it is told a second time. */
  takeTime(onSecond: () => void): void {
    this.#onSecond = onSecond;
  }

  #receive(name: NodeJS.Signals): void {
    const now = performance.now();
    const isSame = now - this.#lastSignalAt < SAME_SIGNAL_MS;
    this.#lastSignalAt = now;
    if (this.#reason === undefined) this.#stop({ kind: "signal", name });
    else if (!isSame) this.#stopHarder();
  }

  #stopHarder(): void {
    const onSecond = this.#onSecond;
    if (onSecond === undefined) process.exit(EXIT.interrupted);
    this.#onSecond = undefined;
    this.#limitCleanUp();
    onSecond();
  }

  #stop(reason: StopReason): void {
    this.#reason = reason;
    if (this.#onSecond === undefined) this.#limitCleanUp();
    this.#controller.abort();
  }

  #limitCleanUp(): void {
    setTimeout(() => process.exit(EXIT.interrupted), CLEAN_UP_MS).unref();
  }
}
