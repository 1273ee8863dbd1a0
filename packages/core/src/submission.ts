/** A call on its way. One rule: it is a promise of its handle, and what can be done without the handle can be done at once. */
import type { Engine, ResultReference, RevokeOptions, RevokeReply, SubmittedRun } from "./engine.ts";
import { type AsyncResult, type GetOptions, getResult, handleOf } from "./result.ts";

/**
 * A call on its way. Awaiting it gives the handle once the run is stored; `id` and `get()` work at once.
 * A submission that fails and that nobody awaits is an unhandled rejection, as with any promise.
 */
export class Submission<out Handle extends AsyncResult> implements PromiseLike<Handle> {
  #handle: Handle;
  readonly #stored: SubmittedRun["stored"];
  readonly #engine: Engine;
  /** @internal Whether somebody hears of its failure. */
  isAwaited = false;

  constructor(handle: Handle, stored: SubmittedRun["stored"], engine: Engine) {
    this.#handle = handle;
    this.#stored = stored;
    this.#engine = engine;
  }

  /** The id of the result; known before anything is sent. Of a call with `deduplication`: once it was awaited. */
  get id(): string {
    return this.#handle.id;
  }

  /** Its id, as a handle prints too. */
  toString(): string {
    return this.id;
  }

  /** Waits until the run is stored, and then for its result. @see AsyncResult.get */
  async get(options: GetOptions = {}): Promise<Handle extends AsyncResult<infer Result> ? Result : never> {
    this.isAwaited = true;
    const value = await getResult(this.#engine, this.id, options, this.#stored);
    return value as Handle extends AsyncResult<infer Result> ? Result : never;
  }

  /** Waits until the run is stored, and revokes. @see AsyncResult.revoke */
  async revoke(options: RevokeOptions = {}): Promise<RevokeReply> {
    this.isAwaited = true;
    return await this.#standing(await this.#stored).revoke(options);
  }

  /** @internal Waits until it is stored, or gives why it is not. */
  async settled(): Promise<{ readonly reason: unknown } | undefined> {
    return await this.#stored.then(
      () => undefined,
      (reason: unknown) => ({ reason }),
    );
  }

  // biome-ignore lint/suspicious/noThenProperty: awaiting a submission is what it is for
  then<Fulfilled = Handle, Rejected = never>(
    onFulfilled?: ((handle: Handle) => Fulfilled | PromiseLike<Fulfilled>) | null,
    onRejected?: ((reason: unknown) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<Fulfilled | Rejected> {
    this.isAwaited = true;
    return this.#stored.then((earlier) => this.#standing(earlier)).then(onFulfilled, onRejected);
  }

  /** The handle of this call, or of the one before it with its key. */
  #standing(earlier: ResultReference | undefined): Handle {
    // What both begin with is the same task; that they give the same is what their sender says by the key.
    if (earlier !== undefined) this.#handle = handleOf(earlier, this.#engine) as Handle;
    return this.#handle;
  }
}

/** Makes the submission of a run that an engine has taken. */
export function submissionOf({ resultId, isGroup, stored }: SubmittedRun, engine: Engine): Submission<AsyncResult> {
  return new Submission(handleOf({ id: resultId, isGroup }, engine), stored, engine);
}
