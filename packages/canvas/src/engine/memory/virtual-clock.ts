/**
 * Time that passes when it is told to, or when nothing else can happen. One rule: it never passes while a task runs or
 * something is on its way, so what takes no time takes none here.
 */
import type { Clock } from "./clock.ts";

/** What a clock must know of those who live by it. */
export interface Surroundings {
  /** Whether something goes on that needs no time to pass. */
  isBusy(): boolean;
  /** Whether anybody waits for what only time brings. */
  wantsTime(): boolean;
}

interface Timer {
  readonly dueAt: number;
  /** Timers that are due together are called in the order in which they were set. */
  readonly order: number;
  readonly call: () => void;
}

/** How many turns of the event loop without anything going on are taken for rest. */
const QUIET_TURNS = 3;

/** A clock for tests. */
export class VirtualClock implements Clock {
  readonly #jumps: boolean;
  /** By due time; the next is last. */
  readonly #timers: Timer[] = [];
  #surroundings: Surroundings = { isBusy: () => false, wantsTime: () => false };
  #now: number;
  #order = 0;
  #watch: NodeJS.Immediate | undefined;
  #quietTurns = 0;

  /** @param jumps whether time jumps by itself to what comes next, when nothing can happen before */
  constructor(startAt: number, jumps: boolean) {
    this.#now = startAt;
    this.#jumps = jumps;
  }

  /** Joins the clock to what lives by it. */
  live(surroundings: Surroundings): void {
    this.#surroundings = surroundings;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, call: () => void): () => void {
    this.#order += 1;
    const timer = { dueAt: this.#now + Math.max(0, delayMs), order: this.#order, call };
    this.#timers.splice(this.#placeOf(timer), 0, timer);
    this.poke();
    return () => {
      const place = this.#timers.indexOf(timer);
      if (place !== -1) this.#timers.splice(place, 1);
    };
  }

  every(intervalMs: number, call: () => void): () => void {
    let cancel = (): void => undefined;
    const repeat = (): void => {
      cancel = this.after(intervalMs, repeat);
      call();
    };
    cancel = this.after(intervalMs, repeat);
    return () => cancel();
  }

  /**
   * Lets time pass. What becomes due happens in its order, each with all that follows from it.
   * @param ms how long
   */
  async advance(ms: number): Promise<void> {
    const target = this.#now + ms;
    for (;;) {
      // While nobody waits for anything, the upkeep of idle workers needs no rest.
      if (this.#surroundings.isBusy() || this.#surroundings.wantsTime()) await this.settled();
      else await Promise.resolve();
      const next = this.#timers.at(-1);
      if (next === undefined || next.dueAt > target) break;
      this.#jump();
    }
    this.#now = Math.max(this.#now, target);
    await this.settled();
  }

  /** Resolves when nothing more happens without time passing. */
  async settled(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS; quiet += 1) {
      if (this.#surroundings.isBusy()) quiet = -1;
      await new Promise<void>((resolve) => void setImmediate(resolve));
    }
  }

  /** Tells that something ended or began, so that time may have to pass. */
  poke(): void {
    this.#quietTurns = 0;
    if (this.#jumps) this.#watch ??= setImmediate(() => this.#look());
  }

  #look(): void {
    this.#watch = undefined;
    // Whoever is busy pokes when that is over.
    if (this.#surroundings.isBusy() || !this.#surroundings.wantsTime()) return;
    this.#quietTurns += 1;
    if (this.#quietTurns > QUIET_TURNS) {
      this.#quietTurns = 0;
      if (!this.#jump()) return;
    }
    this.#watch ??= setImmediate(() => this.#look());
  }

  /** Moves to the next timer and calls it. */
  #jump(): boolean {
    const next = this.#timers.pop();
    if (next === undefined) return false;
    this.#now = Math.max(this.#now, next.dueAt);
    next.call();
    return true;
  }

  #placeOf(timer: Timer): number {
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#timers[middle];
      if (
        other !== undefined &&
        (other.dueAt > timer.dueAt || (other.dueAt === timer.dueAt && other.order > timer.order))
      )
        low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
