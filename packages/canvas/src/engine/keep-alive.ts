/**
 * Keeps the process alive only while somebody waits. One rule: sockets of clients never hold a process; what does is a
 * pending submit or get.
 */

/** The longest delay a timer takes; it never fires while anybody waits. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Counts what is pending. */
export class KeepAlive {
  #pending = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Whether anything is pending. */
  get isBusy(): boolean {
    return this.#pending > 0;
  }

  /** Holds the process until the promise settles, and gives what it gives. */
  async during<Value>(promise: Promise<Value>): Promise<Value> {
    this.#pending += 1;
    this.#timer ??= setInterval(() => undefined, LONGEST_TIMER_MS);
    try {
      return await promise;
    } finally {
      this.#pending -= 1;
      if (this.#pending === 0) {
        clearInterval(this.#timer);
        this.#timer = undefined;
      }
    }
  }
}
