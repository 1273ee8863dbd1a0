/**
 * Retries that a task's options ask for: `autoretryFor` and what belongs to it. One rule: as in Celery, such a retry is
 * what `self.retry({ exc })` would have been, counted and limited alike.
 */
import { parseSeconds } from "./duration.ts";
import { retryDefaults } from "./task-context.ts";
import type { TaskOptions } from "./task-options.ts";

/** A class of errors, abstract ones included; whatever its constructor takes. */
export type ErrorClass = abstract new (...args: never[]) => Error;

/** Whether a value is a class whose instances are errors. */
export function isErrorClass(value: unknown): value is ErrorClass {
  return typeof value === "function" && (value === Error || value.prototype instanceof Error);
}

/** Whether an error is of one of these classes. */
export function isOneOf(error: unknown, classes: readonly ErrorClass[] | undefined): boolean {
  return classes?.some((each) => error instanceof each) ?? false;
}

/** Celery's longest wait of a growing series, seconds. */
const LONGEST_BACKOFF = 600;

/**
 * Gives the milliseconds until the try that a task's options ask for after an error, or `undefined` when they ask for
 * none.
 * @param retries how often it was retried before  @param random a number from 0 to below 1
 */
export function autoretryInMs(
  options: TaskOptions,
  error: unknown,
  retries: number,
  random: () => number = Math.random,
): number | undefined {
  if (!isOneOf(error, options.autoretryFor) || isOneOf(error, options.dontAutoretryFor)) return undefined;
  const { retryKwargs = {}, maxRetries = retryDefaults.maxRetries } = options;
  const most = retryKwargs.maxRetries === undefined ? maxRetries : retryKwargs.maxRetries;
  if (most !== null && retries >= most) return undefined;
  return Math.round(waitBefore(options, retries, random) * 1000);
}

/** Seconds until the next try. */
function waitBefore(options: TaskOptions, retries: number, random: () => number): number {
  const { retryBackoff = false, retryBackoffMax = LONGEST_BACKOFF, retryJitter = true, retryKwargs } = options;
  if (retryBackoff !== false && retryBackoff !== 0) {
    const factor = retryBackoff === true ? 1 : retryBackoff;
    const longest = Math.min(parseSeconds(retryBackoffMax, "`retryBackoffMax`"), factor * 2 ** retries);
    return retryJitter ? longest * random() : longest;
  }
  if (retryKwargs?.countdown !== undefined) return parseSeconds(retryKwargs.countdown, "`retryKwargs.countdown`");
  return parseSeconds(options.defaultRetryDelay ?? retryDefaults.retryDelay, "`defaultRetryDelay`");
}
