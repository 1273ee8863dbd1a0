/**
 * How long an attempt may take. One rule: at the soft limit its signal is aborted, and what it makes of that is its own
 * affair; at the hard one the attempt has ended, whatever it does.
 */
import { types } from "node:util";
import { parseSeconds, SoftTimeLimitExceeded, type TaskOptions, TimeLimitExceeded } from "@umbel/core";
import { systemTimers } from "../engine/timers.ts";
import type { TaskNode } from "../graph/graph.ts";

/** The limits of an attempt, milliseconds. */
export interface TimeLimits {
  readonly softMs?: number;
  readonly hardMs?: number;
}

/** Gives the limits of a node: what its call says, or else its task. `undefined` when there are none. */
export function timeLimitsOf(node: Pick<TaskNode, "options">, task: TaskOptions | undefined): TimeLimits | undefined {
  const { softTimeLimit = task?.softTimeLimit, timeLimit = task?.timeLimit } = node.options;
  if (softTimeLimit === undefined && timeLimit === undefined) return undefined;
  return {
    ...(softTimeLimit === undefined ? {} : { softMs: parseSeconds(softTimeLimit, "`softTimeLimit`") * 1000 }),
    ...(timeLimit === undefined ? {} : { hardMs: parseSeconds(timeLimit, "`timeLimit`") * 1000 }),
  };
}

/** The time of one attempt that has limits; it begins when it is made. */
export class LimitedTime {
  readonly #controller = new AbortController();
  readonly #began = performance.now();
  readonly #limits: TimeLimits;
  readonly #task: string;
  #stops: (() => void)[] = [];
  /** Resolves at the hard limit with the error that the attempt has ended with. */
  readonly exceeded: Promise<TimeLimitExceeded>;

  constructor(task: string, limits: TimeLimits) {
    this.#task = task;
    this.#limits = limits;
    const { softMs, hardMs } = limits;
    const at = (ms: number, call: () => void): void => {
      // Where time jumps, it does so only while no task runs; so limits count in the time of the process.
      this.#stops.push(systemTimers.after(ms, call));
    };
    if (softMs !== undefined) at(softMs, () => this.#controller.abort(this.#softError(softMs)));
    this.exceeded = new Promise((resolve) => {
      if (hardMs === undefined) return;
      at(hardMs, () => {
        const error = this.#hardError(hardMs);
        this.#controller.abort(error);
        resolve(error);
      });
    });
  }

  /** Aborted with SoftTimeLimitExceeded, and if that was not asked for with TimeLimitExceeded. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The error of an attempt that held the event loop past its hard limit, so that no timer could end it. */
  get overrun(): TimeLimitExceeded | undefined {
    const { hardMs } = this.#limits;
    return hardMs !== undefined && performance.now() - this.#began > hardMs ? this.#hardError(hardMs) : undefined;
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  #softError(softMs: number): SoftTimeLimitExceeded {
    return new SoftTimeLimitExceeded(
      `task "${this.#task}" ran longer than its \`softTimeLimit\` of ${softMs / 1000} s`,
    );
  }

  #hardError(hardMs: number): TimeLimitExceeded {
    return hardLimitError(this.#task, hardMs);
  }
}

/** The error of an attempt that was ended at its hard limit. */
export function hardLimitError(task: string, hardMs: number): TimeLimitExceeded {
  return new TimeLimitExceeded(`task "${task}" ran longer than its \`timeLimit\` of ${hardMs / 1000} s`);
}

/** What a task threw because its signal was aborted at the soft limit, as that; Node's own functions wrap it. */
export function withoutAbort(error: unknown): unknown {
  // Node's own errors are of another realm where code runs in one of its own, as in Jest.
  const isAbort = types.isNativeError(error) && error.name === "AbortError";
  return isAbort && error.cause instanceof SoftTimeLimitExceeded ? error.cause : error;
}
