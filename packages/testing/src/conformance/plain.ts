/**
 * Which cases need nothing but chains, groups, chords and plain tasks: no failure, no link, no replacement, no retry.
 * They are what the first working engine must pass.
 */
import type { ConformanceCase } from "./case.ts";
import { signaturesIn } from "./celery-canvas.ts";

/** Tasks and task-like words that need more than a plain canvas. */
const MORE_THAN_PLAIN: ReadonlySet<string> = new Set([
  "celery.map",
  "celery.starmap",
  "celery.chunks",
  "retry_once",
  "retry_fail",
  "replace_with",
  "add_to_all",
  "build_chain",
  "build_chord",
  "extend_chord",
]);

/** Whether a case uses only chain, group, chord and plain tasks, and nothing in it fails. */
export function isPlain({ canvas, expect }: ConformanceCase): boolean {
  if (expect.state !== "SUCCESS" && expect.state !== "NO_RESULT") return false;
  return signaturesIn(canvas).every(
    ({ task, options }) => !MORE_THAN_PLAIN.has(task) && !("link" in options) && !("link_error" in options),
  );
}
