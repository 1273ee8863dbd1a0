/** What a memory broker lets go wrong, by chance. One rule: whatever goes wrong here can go wrong on Redis too. */
import { Chance } from "./chance.ts";

/** How likely each fault is each time it could happen, 0 to 1. */
export interface Faults {
  /** A slice is delivered once more, at once or some seconds later. */
  readonly duplicateDelivery?: number;
  /** A slice is delivered to another worker while it runs, and the one that runs it is taken for lost. */
  readonly redeliveryWhileRunning?: number;
  /** A worker's process ends after a task and before its end is stored. */
  readonly crashBeforeSettle?: number;
  /** A worker's process ends when a task's end is stored, before what follows is dispatched. */
  readonly crashBeforeDispatch?: number;
  /** News of a result is lost. */
  readonly lostNews?: number;
  /** How many crashes there are at most; 2 unless said, since a task that loses three workers fails. */
  readonly mostCrashes?: number;
}

/** Draws faults. */
export class FaultSource {
  readonly #faults: Faults;
  readonly #chance: Chance;
  #crashesLeft: number;

  constructor(faults: Faults, chance: Chance) {
    this.#faults = faults;
    this.#chance = chance;
    this.#crashesLeft = faults.mostCrashes ?? 2;
  }

  crashesBeforeSettle(): boolean {
    return this.#crashes(this.#faults.crashBeforeSettle);
  }

  crashesBeforeDispatch(): boolean {
    return this.#crashes(this.#faults.crashBeforeDispatch);
  }

  losesNews(): boolean {
    return this.#chance.happens(this.#faults.lostNews ?? 0);
  }

  /** Whether a living worker is taken for lost. */
  mistakesForLost(): boolean {
    // Counted as a crash: the store counts it against the task in the same way.
    return this.#crashes(this.#faults.redeliveryWhileRunning);
  }

  /** The milliseconds after which a slice is delivered once more, if it is. */
  duplicateAfterMs(): number | undefined {
    const { duplicateDelivery = 0, redeliveryWhileRunning = 0 } = this.#faults;
    if (!this.#chance.happens(Math.max(duplicateDelivery, redeliveryWhileRunning))) return undefined;
    return this.#chance.happens(0.5) ? 0 : this.#chance.below(5000);
  }

  #crashes(probability = 0): boolean {
    if (this.#crashesLeft === 0 || !this.#chance.happens(probability)) return false;
    this.#crashesLeft -= 1;
    return true;
  }
}

/** A source of no faults. */
export function noFaults(): FaultSource {
  return new FaultSource({}, new Chance(0));
}
