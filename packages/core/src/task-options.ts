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
  /** Seconds between tries that name no countdown, or text such as "10s"; 180 unless said. */
  defaultRetryDelay?: DurationInput;
  defaultRetryDelayMs?: number;
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
  /** The longest of these waits, seconds, or text such as "10m"; 600 unless said. */
  retryBackoffMax?: DurationInput;
  retryBackoffMaxMs?: number;
  /** Whether each wait is drawn between 0 and its length, so that not all come back at once; true unless said. */
  retryJitter?: boolean;
  /** How often a failed attempt is repeated on its own, whatever its error; as the option of a call. */
  retries?: number;
  /** Whether what it gives is dropped, where no later step takes it: `get()` gives `undefined` then. False unless said. */
  ignoreResult?: boolean;
  /** Celery's; only true can be said, for errors are always kept with their run, whatever `ignoreResult` says. */
  storeErrorsEvenIfIgnored?: true;
  /** How often it may start, counted over all workers: a number a second, or text such as "10/s", "100/m", "1000/h". */
  rateLimit?: RateInput;
  /** Seconds after which its signal is aborted with SoftTimeLimitExceeded, or text such as "10s". */
  softTimeLimit?: DurationInput;
  softTimeLimitMs?: number;
  /** Seconds after which an attempt has failed with TimeLimitExceeded, whatever it does, or text such as "10s". */
  timeLimit?: DurationInput;
  timeLimitMs?: number;
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
const milliseconds: Check = (value) =>
  seconds(value) === undefined ? undefined : "a number of milliseconds of at least 0";
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
  defaultRetryDelay: duration,
  defaultRetryDelayMs: milliseconds,
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
  retryBackoffMax: duration,
  retryBackoffMaxMs: milliseconds,
  retryJitter: flag,
  retries: whole(0, Number.MAX_SAFE_INTEGER),
  ignoreResult: flag,
  storeErrorsEvenIfIgnored: (value) =>
    value === true ? undefined : "true: errors are always kept with their run, whatever `ignoreResult` says",
  rateLimit: reads((value) => parseRate(value, "it"), 'a number a second, or text such as "10/s", "100/m" or "1000/h"'),
  softTimeLimit: duration,
  softTimeLimitMs: milliseconds,
  timeLimit: duration,
  timeLimitMs: milliseconds,
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

/** Options in milliseconds that stand for those in seconds. */
const MILLISECOND_TWINS = {
  defaultRetryDelayMs: "defaultRetryDelay",
  retryBackoffMaxMs: "retryBackoffMax",
  softTimeLimitMs: "softTimeLimit",
  timeLimitMs: "timeLimit",
} as const satisfies { readonly [Name in keyof TaskOptions]: keyof TaskOptions };

/**
 * Gives options without names in milliseconds: what they say is said in seconds.
 * @throws OptionError for a wrong number, or a name beside its twin
 */
export function inSeconds(taskName: string, options: TaskOptions): TaskOptions {
  let changed: Record<string, unknown> | undefined;
  for (const [name, twin] of Object.entries(MILLISECOND_TWINS)) {
    const value = options[name as keyof typeof MILLISECOND_TWINS];
    if (value === undefined) continue;
    checkOption(taskName, name as keyof TaskOptions, value);
    if (options[twin] !== undefined) {
      throw new OptionError(
        `\`${twin}\` and \`${name}\` of task "${taskName}" say the same thing; give only one of them`,
      );
    }
    changed ??= { ...options };
    changed[twin] = value / 1000;
    delete changed[name];
  }
  return changed ?? options;
}

function checkOption(taskName: string, name: keyof TaskOptions, value: unknown): void {
  const wanted = CHECKS[name](value);
  if (wanted === undefined) return;
  throw new OptionError(`option \`${name}\` of task "${taskName}" must be ${wanted}; got ${show(value)}`);
}

const RETRY_WORDS: readonly string[] = ["maxRetries", "countdown"];

/**
 * Checks a task's options, and gives them without names in milliseconds.
 * @throws OptionError for an unknown name (with the nearest one), a wrong value, or a name beside its `Ms` twin
 */
export function readTaskOptions(taskName: string, given: TaskOptions): TaskOptions {
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (name === "backend") {
      throw new OptionError(
        `there is no option \`backend\` of task "${taskName}": results are kept with the calls; \`ignoreResult: true\` keeps none`,
      );
    }
    if (!Object.hasOwn(CHECKS, name)) {
      throw new OptionError(`unknown option \`${name}\` of task "${taskName}"${didYouMean(name, Object.keys(CHECKS))}`);
    }
    checkOption(taskName, name as keyof TaskOptions, value);
  }
  const options = inSeconds(taskName, given);
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
