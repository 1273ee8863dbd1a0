/**
 * The steps of a run and how they stand, kept up to date by what a follower sees. One rule: a look costs as much as there
 * were changes; how large the run is matters only when its steps are made anew.
 */
import { type NodePhase, type PhaseChange, type RunFollower, type StepRow, stepRows } from "@umbel/canvas";

/** How many nodes of a step stand how. */
export type PhaseCounts = Readonly<Record<NodePhase, number>>;

/** One step of a run, or many that are alike. */
export interface Step {
  readonly row: StepRow;
  readonly total: number;
  readonly counts: PhaseCounts;
  /** How many of them have ended, well or not. */
  readonly ended: number;
  /** The next moment at which one of them is tried again, epoch milliseconds of the store. */
  readonly nextTryAt: number | undefined;
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
}

/** What is shown of a run. */
export interface Board {
  readonly steps: readonly Step[];
  readonly changes: readonly (PhaseChange & { readonly step: Step | undefined })[];
  /** The store's time, epoch milliseconds. */
  readonly now: number;
  readonly hasEnded: boolean;
}

/** More steps than this that are alike are one line. */
const MOST_ALIKE = 4;

/** Steps are made anew no more often than every so many times of what that costs. */
const MOST_SHARE = 20;

type Mutable<Kind> = { -readonly [Field in keyof Kind]: Kind[Field] };
type OpenStep = Mutable<Omit<Step, "counts" | "nextTryAt">> & {
  readonly counts: Record<NodePhase, number>;
  /** When each of those that wait for another try has it. */
  readonly tries: Map<number, number>;
  readonly nextTryAt: number | undefined;
};

/** What a board asks of a follower. */
export type Followed = Pick<RunFollower, "look" | "graph" | "phaseOf">;

/** Keeps the steps of one run. */
export class StepBoard {
  readonly #follower: Followed;
  #steps: OpenStep[] = [];
  readonly #stepOf: OpenStep[] = [];
  #byRow = new Map<StepRow, OpenStep>();
  #isStale = false;
  #makeAt = 0;

  constructor(follower: Followed) {
    this.#follower = follower;
  }

  /** Looks once more. @throws RunExpiredError when the run is not stored any more */
  async look(options?: { readonly all?: boolean }): Promise<Board> {
    const { changes, hasGrown, now, hasEnded } = await this.#follower.look(options);
    this.#isStale ||= hasGrown;
    const isNew = this.#isStale && (hasEnded || performance.now() >= this.#makeAt);
    for (const change of changes) this.#apply(change);
    if (isNew) this.#make(changes);
    return {
      steps: this.#steps,
      changes: changes.map((change) => ({ ...change, step: this.#stepOf[change.index] })),
      now,
      hasEnded,
    };
  }

  #make(changes: readonly PhaseChange[]): void {
    const began = performance.now();
    const times = this.#times();
    this.#byRow = new Map();
    this.#steps = stepRows(this.#follower.graph(), MOST_ALIKE).map((row) => {
      const step = emptyStep(row);
      const [index = -1] = row.indices;
      Object.assign(step, times.get(index));
      for (const each of row.indices) {
        const phase = this.#follower.phaseOf(each);
        step.counts[phase] += 1;
        if (isEnd(phase)) step.ended += 1;
        this.#stepOf[each] = step;
      }
      this.#byRow.set(row, step);
      return step;
    });
    for (const change of changes) this.#note(change);
    this.#isStale = false;
    this.#makeAt = performance.now() + (performance.now() - began) * MOST_SHARE;
  }

  /** When steps began and ended, by the first of their nodes. */
  #times(): ReadonlyMap<number, Partial<OpenStep>> {
    return new Map(
      this.#steps.map(({ row, startedAt, endedAt, tries }) => [row.indices[0] ?? -1, { startedAt, endedAt, tries }]),
    );
  }

  #apply(change: PhaseChange): void {
    const step = this.#stepOf[change.index];
    if (step === undefined) return;
    step.counts[change.from] -= 1;
    step.counts[change.to] += 1;
    if (isEnd(change.to)) step.ended += 1;
    this.#note(change);
  }

  #note({ index, to, at, dueAt }: PhaseChange): void {
    const step = this.#stepOf[index];
    if (step === undefined) return;
    if (to === "retrying" && dueAt !== undefined) step.tries.set(index, dueAt);
    else step.tries.delete(index);
    if (to === "waiting" || to === "uncalled" || to === "skipped") return;
    // What ended before anybody saw it begin began when what it waits for ended.
    const earliest = isEnd(to) ? (this.#endOf(step.row.after) ?? step.startedAt) : at;
    if (step.startedAt === undefined && earliest !== undefined) step.startedAt = Math.min(earliest, at);
    if (step.ended === step.total) step.endedAt = Math.max(step.endedAt ?? 0, at);
  }

  #endOf(row: StepRow | undefined): number | undefined {
    return row === undefined ? undefined : this.#byRow.get(row)?.endedAt;
  }
}

/** Whether a phase is the last of a node. */
export function isEnd(phase: NodePhase): boolean {
  return !["waiting", "queued", "running", "retrying"].includes(phase);
}

function emptyStep(row: StepRow): OpenStep {
  const tries = new Map<number, number>();
  return {
    row,
    total: row.indices.length,
    counts: {
      waiting: 0,
      queued: 0,
      running: 0,
      retrying: 0,
      succeeded: 0,
      failed: 0,
      revoked: 0,
      ignored: 0,
      skipped: 0,
      uncalled: 0,
    },
    ended: 0,
    startedAt: undefined,
    endedAt: undefined,
    tries,
    get nextTryAt() {
      let next: number | undefined;
      // There may be more than one call takes arguments.
      for (const dueAt of tries.values()) if (next === undefined || dueAt < next) next = dueAt;
      return next;
    },
  };
}
