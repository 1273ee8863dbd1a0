/**
 * What was revoked of a run: ranges of nodes, each with the number of its revocation. One rule: a revocation is never
 * taken back, so a node that is seen as REVOKED stays so.
 */

/** Nodes that were revoked together. */
export interface Revocation {
  readonly first: number;
  readonly last: number;
  /** Counts the run's revocations, from 1. */
  readonly number: number;
  /** Whether attempts that run are to be ended too. */
  readonly terminate: boolean;
}

/** Gives the number of the first revocation that a node is part of. */
export function revocationOf(revocations: readonly Revocation[], index: number): number | undefined {
  let least: number | undefined;
  for (const { first, last, number } of revocations) {
    if (first <= index && index <= last && (least === undefined || number < least)) least = number;
  }
  return least;
}

/** Reads what is kept in Redis: `ranges` and nodes by themselves. */
export function readRevocations(fields: Readonly<Record<string, string>>): Revocation[] {
  const texts = Object.entries(fields).flatMap(([field, text]) => {
    if (field === "number" || field.startsWith("c")) return [];
    return field === "ranges" ? text.split(";").filter((range) => range !== "") : [`${field}:${field}:${text}`];
  });
  return texts.map((text) => {
    const [first = 0, last = 0, number = 0, terminate] = text.split(":").map(Number);
    return { first, last, number, terminate: terminate === 1 };
  });
}
