/** What a task's author may set. One rule: one table says every option, so that a wrong name or value is found at once. */
import { type ErrorClass, isErrorClass } from "./autoretry.ts";
import { parseSeconds } from "./duration.ts";
import { OptionError } from "./errors.ts";
import type { DurationInput } from "./options.ts";
import { parseRate, type RateInput } from "./rate.ts";
import type { Schema } from "./schema.ts";
import { type Compression, isCompression, wantedCompression } from "./serialization/compression.ts";
import { refusedSerializer } from "./serialization/serializers.ts";
import { show } from "./show.ts";
import { didYouMean } from "./suggest.ts";
import type { TaskClass } from "./task-class.ts";

/** Options of a task; those of a call win where both have one. */
export interface TaskOptions {
  /** Its name; unique in an app. */
  name?: string;
  /** The names of its parameters, where they cannot be read from the function or some go by name only. */
  params?: readonly string[];
  /** The function gets the bound task as its first argument. */
  bind?: boolean;
  /** The queue of its calls. */
  queue?: string;
  /** 0 to 9; 9 runs first. */
  priority?: number;
  /** Whether arguments are checked when a call is sent; true unless said. */
  typing?: boolean;
  /** Whether a task that was running when its worker was lost runs again (true, our default) or fails. */
  acksLate?: boolean;
  /** How many times `retry` may ask for another try; 3 unless said, `null` for no end. */
  maxRetries?: number | null;
  /** Seconds between tries that name no countdown; 180 unless said. */
  defaultRetryDelay?: number;
  /** Whether a worker tells when it has started it, with its `pid` and `hostname`; it is seen as STARTED in any case. */
  trackStarted?: boolean;
  /** How many workers it may take down before it is WorkerLostError; 3 unless said. */
  maxDeliveries?: number;
  /** Whether it runs again when its worker was lost; true unless said. False is `maxDeliveries: 1`. */
  rejectOnWorkerLost?: boolean;
  /** Errors after which it is tried again by itself, with their subclasses, as if it had called `retry`. */
  autoretryFor?: readonly ErrorClass[];
  /** Those of `autoretryFor` after which it is not. */
  dontAutoretryFor?: readonly ErrorClass[];
  /** What `autoretryFor` says to `retry`. */
  retryKwargs?: { readonly maxRetries?: number | null; readonly countdown?: number | string };
  /**
   * Seconds before the first automatic retry, twice as long before each further one; `true` is 1. Without it
   * `defaultRetryDelay` counts each time.
   */
  retryBackoff?: boolean | number;
  /** The longest of these waits, seconds; 600 unless said. */
  retryBackoffMax?: number;
  /** Whether each wait is drawn between 0 and its length, so that not all come back at once; true unless said. */
  retryJitter?: boolean;
  /** How often a failed attempt is repeated on its own, whatever its error; as the option of a call. */
  retries?: number;
  /** Whether what it gives is dropped, where no later step takes it: `get()` gives `undefined` then. False unless said. */
  ignoreResult?: boolean;
  /** How often it may start, counted over all workers: a number a second, or text such as "10/s", "100/m", "1000/h". */
  rateLimit?: RateInput;
  /** Seconds after which its signal is aborted with SoftTimeLimitExceeded, or text such as "10s". */
  softTimeLimit?: DurationInput;
  /** Seconds after which an attempt has failed with TimeLimitExceeded, whatever it does, or text such as "10s". */
  timeLimit?: DurationInput;
  /** Its class; the App's `Task` unless said. */
  base?: TaskClass;
  /** A Standard Schema (zod, valibot, arktype) of an object with an entry for each of `params`. */
  schema?: Schema<unknown, unknown>;
  /** A Standard Schema of its result. */
  result?: Schema<unknown, unknown>;
  /** How the arguments of its calls are written; the setting `taskSerializer` unless said. */
  serializer?: string;
  /** How the arguments of its calls are compressed; the setting `taskCompression` unless said. */
  compression?: Compression;
  /** Errors that are expected: a worker tells of them without a stack, and not as its own trouble. */
  throws?: readonly ErrorClass[];
}

type Check = (value: unknown) => string | undefined;

const flag: Check = (value) => (typeof value === "boolean" ? undefined : "true or false");
const text: Check = (value) => (typeof value === "string" && value !== "" ? undefined : "text that is not empty");
const whole =
  (least: number, most: number): Check =>
  (value) =>
    Number.isInteger(value) && Number(value) >= least && Number(value) <= most
      ? undefined
      : `a whole number from ${least} to ${most}`;

