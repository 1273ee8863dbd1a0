/** "Did you mean", within bounds: on a broken file of any size it must not cost more than compiling it. */
import { nearest } from "@umbel/core";

const LONGEST_NAME = 64;
const MOST_CANDIDATES = 20_000;
const MOST_SUGGESTIONS = 50;

/** Suggests names until it has done so often enough. */
export class Suggester {
  #left = MOST_SUGGESTIONS;

  /** The candidate that may have been meant. */
  nearest(name: string, candidates: readonly string[]): string | undefined {
    if (this.#left === 0 || candidates.length > MOST_CANDIDATES) return undefined;
    this.#left -= 1;
    return nearestName(name, candidates);
  }
}

/** The candidate of a short list that may have been meant. */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  // Any letter is near to any other.
  if (name.length < 2 || name.length > LONGEST_NAME) return undefined;
  return nearest(
    name,
    candidates.filter((candidate) => candidate.length <= name.length * 2),
  );
}
