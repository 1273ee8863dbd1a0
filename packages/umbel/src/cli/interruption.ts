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

/** Listens for what stops a command. */
export class Interruption {
  readonly #controller = new AbortController();
  #reason: StopReason | undefined;

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
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(name, () => {
        if (this.#reason !== undefined) process.exit(EXIT.interrupted);
        this.#stop({ kind: "signal", name });
      });
    }
    process.on("uncaughtException", (error) => {
      if (this.#reason !== undefined) process.exit(EXIT.failed);
      this.#stop({ kind: "error", error });
    });
  }

  #stop(reason: StopReason): void {
    this.#reason = reason;
    this.#controller.abort();
  }
}
