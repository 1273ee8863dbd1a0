/** The time of a memory broker. One rule: it decides every lease, delay and expiry there, as the clock of Redis does there. */
import type { Timers } from "../timers.ts";

/** A clock with timers. */
export interface Clock extends Timers {
  /** Epoch milliseconds. */
  now(): number;
}

/** The computer's own time. Its timers never keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (delayMs, call) => {
    const timer = setTimeout(call, delayMs).unref();
    return () => clearTimeout(timer);
  },
  every: (intervalMs, call) => {
    const timer = setInterval(call, intervalMs).unref();
    return () => clearInterval(timer);
  },
};
