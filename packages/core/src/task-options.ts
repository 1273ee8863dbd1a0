/** What a task's author may set. One rule: one table says every option, so that a wrong name or value is found at once. */
import { OptionError } from "./errors.ts";
import { show } from "./show.ts";
import { didYouMean } from "./suggest.ts";

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

const CHECKS: { readonly [Name in keyof Required<TaskOptions>]: Check } = {
  name: text,
  params: (value) =>
    Array.isArray(value) && value.every((item) => typeof item === "string") ? undefined : "a list of names",
  bind: flag,
  queue: text,
  priority: whole(0, 9),
  typing: flag,
  acksLate: flag,
  maxRetries: (value) => (value === null ? undefined : whole(0, Number.MAX_SAFE_INTEGER)(value)),
  defaultRetryDelay: (value) =>
    typeof value === "number" && Number.isFinite(value) && value >= 0 ? undefined : "a number of seconds of at least 0",
  trackStarted: flag,
  maxDeliveries: whole(1, 1000),
};

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
  return options;
}
