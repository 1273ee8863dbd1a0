/**
 * The steps of a run as lines of a terminal. One rule: pure, and never wider or higher than the terminal; where there is
 * no room for all, what goes on is shown before what has ended, and what has ended before what waits.
 */
import type { Colors } from "../terminal.ts";
import { showDuration } from "./duration.ts";
import type { Step } from "./step-board.ts";

/** What is drawn besides the steps. */
export interface Frame {
  /** What is run: a file's name, or the run's. */
  readonly title: string;
  readonly startedAt: number;
  /** The store's time, epoch milliseconds. */
  readonly now: number;
  readonly hasEnded: boolean;
}

/** What it is drawn on. */
export interface Canvas {
  readonly columns: number;
  readonly rows: number;
  readonly colors: Colors;
}

/** How a step stands as a whole. */
export type Standing = "waiting" | "active" | "done" | "failed" | "stopped";

const SIGNS: Readonly<Record<Standing, string>> = { waiting: "·", active: "▸", done: "✔", failed: "✘", stopped: "⊘" };

/** What is shown first where there is no room for all. */
const ORDER: readonly Standing[] = ["active", "failed", "done", "stopped", "waiting"];

/** For fewer there is no rate worth telling. */
const LEAST_FOR_RATE = 20;
/** A rate needs a little time before it means something, milliseconds. */
const LEAST_TIME_MS = 500;

/** Draws steps; each line fits. */
export function drawSteps(steps: readonly Step[], frame: Frame, canvas: Canvas): readonly string[] {
  const { colors, columns } = canvas;
  const head = shorten(`${frame.title}  ${showDuration(frame.now - frame.startedAt)}`, columns);
  const standings = standingsOf(steps);
  const shown = choose(steps, standings, Math.max(1, canvas.rows - 3));
  const titleWidth = Math.min(
    Math.max(0, ...shown.map(({ row }) => row.depth * 2 + widthOf(titleOf(row)))),
    Math.max(10, Math.floor(columns / 2) - 4),
  );
  const lines = shown.map((step) => drawStep(step, standings.get(step) ?? "waiting", frame, canvas, titleWidth));
  const hidden = describeHidden(steps, standings, shown);
  return [colors.bold(head), ...lines, ...(hidden === "" ? [] : [colors.dim(shorten(`  ${hidden}`, columns))])];
}

/** How each step stands; a group that waits for its members goes on when any of them has begun. */
export function standingsOf(steps: readonly Step[]): ReadonlyMap<Step, Standing> {
  const standings = new Map<Step, Standing>();
  /** By depth, whether anything of that depth or below has begun, within what comes next above it. */
  const hasBegun: boolean[] = [];
  for (const step of [...steps].reverse()) {
    const { depth, isFrame } = step.row;
    const own = standingOf(step);
    const isInside = hasBegun.slice(depth + 1).some(Boolean);
    const standing = own === "waiting" && isFrame && isInside ? "active" : own;
    standings.set(step, standing);
    hasBegun.length = depth + 1;
    hasBegun[depth] = hasBegun[depth] === true || standing !== "waiting";
  }
  return standings;
}

/** Gives how a step stands as a whole. */
export function standingOf({ counts, ended, total }: Step): Standing {
  if (counts.failed > 0) return ended === total ? "failed" : "active";
  if (ended < total) return counts.running + counts.queued + counts.retrying + ended > 0 ? "active" : "waiting";
  return counts.succeeded + counts.ignored === 0 ? "stopped" : "done";
}

function drawStep(
  step: Step,
  standing: Standing,
  frame: Frame,
  { columns, colors }: Canvas,
  titleWidth: number,
): string {
  const paint = {
    waiting: colors.dim,
    active: colors.cyan,
    done: colors.green,
    failed: colors.red,
    stopped: colors.dim,
  }[standing];
  const indent = " ".repeat(Math.min(step.row.depth * 2, Math.floor(columns / 4)));
  const title = pad(shorten(titleOf(step.row), Math.max(4, titleWidth - indent.length)), titleWidth - indent.length);
  const before = `${indent}${SIGNS[standing]} `;
  const room = columns - before.length - widthOf(title) - 2;
  const note = shorten(describeStep(step, standing, frame), Math.max(0, room));
  const line = `${indent}${paint(SIGNS[standing])} ${standing === "waiting" ? colors.dim(title) : title}`;
  if (note === "") return line.trimEnd();
  return `${line}  ${standing === "failed" ? colors.red(note) : colors.dim(note)}`;
}

