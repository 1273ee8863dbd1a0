/**
 * One process, as a memory broker sees it: a client, or a worker that may be made to crash. One rule: a process that
 * crashed does and hears nothing more, whatever of it still runs in truth.
 */
import type { Timers } from "../timers.ts";
import type { WorkSource } from "../work-source.ts";
import type { Clock } from "./clock.ts";
import type { Turns } from "./turns.ts";

/** A process within this one. */
export class MemoryProcess {
  readonly #clock: Clock;
  readonly #turns: Turns;
  readonly #sources: WorkSource[] = [];
  readonly #onCrash: (() => void) | undefined;
  #isGone = false;

  /** @param onCrash makes it a worker that may crash; called when it has */
  constructor(clock: Clock, turns: Turns, onCrash?: () => void) {
    this.#clock = clock;
    this.#turns = turns;
    this.#onCrash = onCrash;
  }

  /** Whether it is a worker that is there. */
  get canCrash(): boolean {
    return this.#onCrash !== undefined && !this.#isGone;
  }

  /** Ends it, and whatever it has on its way. Never resolves, as nothing does in a process that is gone. */
  async crash(): Promise<never> {
    if (!this.#isGone) {
      this.#isGone = true;
      for (const source of this.#sources) await source.close();
      this.#onCrash?.();
    }
    return await never();
  }

  /** Serves a queue as long as it lives. */
  own(source: WorkSource): WorkSource {
    this.#sources.push(source);
    return source;
  }

  /** Does something when its turn comes. */
  async step<Value>(call: () => Promise<Value>): Promise<Value> {
    const turn = this.#turns.take();
    if (turn !== undefined) await turn;
    if (this.#isGone) return await never();
    const value = await call();
    return this.#isGone ? await never() : value;
  }

  /** Timers that end with the process. @param count is told of each that is set (1) and that is over (-1) */
  timers(count: (change: 1 | -1) => void): Timers {
    const set = (begin: (call: () => void) => () => void, call: () => void, isOnce: boolean): (() => void) => {
      let isSet = true;
      const unset = (): void => {
        if (isSet) count(-1);
        isSet = false;
      };
      count(1);
      const cancel = begin(() => {
        if (isOnce) unset();
        if (!this.#isGone) call();
      });
      return () => {
        unset();
        cancel();
      };
    };
    return {
      after: (delayMs, call) => set((run) => this.#clock.after(delayMs, run), call, true),
      every: (intervalMs, call) => set((run) => this.#clock.every(intervalMs, run), call, false),
    };
  }
}

function never(): Promise<never> {
  return new Promise<never>(() => undefined);
}
