/**
 * How long somebody waits. One rule: it holds for all that is waited for one after another, from the connection to the
 * result, and says which of them it was that did not come.
 */
import { TimeoutError, type WaitLimits } from "@umbel/core";
import { deferred } from "./deferred.ts";
import { systemTimers, type Timers } from "./timers.ts";

/** Node ends a longer timer at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The limits of one wait. Whoever makes one ends it. */
export class Deadline {
  readonly #limits: WaitLimits;
  /** Each rejects something that is waited for now. */
  readonly #waiting = new Set<() => void>();
  #cancelTimer: (() => void) | undefined;
  #timers: Timers = systemTimers;
  #isOver = false;

  constructor(limits: WaitLimits) {
    this.#limits = limits;
    limits.signal?.addEventListener("abort", this.#stop, { once: true });
    this.#setTimer();
  }

  /** Goes on by other timers. Where these move by themselves, no time has passed before. */
  useTimers(timers: Timers): void {
    if (timers === this.#timers || this.#isOver) return;
    this.#cancelTimer?.();
    this.#timers = timers;
    this.#setTimer();
  }

  /**
   * Waits for a promise, no longer than the limits allow.
   * @param late what the TimeoutError says that came too late
   */
  async within<Value>(promise: Promise<Value>, late: (timeoutMs: number) => string): Promise<Value> {
    if (this.#limits.timeoutMs === undefined && this.#limits.signal === undefined) return await promise;
    const answer = deferred<Value>();
    const stop = (): void => {
      const { signal, timeoutMs = 0 } = this.#limits;
      answer.reject(signal?.aborted === true ? signal.reason : new TimeoutError(late(timeoutMs)));
    };
    this.#waiting.add(stop);
    promise.then(answer.resolve, answer.reject);
    if (this.#isOver || this.#limits.signal?.aborted === true) stop();
    try {
      return await answer.promise;
    } finally {
      this.#waiting.delete(stop);
    }
  }

  /** Lets go of timer and signal. Safe to repeat. */
  end(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#limits.signal?.removeEventListener("abort", this.#stop);
  }

  #setTimer(): void {
    const { timeoutMs } = this.#limits;
    if (timeoutMs !== undefined) {
      this.#cancelTimer = this.#timers.after(Math.min(timeoutMs, LONGEST_TIMER_MS), this.#stop);
    }
  }

  readonly #stop = (): void => {
    this.#isOver = true;
    for (const stop of this.#waiting) stop();
  };
}
