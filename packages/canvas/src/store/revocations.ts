/**
 * What was revoked of a run: ranges of nodes, each with the number of its revocation. One rule: a revocation is never
 * taken back, so a node that is seen as REVOKED stays so.
 */

import { PAGE_SIZE } from "../graph/graph.ts";

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

/** Revocations that are looked for many times. */
export class RevocationIndex {
  /** Those that are on a few pages, by page. */
  readonly #byPage = new Map<number, Revocation[]>();
  readonly #others: Revocation[] = [];

  constructor(revocations: readonly Revocation[]) {
    for (const revocation of revocations) {
      const from = pageOf(revocation.first);
      const to = pageOf(revocation.last);
      if (to - from >= SHORT_RANGE) this.#others.push(revocation);
      else for (let page = from; page <= to; page += 1) this.#note(page, revocation);
    }
  }

  #note(page: number, revocation: Revocation): void {
    const known = this.#byPage.get(page);
    if (known === undefined) this.#byPage.set(page, [revocation]);
    else known.push(revocation);
  }

  /** Gives those that a node is part of. */
  of(index: number): readonly Revocation[] {
    return [...this.#others, ...(this.#byPage.get(pageOf(index)) ?? [])].filter(
      ({ first, last }) => first <= index && index <= last,
    );
  }
}

/** How many pages a range touches at most that is kept with each of them, as in `revoked.lua`. */
const SHORT_RANGE = 8;

function pageOf(index: number): number {
  return Math.floor(index / PAGE_SIZE);
}

/** Reads what is kept in Redis: nodes by themselves, `ranges`, and what stands with each page that it touches. */
export function readRevocations(fields: Readonly<Record<string, string>>): Revocation[] {
  const texts = new Set<string>();
  for (const [field, text] of Object.entries(fields)) {
    if (/^\d/.test(field)) texts.add(`${field}:${field}:${text}`);
    else if (field.startsWith("r")) for (const range of text.split(";")) if (range !== "") texts.add(range);
  }
  return [...texts].map((text) => {
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
