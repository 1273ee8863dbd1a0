/**
 * How a run goes, shown while a command waits for it. One rule: it looks at most ten times a second, and so seldom that
 * looking takes a fifth of the time, but once a second; what goes wrong here never ends the run.
 */
import { RunFollower, type Runtime } from "@umbel/canvas";
import type { RunKey } from "@umbel/core";
import { type Board, StepBoard } from "./step-board.ts";

/** What shows a run. */
export interface ProgressView {
  /** Called before the first board. */
  begin(run: ShownRun): void;
  show(board: Board): void;
  /** Called once, with nothing more to show. */
  end(): void;
}

/** The run that is shown. */
export interface ShownRun {
  readonly runKey: RunKey;
  readonly title: string;
  /** It went before, and what is shown begins with now. */
  readonly goesOn: boolean;
}

const LOOK_MS = 100;
/** What a look costs may be so much of the time between two looks. */
const SHARE = 4;
/** The first look at a large run costs much, and those behind it little: nobody waits longer than this for one. */
const MOST_PAUSE_MS = 1000;

/** How long a look that took so long is followed by none, milliseconds. */
export function pauseAfter(lookMs: number): number {
  return Math.min(Math.max(LOOK_MS, lookMs * SHARE), MOST_PAUSE_MS);
}

/** Follows a run and feeds a view. */
export class Progress {
  readonly #view: ProgressView;
  readonly #title: string;
  readonly #goesOn: boolean;
  readonly #endedAt: number | undefined;
  #board: StepBoard | undefined;
  #follower: RunFollower | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #isEnded = false;

  /** @param options `endedAt`: of a run that ended before it is shown; what is shown is as it was then */
  constructor(
    view: ProgressView,
    title: string,
    { goesOn = false, endedAt }: { readonly goesOn?: boolean; readonly endedAt?: Date | undefined } = {},
  ) {
    this.#view = view;
    this.#title = title;
    this.#goesOn = goesOn;
    this.#endedAt = endedAt?.getTime();
  }

  /** Begins to follow a run that is stored. */
  start(runtime: Runtime, runKey: RunKey): void {
    this.#follower = new RunFollower(runtime, runKey);
    this.#board = new StepBoard(this.#follower);
    this.#view.begin({ runKey, title: this.#title, goesOn: this.#goesOn });
    this.#look();
  }

  /** Shows what there is to show at the end, and stops. Safe to repeat. */
  async finish({ lastLook = true } = {}): Promise<void> {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearTimeout(this.#timer);
    await this.#looking;
    if (lastLook && this.#board !== undefined) await this.#show(this.#board, true);
    await this.#follower?.close().catch(() => undefined);
    this.#view.end();
  }

  #look(): void {
    const board = this.#board;
    if (board === undefined || this.#isEnded) return;
    const began = performance.now();
    this.#looking = this.#show(board, false).then((goesOn) => {
      if (!goesOn || this.#isEnded) return;
      this.#timer = setTimeout(() => this.#look(), pauseAfter(performance.now() - began)).unref();
    });
  }

  /** False when there is nothing more to see. */
  async #show(board: StepBoard, all: boolean): Promise<boolean> {
    try {
      const seen = await board.look({ all });
      this.#view.show(this.#endedAt === undefined ? seen : { ...seen, now: this.#endedAt });
      return !seen.hasEnded;
    } catch {
      // The run is gone, or the broker: whoever waits for the result tells of it.
      return false;
    }
  }
}
