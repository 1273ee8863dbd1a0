/** Lets other things happen between tasks. One rule: slices follow each other without a pause, so the whole worker has one clock. */

/** How long tasks may hold the event loop one after another, milliseconds. */
const LONGEST_BREATH_MS = 10;

/** The clock of one worker. */
export class Breath {
  #since = performance.now();
  #pause: Promise<void> | undefined;

  /** Resolves when others have had their turn; `undefined` when they had it not long ago. */
  take(): Promise<void> | undefined {
    if (this.#pause !== undefined) return this.#pause;
    if (performance.now() - this.#since < LONGEST_BREATH_MS) return undefined;
    this.#pause = new Promise((resolve) => {
      setImmediate(() => {
        this.#since = performance.now();
        this.#pause = undefined;
        resolve();
      });
    });
    return this.#pause;
  }
}
