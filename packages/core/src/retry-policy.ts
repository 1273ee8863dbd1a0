/**
 * Sending again what a broker did not take. One rule: lengths of time are seconds here, as in Celery; who waits turns
 * them into milliseconds by `waitBeforeRetry`.
 */
import { parseSeconds } from "./duration.ts";
import { OptionError } from "./errors.ts";
import type { DurationInput } from "./options.ts";
import { show } from "./show.ts";
import { didYouMean } from "./suggest.ts";

/** How a call that could not be sent is sent again, as people write it; what is left out is as the settings have it. */
export interface RetryPolicyInput {
  /** How often; 0 for never, `null` for no end. */
  maxRetries?: number | null;
  /** The wait before the first. */
  intervalStart?: DurationInput;
  /** How much longer each further wait is. */
  intervalStep?: DurationInput;
  /** The longest wait. */
  intervalMax?: DurationInput;
}

/** The same, read: seconds. */
export interface RetryPolicy {
  readonly maxRetries: number | null;
  readonly intervalStart: number;
  readonly intervalStep: number;
  readonly intervalMax: number;
}

/** What a call says of its sending. */
export interface PublishOptions {
  /** Whether it is sent again. */
  readonly retry?: boolean;
  readonly policy?: Partial<RetryPolicy>;
}

/** Celery's. */
export const DEFAULT_RETRY_POLICY: RetryPolicy = {
  maxRetries: 3,
  intervalStart: 0,
  intervalStep: 0.2,
  intervalMax: 0.2,
};

/** Reads a policy. @param what how the message names it @throws OptionError for a wrong name or value */
export function readRetryPolicy(value: unknown, what: string): Partial<RetryPolicy> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new OptionError(`${what} must be an object such as { maxRetries: 3, intervalMax: 0.2 }; got ${show(value)}`);
  }
  const policy: Record<string, number | null> = {};
  for (const [name, part] of Object.entries(value)) {
    if (part === undefined) continue;
    if (!Object.hasOwn(DEFAULT_RETRY_POLICY, name)) {
      const known = Object.keys(DEFAULT_RETRY_POLICY);
      throw new OptionError(`${what} has no \`${name}\`${didYouMean(name, known)}; it has ${known.join(", ")}`);
    }
    policy[name] = name === "maxRetries" ? readMost(part, what) : parseSeconds(part, `\`${name}\` of ${what}`);
  }
  return policy;
}

function readMost(value: unknown, what: string): number | null {
  if (value === null || (Number.isInteger(value) && Number(value) >= 0)) return value as number | null;
  throw new OptionError(
    `\`maxRetries\` of ${what} must be a whole number of at least 0, or null for no end; got ${show(value)}`,
  );
}

/** Reads what a call says; gives nothing for one that says nothing. @throws OptionError */
export function publishOptionsOf(retry: unknown, retryPolicy: unknown): { readonly publishing?: PublishOptions } {
  if (retry === undefined && retryPolicy === undefined) return {};
  if (retry !== undefined && typeof retry !== "boolean") {
    throw new OptionError(`option \`retry\` must be true or false; got ${show(retry)}`);
  }
  return {
    publishing: {
      ...(retry === undefined ? {} : { retry }),
      ...(retryPolicy === undefined ? {} : { policy: readRetryPolicy(retryPolicy, "option `retryPolicy`") }),
    },
  };
}

/** Gives the wait before a call is sent again, milliseconds; `undefined` when it is not. @param failures how often it was sent in vain */
export function waitBeforeRetry(policy: RetryPolicy, failures: number): number | undefined {
  const { maxRetries, intervalStart, intervalStep, intervalMax } = policy;
  if (maxRetries !== null && failures > maxRetries) return undefined;
  return Math.round(Math.min(intervalStart + (failures - 1) * intervalStep, intervalMax) * 1000);
}
