/**
 * A run where there is no terminal: a line for each step that begins or ends, for what is tried again and what fails. One
 * rule: what a large group says is bounded. A run of a few seconds says nothing, so that scripts stay quiet.
 */
import { runKeyTime } from "@umbel/core";
import { type Standing, standingsOf } from "./draw-steps.ts";
import { showDuration } from "./duration.ts";
import type { ProgressView, ShownRun } from "./progress.ts";
import type { Board, Step } from "./step-board.ts";

/** How long a run is silent unless lines were asked for, milliseconds. */
const SILENT_MS = 5000;
/** How often a step with many members tells how far it is, milliseconds. */
const TELL_MS = 10_000;
/** How many members of a step are told of by a line each when they fail or are tried again. */
const MOST_TOLD = 10;

/** What was told of a step. */
interface Told {
  standing: Standing;
  members: number;
  at: number;
}

/** Prints lines. */
export class LinesView implements ProgressView {
  readonly #print: (line: string) => void;
  readonly #isAsked: boolean;
  /** By the title: steps are made anew when a run grows. */
  readonly #told = new Map<string, Told>();
  readonly #kept: string[] = [];
  #startedAt: number | undefined;

  /** @param isAsked prints from the beginning */
  constructor(print: (line: string) => void, isAsked: boolean) {
    this.#print = print;
    this.#isAsked = isAsked;
  }

  begin({ runKey, goesOn }: ShownRun): void {
    if (!goesOn) this.#startedAt = runKeyTime(runKey);
  }

  show(board: Board): void {
    const lines = [...this.#memberLines(board), ...this.#stepLines(board)];
    // What was so before is no news.
    if (this.#startedAt === undefined) {
      this.#startedAt = board.now;
      return;
    }
    const elapsed = board.now - this.#startedAt;
    for (const line of lines) this.#kept.push(`${showDuration(elapsed).padStart(8)}  ${line}`);
    if (!this.#isAsked && elapsed < SILENT_MS) return;
    for (const line of this.#kept.splice(0)) this.#print(line);
  }

  end(): void {
    this.#kept.length = 0;
  }

  *#memberLines({ changes, now }: Board): Generator<string> {
    for (const { step, to, dueAt } of changes) {
      if (step === undefined || step.row.isFrame || (to !== "retrying" && to !== "failed")) continue;
      const told = this.#toldOf(step, now);
      if (step.total === 1 && to === "failed") continue;
      told.members += 1;
      if (told.members > MOST_TOLD) continue;
      const more = told.members === MOST_TOLD ? "; further ones are not told one by one" : "";
      const due = dueAt === undefined ? "" : ` in ${((dueAt - now) / 1000).toFixed(1)} s`;
      yield `${step.row.title}: ${to === "failed" ? "one failed" : `tries again${due}`}${more}`;
    }
  }

  *#stepLines({ steps, now }: Board): Generator<string> {
    const standings = standingsOf(steps);
    for (const step of steps) {
      const standing = standings.get(step) ?? "waiting";
      const told = this.#toldOf(step, now);
      if (standing === told.standing) {
        if (standing !== "active" || step.row.isFrame || step.total === 1 || now - told.at < TELL_MS) continue;
        told.at = now;
        yield `${step.row.title}: ${step.ended}/${step.total}`;
        continue;
      }
      told.standing = standing;
      told.at = now;
      const line = describeStanding(step, standing);
      if (line !== undefined) yield line;
    }
  }

  #toldOf({ row }: Step, now: number): Told {
    const key = `${row.indices[0]} ${row.title}`;
    const told = this.#told.get(key) ?? { standing: "waiting", members: 0, at: now };
    this.#told.set(key, told);
    return told;
  }
}

function describeStanding(step: Step, standing: Standing): string | undefined {
  const { row, counts, startedAt, endedAt, total } = step;
  const time =
    startedAt === undefined || endedAt === undefined || endedAt - startedAt < 1
      ? ""
      : ` after ${showDuration(endedAt - startedAt)}`;
  switch (standing) {
    case "active":
      return `${row.title}: started`;
    case "done":
      return `${row.title}: done${time}`;
    case "failed":
      return `${row.title}: ${total === 1 ? "failed" : `${counts.failed} of ${total} failed`}${time}`;
    case "stopped":
      return counts.uncalled === total
        ? undefined
        : `${row.title}: ${counts.revoked > 0 ? "cancelled" : "did not run, because of what failed"}`;
    case "waiting":
      return undefined;
  }
}
