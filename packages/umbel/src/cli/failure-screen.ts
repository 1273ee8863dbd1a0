/** What people see when a workflow failed: which task, its error, and where in their own code. */
import type { WireError } from "@umbel/core";
import { userFrames } from "../load/user-stack.ts";

/**
 * Gives the text for the error of a workflow: the task and its error, the user's frames, then what caused it.
 * @param task the name of the task that failed, if it is known
 */
export function failureScreen(
  task: string | undefined,
  error: WireError,
  options: { readonly debug: boolean },
): string {
  if (error.code === "NOT_REGISTERED") {
    // Its message is the name alone, as Celery stores it.
    return `no worker here knows the task "${error.message}"; start one with the module that defines it: flow worker -A FILE.ts`;
  }
  const what = task === undefined ? "the workflow" : `task "${task}"`;
  const lines = [`${what} failed: ${describe(error, options.debug)}`];
  for (let cause = error.cause; cause !== undefined; cause = cause.cause) {
    lines.push(`caused by ${describe(cause, options.debug)}`);
  }
  return lines.join("\n");
}

function describe({ name, message, stack = "" }: WireError, debug: boolean): string {
  const frames = debug ? stack.split("\n").filter((line) => /^\s+at /.test(line)) : userFrames(stack);
  const title = message === "" ? name : `${name}: ${message}`;
  return [title, ...frames.map((frame) => `    ${frame.trim()}`)].join("\n");
}
