/** Waiting. One rule: whoever waits for time asks these timers, so that time can be made to pass by tests. */

/** Calls things later. */
export interface Timers {
  /** Calls once; gives what prevents it. */
  after(delayMs: number, call: () => void): () => void;
  /** Calls again and again; gives what ends it. */
  every(intervalMs: number, call: () => void): () => void;
}

/** Node's own timers; they keep the process alive. */
export const systemTimers: Timers = {
  after: (delayMs, call) => {
    const timer = setTimeout(call, delayMs);
    return () => clearTimeout(timer);
  },
  every: (intervalMs, call) => {
    const timer = setInterval(call, intervalMs);
    return () => clearInterval(timer);
  },
};
