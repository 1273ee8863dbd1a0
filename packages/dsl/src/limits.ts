/** How much a flow may ask of the compiler. One rule: each limit has an error of its own, so none ends in a crash. */

/** The limits; each is an option of `compile` and `check`. */
export interface Limits {
  /** Bytes of one source, as UTF-8. */
  readonly sourceBytes: number;
  /** Open brackets, `${` and `if` in `then`. */
  readonly nesting: number;
  /** Expansions of a `def` inside one another. */
  readonly expansions: number;
  /** Tasks and groups after expansion. */
  readonly nodes: number;
  /** Items of one list or range. */
  readonly items: number;
  /** UTF-16 units of one string. */
  readonly stringLength: number;
  /** Steps of evaluation. */
  readonly steps: number;
  /** Levels of a value or a workflow, once names are put in. */
  readonly depth: number;
}

/** What holds unless the caller says otherwise. */
export const defaultLimits: Limits = {
  sourceBytes: 10 * 1024 * 1024,
  nesting: 100,
  expansions: 100,
  nodes: 1_000_000,
  items: 10_000_000,
  stringLength: 64 * 1024 * 1024,
  steps: 50_000_000,
  depth: 200,
};
