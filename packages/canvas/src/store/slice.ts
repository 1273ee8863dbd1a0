/** Where the nodes of a slice stand. One rule: a node is in one slice at a time, so a slice's key names it. */

/** `count` nodes from `first`, `stride` apart; all of them are on one page. */
export interface SliceRange {
  readonly first: number;
  readonly count: number;
  readonly stride: number;
}

/**
 * The field under which a slice is in flight. A slice of one node has a field of its own even where it begins as a longer
 * one does: a node that is tried again leaves its slice while the others go on.
 */
export function sliceKey({ first, count }: Pick<SliceRange, "first" | "count">): string {
  return count === 1 ? String(first) : `${first}x`;
}

/** The nodes of a slice. */
export function sliceIndices({ first, count, stride }: SliceRange): number[] {
  return Array.from({ length: count }, (_, offset) => first + offset * stride);
}

/** A slice of one node. */
export function single(first: number): SliceRange {
  return { first, count: 1, stride: 1 };
}

/** Writes the start token of a slice. @param suffix what follows the place in the token */
export function startToken(kind: "t" | "s", { first, count, stride }: SliceRange, suffix: string): string {
  return `${kind}${first}${count === 1 ? "" : `x${count}/${stride}`}${suffix}`;
}

/** The task of a start token that starts at once; `undefined` for a group, and for one with times behind its place. */
export function plainTaskIndex(token: string): number | undefined {
  if (!token.startsWith("t")) return undefined;
  // Cheaper than an expression, and asked with each call and each step of a chain. What follows an index is no number with it.
  const index = Number(token.slice(1));
  return Number.isInteger(index) ? index : undefined;
}

/**
 * Tokens and generations of a run that was resumed begin at a multiple of this, so that none of before is ever as large: what
 * is late from then is refused. The scripts know it too (revoked.lua).
 */
export const NUMBERS_AN_EPOCH = 1_000_000;

/** How often a run had been resumed when a slice got this generation, or token. */
export function epochOf(generation: number): number {
  return Math.floor(generation / NUMBERS_AN_EPOCH);
}
