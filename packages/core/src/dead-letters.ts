/**
 * Calls that tasks rejected: `app.deadLetters`. One rule: a letter holds all that is needed to send the call again, so it
 * outlives its run.
 */
import type { App } from "./app.ts";
import type { Engine } from "./engine.ts";
import { UnknownTaskIdError } from "./errors.ts";
import type { SignatureOptions } from "./options.ts";
import type { AsyncResult } from "./result.ts";
import type { WireError } from "./serialization/error.ts";
import { SignatureObject } from "./signature/signature.ts";
import { taskData } from "./task.ts";

/** A call that its task rejected. */
export interface DeadLetter {
  /** That of the task. */
  readonly id: string;
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** Those of its call; times are gone. */
  readonly options: SignatureOptions;
  readonly error: WireError;
  /** By the clock of the worker. */
  readonly rejectedAt: Date;
  /** The worker's name. */
  readonly hostname: string;
}

/** Where letters are kept. */
export interface DeadLetterBox {
  /** Gives the letters, the latest first. */
  list(most: number): Promise<readonly DeadLetter[]>;
  find(id: string): Promise<DeadLetter | undefined>;
  /** Deletes a letter; false when there is none. */
  discard(id: string): Promise<boolean>;
}

/** How many letters `list` gives unless it is told. */
const LISTED = 100;

/** The rejected calls of an App. */
export class DeadLetters {
  readonly #app: App;

  constructor(app: App) {
    this.#app = app;
  }

  get #box(): Engine["deadLetters"] {
    return this.#app.engine.deadLetters;
  }

  /** Gives the calls that were rejected, the latest first. @param limit how many at most; 100 unless said */
  async list({ limit = LISTED }: { readonly limit?: number } = {}): Promise<readonly DeadLetter[]> {
    return await this.#box.list(limit);
  }

  /**
   * Sends a rejected call again, as a run of its own with a new id, and takes it off the list once it is stored. What
   * waited for the first call has failed with it, and does not run.
   * @throws UnknownTaskIdError for an id that is not on the list
   */
  async requeue(id: string): Promise<AsyncResult> {
    const letter = await this.#box.find(id);
    if (letter === undefined) throw unknownLetter(id);
    const { task, args, kwargs, options } = letter;
    const result = await new SignatureObject(taskData(task, args, kwargs, options), this.#app).delay();
    await this.#box.discard(id);
    return result;
  }

  /** Takes a call off the list, for good. @throws UnknownTaskIdError for an id that is not on the list */
  async discard(id: string): Promise<void> {
    if (!(await this.#box.discard(id))) throw unknownLetter(id);
  }
}

function unknownLetter(id: string): UnknownTaskIdError {
  return new UnknownTaskIdError(
    `no call with the id ${id} is in the dead-letter list: it was requeued, discarded, or never rejected; \`app.deadLetters.list()\` gives those that are`,
  );
}