const wholeOrNull: Check = (value) => (value === null ? undefined : whole(0, Number.MAX_SAFE_INTEGER)(value));
const seconds: Check = (value) =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 ? undefined : "a number of seconds of at least 0";
const reads =
  (read: (value: unknown) => unknown, wanted: string): Check =>
  (value) => {
    try {
      read(value);
      return undefined;
    } catch {
      return wanted;
    }
  };
const duration = reads(
  (value) => parseSeconds(value, "it"),
  'a number of seconds of at least 0, or text such as "10s", "5m" or "250ms"',
);
const errorClasses: Check = (value) =>
  Array.isArray(value) && value.every(isErrorClass) ? undefined : "a list of classes of errors, such as [TypeError]";

const schemaCheck: Check = (value) =>
  (typeof value === "object" || typeof value === "function") && value !== null && "~standard" in value
    ? undefined
    : "a Standard Schema, as zod, valibot and arktype make them";

const CHECKS: { readonly [Name in keyof Required<TaskOptions>]: Check } = {
  name: text,
  params: (value) =>
    Array.isArray(value) && value.every((item) => typeof item === "string") ? undefined : "a list of names",
  bind: flag,
  queue: text,
  priority: whole(0, 9),
  typing: flag,
  acksLate: flag,
  maxRetries: wholeOrNull,
  defaultRetryDelay: seconds,
  trackStarted: flag,
  maxDeliveries: whole(1, 1000),
  rejectOnWorkerLost: flag,
  autoretryFor: errorClasses,
  dontAutoretryFor: errorClasses,
  retryKwargs: (value) =>
    typeof value === "object" && value !== null && Object.keys(value).every((name) => RETRY_WORDS.includes(name))
      ? undefined
      : "an object with `maxRetries`, `countdown` or both",
  retryBackoff: (value) =>
    typeof value === "boolean" ? undefined : seconds(value) && "true, false or a number of seconds",
  retryBackoffMax: seconds,
  retryJitter: flag,
  retries: whole(0, Number.MAX_SAFE_INTEGER),
  ignoreResult: flag,
  rateLimit: reads((value) => parseRate(value, "it"), 'a number a second, or text such as "10/s", "100/m" or "1000/h"'),
  softTimeLimit: duration,
  timeLimit: duration,
  serializer: (value) => text(value) ?? refusedSerializer(value),
  compression: (value) => (isCompression(value) ? undefined : wantedCompression(value)),
  throws: errorClasses,
  base: (value) => (typeof value === "function" ? undefined : "a class that extends Task"),
  schema: schemaCheck,
  result: schemaCheck,
};

/** Options that a class of tasks may say as fields. */
export const classOptionNames: readonly string[] = Object.keys(CHECKS).filter(
  (name) => !["name", "bind", "base"].includes(name),
);

const RETRY_WORDS: readonly string[] = ["maxRetries", "countdown"];

/** Checks a task's options. @throws OptionError for an unknown name (with the nearest one) or a wrong value */
export function readTaskOptions(taskName: string, options: TaskOptions): TaskOptions {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(CHECKS, name)) {
      throw new OptionError(`unknown option \`${name}\` of task "${taskName}"${didYouMean(name, Object.keys(CHECKS))}`);
    }
    const wanted = CHECKS[name as keyof TaskOptions](value);
    if (wanted !== undefined) {
      throw new OptionError(`option \`${name}\` of task "${taskName}" must be ${wanted}; got ${show(value)}`);
    }
  }
  if (options.schema !== undefined && options.params === undefined) {
    throw new OptionError(
      `\`schema\` of task "${taskName}" needs \`params\`: a schema has no order, so name its entries as the function takes them`,
    );
  }
  const { softTimeLimit, timeLimit } = options;
  if (softTimeLimit !== undefined && timeLimit !== undefined) {
    if (parseSeconds(softTimeLimit, "it") >= parseSeconds(timeLimit, "it")) {
      throw new OptionError(
        `\`softTimeLimit\` of task "${taskName}" must be shorter than its \`timeLimit\`; got ${show(softTimeLimit)} and ${show(timeLimit)}`,
      );
    }
  }
  return options;
}
