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
  /** The node whose failure it follows from. */
  readonly cause?: number;
}

/** Gives the first revocation that a node is part of. */
export function revocationOf(revocations: readonly Revocation[], index: number): Revocation | undefined {
  let found: Revocation | undefined;
  for (const revocation of revocations) {
    const isIn = revocation.first <= index && index <= revocation.last;
    if (isIn && (found === undefined || revocation.number < found.number)) found = revocation;
  }
  return found;
}

/** Reads what is kept in Redis: `ranges` and nodes by themselves. */
export function readRevocations(fields: Readonly<Record<string, string>>): Revocation[] {
  const texts = Object.entries(fields).flatMap(([field, text]) => {
    if (field === "number" || field.startsWith("c")) return [];
    return field === "ranges" ? text.split(";").filter((range) => range !== "") : [`${field}:${field}:${text}`];
  });
  return texts.map((text) => {
    const [first, last, number, terminate, cause = ""] = text.split(":");
    return {
      first: Number(first),
      last: Number(last),
      number: Number(number),
      terminate: terminate === "1",
      ...(cause === "" ? {} : { cause: Number(cause) }),
    };
  });
}
