/** What people see when a workflow failed: which task, its error and where in their own code, what is kept, what to type next. */
import type { WireError } from "@umbel/core";
import { userFrames } from "../load/user-stack.ts";
import type { FailureReport } from "./failure-report.ts";

/**
 * Gives the text for the error of a workflow: the task and its error, the user's frames, what caused it, then how to go on.
 * @param report what is known of the run, if it is
 */
export function failureScreen(
  report: FailureReport | undefined,
  error: WireError,
  options: { readonly debug: boolean /** The run outlives this process. */; readonly isKept: boolean },
): string {
  if (error.code === "NOT_REGISTERED") {
    // Its message is the name alone, as Celery stores it.
    return `no worker here knows the task "${error.message}"; start one with the module that defines it: flow worker -A FILE.ts`;
  }
  const task = report?.task;
  const what = task === undefined ? "the workflow" : `task "${task}"`;
  const lines = [`${what} failed: ${describe(error, options.debug)}`];
  for (let cause = error.cause; cause !== undefined; cause = cause.cause) {
    lines.push(`caused by ${describe(cause, options.debug)}`);
  }
  if (report !== undefined) lines.push("", ...advise(report, options.isKept));
  return lines.join("\n");
}

function advise(report: FailureReport, isKept: boolean): readonly string[] {
  const { call, succeeded, failed, notRun, total, readableId: run } = report;
  const parts = [
    `${succeeded} of ${total} ${total === 1 ? "task" : "tasks"} done`,
    ...(failed > 1 ? [`${failed} failed`] : []),
    ...(notRun > 0 ? [`${notRun} did not run`] : []),
  ];
  return [
    ...(call === undefined ? [] : [`  called  ${call}`]),
    `  run     ${isKept ? `${run}: ` : ""}${parts.join(", ")}${isKept && succeeded > 0 ? "; what is done is kept" : ""}`,
    ...(isKept ? [`  see     flow show ${run}`, `  next    flow resume ${run}`] : []),
  ];
}

function describe({ name, message, stack = "" }: WireError, debug: boolean): string {
  const frames = debug ? stack.split("\n").filter((line) => /^\s+at /.test(line)) : userFrames(stack);
  const title = message === "" ? name : `${name}: ${message}`;
  return [title, ...frames.map((frame) => `    ${frame.trim()}`)].join("\n");
}
