/**
 * How many jobs of one queue may be here at once, over all of its shards. One rule: whichever shard waits longest looks
 * first when there is room.
 */

/** The seats of one queue at one worker. */
export class JobSeats {
  #limit: number;
  /** Of jobs that are here, and of shards that ask whether there is one. */
  #taken = 0;
  #asking = 0;
  #shards = 0;
  /** Shards that wait for room, who waits longest first. */
  readonly #waiting = new Map<object, () => void>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Counts a shard that takes seats. */
  join(): void {
    this.#shards += 1;
  }

  /** Whether one more job may be taken. */
  get hasRoom(): boolean {
    return this.#taken < this.#limit;
  }

  /** Whether no more jobs are here than may be. */
  get isWithin(): boolean {
    return this.#taken <= this.#limit;
  }

  /** Whether another shard waits for room. */
  isAwaitedBeside(shard: object): boolean {
    return this.#waiting.size > (this.#waiting.has(shard) ? 1 : 0);
  }

  /** Says how many jobs may be here at once from now on. */
  limit(jobs: number): void {
    this.#limit = jobs;
    this.#tell();
  }

  /**
   * Takes a seat, to ask for a job; false when others have them all. One shard alone always has one: it looked before it
   * waited, and then has a job that it may as well keep.
   */
  async take(shard: object): Promise<boolean> {
    while (this.#shards > 1 && !this.hasRoom) {
      if (this.#asking === 0) return false;
      await this.room(shard);
    }
    this.#taken += 1;
    this.#asking += 1;
    return true;
  }

  /** Says whether there was a job; without one the seat is free again. */
  asked(hasJob: boolean): void {
    this.#asking -= 1;
    if (!hasJob) this.#taken -= 1;
    this.#tell();
  }

  /** Gives the seat of a job back. */
  leave(): void {
    this.#taken -= 1;
    this.#tell();
  }

  /** Resolves when there may be room. */
  async room(shard: object): Promise<void> {
    await new Promise<void>((resolve) => void this.#waiting.set(shard, resolve));
  }

  /** Wakes a shard that waits for room. */
  wake(shard: object): void {
    this.#waiting.get(shard)?.();
    this.#waiting.delete(shard);
  }

  /** They look in the order in which they came, and who finds no room waits again in that order. */
  #tell(): void {
    if (this.#waiting.size === 0) return;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}
