/**
 * The one place where an error becomes what people read, and an exit code. One rule: they see what happened and their
 * own frames; ours only with `--debug`.
 */
import { inspect } from "node:util";
import { UmbelError } from "@umbel/core";
import { isError } from "../broker/system-error.ts";
import { userFrames } from "../load/user-stack.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { UsageError } from "./usage-error.ts";

/** By the stable codes of our errors; whatever is not here is a failure of the workflow. */
const BY_ERROR_CODE: Readonly<Record<string, ExitCode>> = {
  OPTION_INVALID: EXIT.usage,
  MODULE_UNUSABLE: EXIT.invalid,
  FLOW_UNREADABLE: EXIT.invalid,
  IMPROPERLY_CONFIGURED: EXIT.invalid,
  ALREADY_REGISTERED: EXIT.invalid,
  NOT_REGISTERED: EXIT.invalid,
  INVALID_SIGNATURE: EXIT.invalid,
  BROKER_UNAVAILABLE: EXIT.unavailable,
  UNKNOWN_RUN: EXIT.usage,
  UNKNOWN_TASK_ID: EXIT.usage,
  RUN_EXPIRED: EXIT.usage,
  RUN_NOT_ENDED: EXIT.usage,
  TIMEOUT: EXIT.timeout,
  TASK_REVOKED: EXIT.cancelled,
};

/** Gives the text for an error: the first line what happened, then the user's frames, then what to do. */
export function errorScreen(error: unknown, options: { readonly debug: boolean }): string {
  if (options.debug) return inspect(error, { depth: 8 });
  if (!isError(error)) return `something that is no Error was thrown: ${inspect(error)}`;
  if (error instanceof UsageError) return error.message;
  const frames = findFrames(error)
    .map((frame) => `\n    ${frame}`)
    .join("");
  if (error instanceof UmbelError) return `${error.message}${frames}`;
  const advice = frames === "" ? "\nthis is probably a fault of umbel; please report it with what `--debug` shows" : "";
  return `${error.name}: ${error.message}${frames}${advice}`;
}

/** Gives the exit code of a command that ended with an error. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return EXIT.usage;
  if (!(error instanceof UmbelError)) return EXIT.failed;
  return (Object.hasOwn(BY_ERROR_CODE, error.code) ? BY_ERROR_CODE[error.code] : undefined) ?? EXIT.failed;
}

/** The frames of where it began: an error of ours only tells of the one that caused it. */
function findFrames(error: Error): readonly string[] {
  let first = error;
  // Causes may form a circle.
  for (let depth = 0; depth < 10 && isError(first.cause); depth++) first = first.cause;
  return userFrames(first.stack ?? "");
}
