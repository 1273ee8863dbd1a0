/**
 * Handles on results. One rule: a handle holds an id and an engine and nothing else, so it can be made from an id
 * anywhere. Methods that ask the store are async; a handle is never thenable, a Submission is.
 */
import { type TimeoutOptions, timeoutInMs } from "./duration.ts";
import type { Engine, ResultRecord, SubmittedRun } from "./engine.ts";
import { TaskRevokedError } from "./errors.ts";
import { decodeError } from "./serialization/error.ts";
import { isReady, type State } from "./states.ts";

/** How long, and how, to wait for a result. */
export interface GetOptions extends TimeoutOptions {
  /** Ends the waiting (not the run); `get` then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** With `false` the error is returned instead of thrown. */
  propagate?: boolean;
}

/** The result of a task, of a chain's last step or of a chord's body, here or not yet. */
export class AsyncResult<out Result = unknown> {
  readonly id: string;
  readonly #engine: Engine;

  constructor(id: string, engine: Engine) {
    this.id = id;
    this.#engine = engine;
  }

  /** Reads the state. An id that nobody knows is PENDING, as in Celery. */
  async state(): Promise<State> {
    return (await this.#engine.read(this.id)).state;
  }

  /** Reads the value, the error, or what the task has told with a state of its own; `undefined` when there is nothing yet. */
  async info(): Promise<unknown> {
    const record = await this.#engine.read(this.id);
    if (record.state === "SUCCESS") return record.value;
    return record.error === undefined ? record.info : decodeError(record.error);
  }

  /** Whether it has ended, well or not. */
  async ready(): Promise<boolean> {
    return isReady(await this.state());
  }

  /** Whether it has ended well. */
  async successful(): Promise<boolean> {
    return (await this.state()) === "SUCCESS";
  }

  /** Whether it has failed. */
  async failed(): Promise<boolean> {
    return (await this.state()) === "FAILURE";
  }

  /**
   * Waits for the end and gives the result. Throws the error of the step that failed; a chord's body that did not run
   * because of its header throws the header member's own error (the stored one is a ChordError).
   * @throws TimeoutError when `timeout` passes first; the run goes on
   */
  async get(options: GetOptions = {}): Promise<Result> {
    const timeoutMs = timeoutInMs(options);
    const record = await this.#engine.wait(this.id, {
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    if (record.state === "SUCCESS") return record.value as Result;
    if (record.state === "IGNORED") return undefined as Result;
    const error = errorOf(record, this.id);
    // Celery's `propagate=False` returns what it would have raised; so the type of the value is a matter of that flag.
    if (options.propagate === false) return error as Result;
    throw error;
  }

  toString(): string {
    return this.id;
  }
}

/** The result of a group: the ordered list of its members' results. */
export class GroupResult<out Results extends readonly unknown[] = readonly unknown[]> extends AsyncResult<Results> {}

function errorOf(record: ResultRecord, id: string): Error {
  const wire = record.raised ?? record.error;
  return wire === undefined ? new TaskRevokedError(`task ${id} was revoked`) : decodeError(wire);
}

/**
 * A call on its way. Awaiting it gives the handle once the run is stored; `id` and `get()` work at once.
 * A submission that fails and that nobody awaits is an unhandled rejection, as with any promise.
 */
export class Submission<out Handle extends AsyncResult> implements PromiseLike<Handle> {
  readonly #handle: Handle;
  readonly #stored: Promise<void>;

  constructor(handle: Handle, stored: Promise<void>) {
    this.#handle = handle;
    this.#stored = stored;
  }

  /** The id of the result; known before anything is sent. */
  get id(): string {
    return this.#handle.id;
  }

  /** Its id, as a handle prints too. */
  toString(): string {
    return this.id;
  }

  /** Waits until the run is stored, and then for its result. @see AsyncResult.get */
  async get(options: GetOptions = {}): Promise<Handle extends AsyncResult<infer Result> ? Result : never> {
    await this.#stored;
    return (await this.#handle.get(options)) as Handle extends AsyncResult<infer Result> ? Result : never;
  }

  // biome-ignore lint/suspicious/noThenProperty: awaiting a submission is what it is for
  then<Fulfilled = Handle, Rejected = never>(
    onFulfilled?: ((handle: Handle) => Fulfilled | PromiseLike<Fulfilled>) | null,
    onRejected?: ((reason: unknown) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<Fulfilled | Rejected> {
    return this.#stored.then(() => this.#handle).then(onFulfilled, onRejected);
  }
}

/** Makes the submission of a run that an engine has taken. */
export function submissionOf(run: SubmittedRun, engine: Engine): Submission<AsyncResult> {
  const handle = run.isGroup ? new GroupResult(run.resultId, engine) : new AsyncResult(run.resultId, engine);
  return new Submission(handle, run.stored);
}
