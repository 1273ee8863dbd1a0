/** Connections of clients never keep a process; a command that is in the middle of something does. */

/** The longest delay a timer takes. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Keeps the process until the work is done, and gives what it gives. */
export async function keepProcess<Value>(work: () => Promise<Value>): Promise<Value> {
  const timer = setInterval(() => undefined, LONGEST_TIMER_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
