/** Starts of tasks with a rate limit within this process. One rule: it decides as take-turn.lua does. */
import { horizonMs, type RateLimits } from "../rate-limits.ts";
import type { Clock } from "./clock.ts";

/** The turns of one task. */
interface Turns {
  last: number | undefined;
  /** Who waits, and when its turn is. */
  readonly waiting: Map<string, number>;
}

/** How long a turn is kept for whoever does not come, milliseconds. */
const KEPT_MS = 5000;

/** Turns in memory. */
export class MemoryRateLimits implements RateLimits {
  readonly #clock: Clock;
  readonly #byTask = new Map<string, Turns>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async take(task: string, who: string, intervalMs: number): Promise<number> {
    const now = this.#clock.now();
    const turns: Turns = this.#byTask.get(task) ?? { last: undefined, waiting: new Map() };
    this.#byTask.set(task, turns);
    const { waiting } = turns;
    for (const [other, at] of waiting) if (at < now - intervalMs - KEPT_MS) waiting.delete(other);
    let own = waiting.get(who);
    if (own === undefined) {
      const highest = Math.max(turns.last ?? Number.NEGATIVE_INFINITY, ...waiting.values());
      own = Math.max(now, highest + intervalMs);
      const horizon = horizonMs(intervalMs);
      if (own - now > horizon) return Math.ceil(horizon / 2);
      waiting.set(who, own);
    }
    const mine = own;
    const ahead = [...waiting.values()].filter((at) => at < mine).length;
    const at = Math.max(mine, (turns.last ?? Number.NEGATIVE_INFINITY) + (ahead + 1) * intervalMs);
    if (at > now) return Math.ceil(at - now);
    waiting.delete(who);
    turns.last = now;
    return 0;
  }
}