/** What is said of a step behind its title. */
function describeStep(step: Step, standing: Standing, { now, hasEnded }: Frame): string {
  const { counts, total, ended, row, startedAt, endedAt } = step;
  if (standing === "waiting") return row.after === undefined || hasEnded ? "" : `waits for ${titleOf(row.after)}`;
  const parts: string[] = [];
  const isMany = total > 1;
  if (standing === "stopped") {
    parts.push(counts.uncalled === total ? "not called" : counts.skipped === total ? "did not run" : "cancelled");
  } else if (isMany) parts.push(`${ended}/${total}`);
  if (!row.isFrame && isMany && standing === "active") {
    if (counts.running > 0) parts.push(`${counts.running} active`);
    if (counts.queued > 0) parts.push(`${counts.queued} queued`);
  }
  if (!isMany && counts.queued > 0) parts.push("queued");
  if (counts.retrying > 0) parts.push(describeRetries(step, now));
  if (isMany && counts.failed > 0) parts.push(`${counts.failed} failed`);
  if (!isMany && counts.failed > 0) parts.push("failed");
  if (isMany && standing !== "stopped") {
    if (counts.skipped > 0) parts.push(`${counts.skipped} did not run`);
    if (counts.revoked > 0) parts.push(`${counts.revoked} cancelled`);
  }
  const time = startedAt === undefined ? undefined : (endedAt ?? now) - startedAt;
  // Two things that were seen together are not known to be apart.
  if (time !== undefined && time >= 1 && (standing !== "stopped" || counts.revoked > 0)) parts.push(showDuration(time));
  if (!row.isFrame && time !== undefined && total >= LEAST_FOR_RATE && time >= LEAST_TIME_MS && ended > 0) {
    const perSecond = (ended / time) * 1000;
    parts.push(`${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)}/s`);
    if (ended < total) parts.push(`${showDuration(((total - ended) / perSecond) * 1000)} left`);
  }
  return parts.join("  ");
}

function describeRetries({ counts, total, nextTryAt }: Step, now: number): string {
  const what = total === 1 ? "retry" : `${counts.retrying} ${counts.retrying === 1 ? "retry" : "retries"}`;
  return nextTryAt === undefined ? what : `${what} in ${(Math.max(0, nextTryAt - now) / 1000).toFixed(1)} s`;
}

/** Gives as many steps as there is room for, in their order. */
function choose(steps: readonly Step[], standings: ReadonlyMap<Step, Standing>, most: number): readonly Step[] {
  if (steps.length <= most) return steps;
  const byStanding = new Map<Standing, number[]>(ORDER.map((standing) => [standing, []]));
  for (const [position, step] of steps.entries()) byStanding.get(standings.get(step) ?? "waiting")?.push(position);
  // Of what has ended, the last is the most interesting; of what waits, the next.
  byStanding.get("done")?.reverse();
  const chosen = ORDER.flatMap((standing) => byStanding.get(standing) ?? []).slice(0, most);
  return chosen.sort((one, other) => one - other).flatMap((position) => steps[position] ?? []);
}

function describeHidden(
  steps: readonly Step[],
  standings: ReadonlyMap<Step, Standing>,
  shown: readonly Step[],
): string {
  if (shown.length === steps.length) return "";
  const counts = new Map<Standing, number>();
  const add = (step: Step, count: number) => {
    const standing = standings.get(step) ?? "waiting";
    counts.set(standing, (counts.get(standing) ?? 0) + count);
  };
  for (const step of steps) add(step, 1);
  for (const step of shown) add(step, -1);
  const words = { waiting: "waiting", active: "active", done: "done", failed: "failed", stopped: "not run" };
  const told = ORDER.flatMap((standing) => {
    const count = counts.get(standing) ?? 0;
    return count === 0 ? [] : [`${count} ${words[standing]}`];
  });
  return `… and ${told.join(", ")}`;
}

function titleOf(row: Step["row"]): string {
  if (row.callback === undefined) return row.title;
  return `${row.callback === "link" ? "on success" : "on error"}: ${row.title}`;
}

/** Shortens a text to so many columns. */
export function shorten(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  if (columns <= 1) return "…".slice(0, Math.max(0, columns));
  let width = 0;
  let kept = "";
  for (const character of text) {
    width += widthOf(character);
    if (width > columns - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

function pad(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - widthOf(text)));
}

/** Wide characters take two columns: East Asian scripts, and most pictures. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const MARKS = /\p{Mn}/u;

function widthOf(text: string): number {
  let width = 0;
  for (const character of text)
    width += character < "\u0300" ? 1 : MARKS.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}
