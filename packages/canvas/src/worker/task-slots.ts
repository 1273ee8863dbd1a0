/**
 * How many tasks run at once, and how much more work may be taken. One rule: tasks of all slices share the slots, so that a
 * long slice runs as many at once as short ones do.
 */

/** Nodes that would have to wait longer than this for a slot are better left to other workers, milliseconds. */
export const LONGEST_WAIT_MS = 20;

/** How many nodes may wait for a slot, however fast the tasks are. */
const MOST_WAITING = 256;

/** The slots of one worker. */
export class TaskSlots {
  readonly #count: number;
  readonly #onChange: () => void;
  readonly #waiting: (() => void)[] = [];
  #free: number;
  /** Nodes that were taken from a queue and have neither ended nor been given back. */
  #backlog = 0;
  #ended = 0;
  /** How many tasks ended within the longest wait, lately. */
  #pace = 0;
  #measuredAt = performance.now();
  #endedThen = 0;

  /** @param count how many tasks run at once  @param onChange is told when more or less work may be taken */
  constructor(count: number, onChange: () => void) {
    this.#count = count;
    this.#free = count;
    this.#onChange = onChange;
  }

  /** How many more nodes may be taken from queues: those that find a slot soon. */
  get room(): number {
    return Math.max(0, this.#count + Math.min(this.#pace, MOST_WAITING) - this.#backlog);
  }

  /** How many nodes wait for a slot. */
  get waiting(): number {
    return this.#backlog - (this.#count - this.#free);
  }

  /** How many tasks have ended so far. */
  get ended(): number {
    return this.#ended;
  }

  /** Counts nodes that were taken from a queue, or with a negative number those that will not run here. */
  expect(change: number): void {
    if (change === 0) return;
    this.#backlog += change;
    this.#onChange();
  }

  /** Takes a slot; `undefined` when there is a free one. */
  take(): Promise<void> | undefined {
    if (this.#free > 0) {
      this.#free -= 1;
      return undefined;
    }
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  /** Gives a slot back whose task has ended. */
  leave(): void {
    this.#ended += 1;
    this.#backlog -= 1;
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
    this.#measure();
    this.#onChange();
  }

  #measure(): void {
    const elapsed = performance.now() - this.#measuredAt;
    if (elapsed < LONGEST_WAIT_MS) return;
    this.#pace = Math.floor(((this.#ended - this.#endedThen) * LONGEST_WAIT_MS) / elapsed);
    this.#measuredAt += elapsed;
    this.#endedThen = this.#ended;
  }
}
