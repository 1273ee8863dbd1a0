/** Lengths of time as people write them. One rule: seconds come in, as in Celery, and leave as seconds or milliseconds here. */
import { OptionError } from "./errors.ts";
import { show } from "./show.ts";

const SECONDS_PER_UNIT: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

const DURATION_TEXT = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/**
 * Reads a length of time: a number of seconds, or text such as `"10s"`, `"1.5h"`, `"250ms"`.
 * @param what how the message names the value, such as "option `countdown`"
 * @throws OptionError when it is neither, or negative
 */
export function parseSeconds(value: unknown, what: string): number {
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value;
  if (typeof value === "string") {
    const [, amount, unit] = DURATION_TEXT.exec(value) ?? [];
    const factor = unit === undefined ? undefined : SECONDS_PER_UNIT[unit];
    if (amount !== undefined && factor !== undefined) return Number(amount) * factor;
  }
  throw new OptionError(
    `${what} must be a number of seconds of at least 0, or text such as "10s", "5m" or "250ms"; got ${show(value)}`,
  );
}

/** A name in seconds and its twin in milliseconds, as the options of `get` and others have them. */
export interface TimeoutOptions {
  /** Seconds, or text such as `"10s"`. */
  timeout?: number | string;
  /** Milliseconds. */
  timeoutMs?: number;
}

/**
 * Gives a timeout in milliseconds, or `undefined` for none.
 * @throws OptionError when both forms are given, or one is not a length of time
 */
export function timeoutInMs(options: TimeoutOptions): number | undefined {
  if (options.timeout !== undefined && options.timeoutMs !== undefined) {
    throw new OptionError("`timeout` and `timeoutMs` say the same thing; give only one of them");
  }
  if (options.timeout !== undefined) return parseSeconds(options.timeout, "`timeout`") * 1000;
  if (options.timeoutMs === undefined) return undefined;
  const { timeoutMs } = options;
  if (Number.isFinite(timeoutMs) && timeoutMs >= 0) return timeoutMs;
  throw new OptionError(`\`timeoutMs\` must be a number of milliseconds of at least 0; got ${show(timeoutMs)}`);
}
