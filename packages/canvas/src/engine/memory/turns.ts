/**
 * The order in which things happen in a memory broker. One rule: without a chance everything happens at once; with one,
 * whatever could happen next waits here, and one of all that wait is drawn for each turn.
 */
import type { Chance } from "./chance.ts";

/** Gives turns. */
export class Turns {
  readonly #chance: Chance | undefined;
  readonly #onRest: () => void;
  readonly #waiting: (() => void)[] = [];
  #isDrawing = false;

  /** @param onRest is told when nobody waits any more */
  constructor(chance: Chance | undefined, onRest: () => void) {
    this.#chance = chance;
    this.#onRest = onRest;
  }

  /** Whether somebody waits for a turn. */
  get isBusy(): boolean {
    return this.#waiting.length > 0;
  }

  /** Resolves when it is the caller's turn; `undefined` when nobody has to wait. */
  take(): Promise<void> | undefined {
    if (this.#chance === undefined) return undefined;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#isDrawing) return;
      this.#isDrawing = true;
      setImmediate(() => this.#draw());
    });
  }

  #draw(): void {
    const drawn = this.#chance?.below(this.#waiting.length) ?? 0;
    const last = this.#waiting.pop();
    const chosen = this.#waiting[drawn];
    if (chosen === undefined) last?.();
    else {
      if (last !== undefined) this.#waiting[drawn] = last;
      chosen();
    }
    this.#isDrawing = this.#waiting.length > 0;
    if (this.#isDrawing) setImmediate(() => this.#draw());
    else this.#onRest();
  }
}
