/**
 * Runs the nodes of one slice, as many at once as there are slots. One rule: a node that has waited for too long goes back
 * to the queue, for somebody who has time for it.
 */
import type { RunKey } from "@umbel/core";
import type { Timers } from "../engine/timers.ts";
import type { Settlement } from "../store/graph-store.ts";
import type { SliceRange } from "../store/slice.ts";
import type { Breath } from "./breath.ts";
import { allEnded, handled } from "./endings.ts";
import type { NodeEnd, NodeRunner, RunningSlice } from "./run-node.ts";
import { LONGEST_WAIT_MS, type TaskSlots } from "./task-slots.ts";

/** What a SliceRun is made of. */
export interface SliceRunParts {
  readonly nodes: NodeRunner;
  readonly slots: TaskSlots;
  readonly breath: Breath;
  readonly timers: Timers;
  /** Aborted when the worker is ended at once. */
  readonly ended: AbortSignal;
  /** Whether this worker takes nothing new any more. */
  readonly isClosing: () => boolean;
  /** What gives back the waiting nodes of each slice that is here. */
  readonly cuts: Set<() => void>;
  readonly giveBack: (parts: readonly SliceRange[]) => Promise<void>;
}

/** A slice that is being run. */
export class SliceRun {
  /** Resolves when all of its nodes have begun or were given back. */
  readonly begun: Promise<void>;
  /** Resolves when its nodes have been running for a while. */
  readonly late: Promise<void>;
  /** Resolves when all that it was has ended. */
  readonly all: Promise<void>;
  readonly #parts: SliceRunParts;
  readonly #runKey: RunKey;
  readonly #slice: RunningSlice & SliceRange;
  readonly #waiting: number[];
  /** What is on its way: settlements, what is given back, and nodes that go on along their chains. */
  readonly #ends: Promise<void>[] = [];
  /** Nodes that have ended and that nothing follows here; they are settled together. */
  #ended: Settlement[] = [];
  /** Nodes that have begun and not ended. */
  #open = 0;
  /** Called when none is. */
  #onNoneOpen = (): void => undefined;
  #isSettling = false;
  #stopTimer = (): void => undefined;

  /** @param waiting the nodes that are to be run */
  constructor(parts: SliceRunParts, runKey: RunKey, slice: RunningSlice & SliceRange, waiting: readonly number[]) {
    this.#parts = parts;
    this.#runKey = runKey;
    this.#slice = slice;
    this.#waiting = [...waiting];
    this.late = new Promise((resolve) => this.#look(resolve));
    this.begun = this.#begin();
    this.all = this.begun.then(() => this.#finish()).finally(() => this.#stopTimer());
  }

  #look(onLate: () => void): void {
    const { slots, timers, ended } = this.#parts;
    const { ended: endedBefore } = slots;
    this.#stopTimer = timers.after(LONGEST_WAIT_MS, () => {
      // Those that wait will have a slot soon if as many tasks have ended in the meantime.
      if (!ended.aborted && slots.waiting > slots.ended - endedBefore) this.#cut();
      if (this.#waiting.length > 0 && !ended.aborted) this.#look(onLate);
      onLate();
    });
  }

  readonly #cut = (): void => {
    const rest = this.#waiting.splice(0);
    if (rest.length > 0) this.#ends.push(handled(this.#parts.giveBack(halves(rest, this.#slice.stride))));
  };

  async #begin(): Promise<void> {
    const { slots, breath, cuts, isClosing } = this.#parts;
    cuts.add(this.#cut);
    try {
      for (let index = this.#waiting.shift(); index !== undefined; index = this.#waiting.shift()) {
        const slot = slots.take();
        if (slot !== undefined) {
          this.#settle();
          await slot;
        }
        this.#run(index);
        if (isClosing()) this.#cut();
        const pause = breath.take();
        if (pause === undefined) continue;
        this.#settle();
        await pause;
      }
    } finally {
      this.#settle();
      cuts.delete(this.#cut);
    }
  }

  #run(index: number): void {
    const ran = this.#parts.nodes.run(this.#runKey, this.#slice, index, undefined);
    if (!(ran instanceof Promise)) {
      this.#end(index, ran);
      return;
    }
    this.#open += 1;
    ran.then(
      (end) => {
        this.#end(index, end);
        this.#settleSoon();
        this.#close();
      },
      () => {
        // Its error is one of those that end the slice.
        this.#ends.push(handled(ran.then(() => undefined)));
        this.#close();
      },
    );
  }

  #close(): void {
    this.#open -= 1;
    if (this.#open === 0) this.#onNoneOpen();
  }

  #end(index: number, end: NodeEnd): void {
    const { nodes } = this.#parts;
    if (nodes.mayGoOn(end)) {
      this.#ends.push(handled(nodes.goOn(this.#runKey, this.#slice, index, end)));
      return;
    }
    const { first, count, token } = this.#slice;
    this.#ended.push({ first, count, index, token, outcome: end.outcome, node: end.node });
  }

  /** Settles what ends by the end of this turn. */
  #settleSoon(): void {
    if (this.#isSettling || this.#ended.length === 0) return;
    this.#isSettling = true;
    void Promise.resolve().then(() => {
      this.#isSettling = false;
      this.#settle();
    });
  }

  #settle(): void {
    if (this.#ended.length === 0) return;
    this.#ends.push(handled(this.#parts.nodes.settleAll(this.#runKey, this.#ended)));
    this.#ended = [];
  }

  /** Resolves when all that has begun has ended, and its end is stored. @throws the first error */
  async #finish(): Promise<void> {
    if (this.#open > 0) {
      await new Promise<void>((resolve) => {
        this.#onNoneOpen = resolve;
      });
    }
    this.#settle();
    await allEnded(this.#ends);
  }
}

/** A stretch of waiting nodes in two parts, so that it is dealt out ever more finely while nobody has time for it. */
function halves(indices: readonly number[], stride: number): SliceRange[] {
  const middle = Math.ceil(indices.length / 2);
  return [indices.slice(0, middle), indices.slice(middle)].flatMap((part) =>
    part[0] === undefined ? [] : [{ first: part[0], count: part.length, stride }],
  );
}
