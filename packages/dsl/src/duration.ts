/** A length of time as a value of the language. One rule: inside the language it is milliseconds, outside seconds. */

/** A length of time. */
export class Duration {
  readonly milliseconds: number;

  constructor(milliseconds: number) {
    this.milliseconds = milliseconds;
  }

  /** What tasks and options get. */
  get seconds(): number {
    return this.milliseconds / 1000;
  }

  /** As it is written: in the largest unit that gives a whole number. */
  toString(): string {
    for (const [unit, length] of UNITS) {
      const amount = this.milliseconds / length;
      if (Number.isInteger(amount) && amount !== 0) return `${amount}${unit}`;
    }
    return this.milliseconds === 0 ? "0s" : `${this.milliseconds}ms`;
  }
}

const UNITS: readonly (readonly [string, number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
  ["ms", 1],
];
