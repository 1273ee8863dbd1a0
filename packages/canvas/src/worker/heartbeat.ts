/** The sign of life of one worker process. One rule: it is given as long as the process lives, and taken back when it ends. */
import type { LifeSigns, WorkerInfo } from "../engine/life-signs.ts";
import type { Timers } from "../engine/timers.ts";

/** How many signs of life there are to one renewal of the name, which is kept much longer. */
const BEATS_A_NAME = 4;

/** Gives signs of life while the process lives. */
export class Heartbeat {
  readonly #signs: LifeSigns;
  readonly #timers: Timers;
  readonly #incarnation: string;
  readonly #lostAfterMs: number;
  readonly #about: WorkerInfo;
  #beats = 0;
  #stopBeating: (() => void) | undefined;

  /** @param lostAfterMs how long after its last sign of life a process counts as lost */
  constructor(
    signs: LifeSigns,
    timers: Timers,
    { incarnation, about, lostAfterMs }: { incarnation: string; about: WorkerInfo; lostAfterMs: number },
  ) {
    this.#signs = signs;
    this.#timers = timers;
    this.#incarnation = incarnation;
    this.#about = about;
    this.#lostAfterMs = lostAfterMs;
  }

  /** Resolves when the first sign is given; only then may the process claim anything. */
  async start(onError: (error: unknown) => void): Promise<void> {
    await this.#beat();
    this.#stopBeating = this.#timers.every(this.#lostAfterMs / 3, () => void this.#beat().catch(onError));
  }

  /** Ends it at once, so that nobody waits for what this process will not do. */
  async stop(): Promise<void> {
    this.#stopBeating?.();
    await this.#signs.end(this.#incarnation);
  }

  async #beat(): Promise<void> {
    if (this.#beats % BEATS_A_NAME === 0) await this.#signs.name(this.#incarnation, this.#about.name);
    this.#beats += 1;
    await this.#signs.give(this.#incarnation, this.#lostAfterMs, this.#about);
  }
}
