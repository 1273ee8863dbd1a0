/** The nearest known name to one that is not known, for "did you mean". */
import { distance } from "fastest-levenshtein";

/** Gives the candidate that is nearest to `name`, or `undefined` when none is near enough to be meant. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const most = Math.max(1, Math.floor(name.length / 3));
  let best: string | undefined;
  let bestDistance = most + 1;
  for (const candidate of candidates) {
    const sameLetters = candidate.toLowerCase() === name.toLowerCase();
    const candidateDistance = sameLetters ? 0 : distanceWithSwaps(name, candidate, bestDistance - 1);
    if (candidateDistance < bestDistance) {
      best = candidate;
      bestDistance = candidateDistance;
    }
  }
  return best;
}

/** Gives `; did you mean "…"?` for the nearest candidate, or nothing. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const candidate = nearest(name, candidates);
  return candidate === undefined ? "" : `; did you mean \`${candidate}\`?`;
}

/**
 * How many letters must be put in, left out, changed, or swapped with their neighbour ("optimal string alignment").
 * Levenshtein's distance lacks the swap, so it is at most twice as much; beyond twice `most` it is given as it is.
 */
function distanceWithSwaps(left: string, right: string, most: number): number {
  const plain = distance(left, right);
  if (plain < 2 || plain > 2 * most) return plain;
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const isSame = left[row - 1] === right[column - 1];
      const isSwapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      current.push(
        Math.min(
          at(last, column) + 1,
          at(current, column - 1) + 1,
          at(last, column - 1) + (isSame ? 0 : 1),
          isSwapped ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    beforeLast = last;
    last = current;
  }
  return at(last, right.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
