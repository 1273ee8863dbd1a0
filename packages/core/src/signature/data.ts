/**
 * The data behind a signature: plain, frozen in meaning, the same in memory and in JSON. One rule: nothing here acts;
 * what a chain or a chord *means* is decided where it is compiled (the canvas package).
 */
import type { SignatureOptions } from "../options.ts";

/** What every kind of signature may carry. A field that says nothing is absent, never `undefined` or empty. */
interface SignatureCommon {
  /** Positional arguments; those of a call come in front of them. Of a composite: for the tasks that start it. */
  readonly args?: readonly unknown[];
  /** Arguments by name; those of a call win. */
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly options?: SignatureOptions;
  /** An immutable signature takes neither a result from before nor the arguments of a call. */
  readonly immutable?: true;
}

/** The call of one task. */
export interface TaskData extends SignatureCommon {
  readonly kind: "task";
  readonly task: string;
}

/** Steps that run one after another, each given the result of the one before. */
export interface ChainData extends SignatureCommon {
  readonly kind: "chain";
  readonly steps: readonly SignatureData[];
}

/** Members that run side by side; its value is the list of their results, in order. */
export interface GroupData extends SignatureCommon {
  readonly kind: "group";
  readonly members: readonly SignatureData[];
  /**
   * Set on groups read from Celery's own JSON: inside a chain such a group of one is its member, and an empty one is
   * skipped (SEMANTICS of Celery 5.6). Groups of our own API and language always give a list.
   */
  readonly unroll?: true;
}

/** A header group and the body that gets the list of its results. */
export interface ChordData extends SignatureCommon {
  readonly kind: "chord";
  readonly header: GroupData;
  readonly body: SignatureData;
}

/** One task called for each item, in one job. `starmap` spreads each item over the positional parameters. */
export interface MapData extends SignatureCommon {
  readonly kind: "map" | "starmap";
  readonly task: string;
  readonly items: readonly unknown[];
}

/** A group of starmaps over `size` items each; the last may be shorter. */
export interface ChunksData extends SignatureCommon {
  readonly kind: "chunks";
  readonly task: string;
  readonly items: readonly unknown[];
  readonly size: number;
}

/** Runs `member` once for every item of the list that arrives, at most `limit` at a time. */
export interface EachData extends SignatureCommon {
  readonly kind: "each";
  readonly member: SignatureData;
  readonly limit?: number;
}

/** Any signature, as data. */
export type SignatureData = TaskData | ChainData | GroupData | ChordData | MapData | ChunksData | EachData;

/** The word for what a signature is. */
export type SignatureKind = SignatureData["kind"];
