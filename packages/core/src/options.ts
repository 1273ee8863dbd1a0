/**
 * Options of a call, in the one form that is stored: seconds as numbers, moments as ISO 8601 text. One rule:
 * whatever people may write (durations as text, milliseconds, Date) is turned into this form once, here.
 */
import { parseSeconds } from "./duration.ts";
import { OptionError } from "./errors.ts";
import { type Compression, isCompression, wantedCompression } from "./serialization/compression.ts";
import { reasonAgainst } from "./serialization/serializers.ts";
import { show } from "./show.ts";
import type { SignatureData } from "./signature/data.ts";
import { layStamps, readPlainRecord, readStamps } from "./signature/stamps.ts";
import type { AnySignature } from "./signature/types.ts";
import { didYouMean } from "./suggest.ts";

/** Options as stored in a signature. Seconds, as in Celery. */
export interface SignatureOptions {
  readonly taskId?: string;
  readonly queue?: string;
  /** 0 to 9; 9 runs first. */
  readonly priority?: number;
  /** Seconds from when the step becomes ready. */
  readonly countdown?: number;
  /** The moment before which it does not start, ISO 8601. */
  readonly eta?: string;
  /** Seconds from when the step becomes ready, or a moment in ISO 8601. */
  readonly expires?: number | string;
  /** How often a failed attempt is repeated on its own. */
  readonly retries?: number;
  /** Seconds before the first of `retries`. */
  readonly retryDelay?: number;
  /** Seconds after which the attempt ends for certain. */
  readonly timeLimit?: number;
  /** Seconds after which the task is asked to end. */
  readonly softTimeLimit?: number;
  readonly ignoreResult?: boolean;
  /** How its arguments are written: the name of a serializer. */
  readonly serializer?: string;
  readonly compression?: Compression;
  readonly headers?: Readonly<Record<string, unknown>>;
  /** What `stamp` has written on it, by name: plain data. */
  readonly stamps?: Readonly<Record<string, unknown>>;
  /** The name shown for this call instead of its task's. */
  readonly shadow?: string;
  /** Of groups: when a member fails, those that have not begun are revoked. */
  readonly failFast?: boolean;
  readonly link?: readonly SignatureData[];
  readonly linkError?: readonly SignatureData[];
}

/** A length of time: seconds, or text such as `"10s"`, `"5m"`, `"250ms"`. */
export type DurationInput = number | string;

/** Options as people write them; `normalizeOptions` gives the stored form. */
export interface CallOptions {
  taskId?: string;
  queue?: string;
  /** Celery's other name for `queue`. */
  routingKey?: string;
  priority?: number;
  countdown?: DurationInput;
  countdownMs?: number;
  eta?: Date | string;
  expires?: DurationInput | Date;
  expiresMs?: number;
  retries?: number;
  retryDelay?: DurationInput;
  retryDelayMs?: number;
  timeLimit?: DurationInput;
  timeLimitMs?: number;
  softTimeLimit?: DurationInput;
  softTimeLimitMs?: number;
  ignoreResult?: boolean;
  /** How its arguments are written: `json`, `msgpack`, or what `registerSerializer` has made known. */
  serializer?: string;
  /** How its arguments are compressed, where they are long enough for it. */
  compression?: Compression;
  headers?: Readonly<Record<string, unknown>>;
  /** Stamps, laid on those that it has; `stamp` puts them on all that a canvas calls. */
  stamps?: Readonly<Record<string, unknown>>;
  shadow?: string;
  /** Of groups, and of those inside: when a member fails, those that have not begun are revoked; those that run go on. */
  failFast?: boolean;
  /** What starts when it succeeded, with its result; one signature or several. */
  link?: AnySignature | readonly AnySignature[];
  /** What starts when it failed; one signature or several. */
  linkError?: AnySignature | readonly AnySignature[];
}

type OptionReader = (name: string, value: unknown) => unknown;

const text: OptionReader = (name, value) => {
  if (typeof value === "string" && value !== "") return value;
  throw new OptionError(`option \`${name}\` must be text that is not empty; got ${show(value)}`);
};

const serializer: OptionReader = (name, value) => {
  const reason = typeof value === "string" ? reasonAgainst(value) : undefined;
  if (reason === undefined) return text(name, value);
  throw new OptionError(`option \`${name}\` cannot be "${String(value)}": ${reason}; use "json"`);
};

const compression: OptionReader = (name, value) => {
  if (isCompression(value)) return value;
  throw new OptionError(`option \`${name}\` must be ${wantedCompression(value)}; got ${show(value)}`);
};

const wholeNumber =
  (least: number, most: number): OptionReader =>
  (name, value) => {
    if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    throw new OptionError(`option \`${name}\` must be a whole number ${range}; got ${show(value)}`);
  };

const flag: OptionReader = (name, value) => {
  if (typeof value === "boolean") return value;
  throw new OptionError(`option \`${name}\` must be true or false; got ${show(value)}`);
};

const seconds: OptionReader = (name, value) => parseSeconds(value, `option \`${name}\``);

const moment: OptionReader = (name, value) => {
  const date = value instanceof Date ? value : typeof value === "string" ? new Date(value) : undefined;
  if (date !== undefined && !Number.isNaN(date.getTime())) return date.toISOString();
  throw new OptionError(`option \`${name}\` must be a Date or a moment in ISO 8601; got ${show(value)}`);
};

const ISO_DATE = /^\d{4}-\d{2}-\d{2}/;

const secondsOrMoment: OptionReader = (name, value) =>
  value instanceof Date || (typeof value === "string" && ISO_DATE.test(value))
    ? moment(name, value)
    : seconds(name, value);

const signatures: OptionReader = (name, value) => {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.map((item) => {
    const data = signatureDataOf(item);
    if (typeof data === "object" && data !== null && "kind" in data) return data;
    throw new OptionError(`option \`${name}\` must be a signature or a list of them; got ${show(item)}`);
  });
};

/** Every option, and how what people wrote for it is read. The order is the one in which options are printed. */
const READERS: { readonly [Name in keyof Required<SignatureOptions>]: OptionReader } = {
  taskId: text,
  queue: text,
  priority: wholeNumber(0, 9),
  countdown: seconds,
  eta: moment,
  expires: secondsOrMoment,
  retries: wholeNumber(0, Number.MAX_SAFE_INTEGER),
  retryDelay: seconds,
  timeLimit: seconds,
  softTimeLimit: seconds,
  ignoreResult: flag,
  serializer,
  compression,
  headers: (name, value) => readPlainRecord(value, `option \`${name}\``, "header"),
  stamps: (name, value) => readStamps(value, `option \`${name}\``),
  shadow: text,
  failFast: flag,
  link: signatures,
  linkError: signatures,
};

/** The names of all options, in the order in which they are printed. */
export const optionNames: readonly string[] = Object.keys(READERS);

const MILLISECOND_TWINS = new Map(
  ["countdown", "expires", "retryDelay", "timeLimit", "softTimeLimit"].map((name) => [`${name}Ms`, name]),
);

/**
 * Gives options in their stored form; entries that are `undefined` are left out.
 * @throws OptionError for an unknown name (with the nearest one), a wrong value, or a name beside its `Ms` twin
 */
export function normalizeOptions(options: Readonly<Record<string, unknown>>): SignatureOptions {
  const normalized: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const twin = MILLISECOND_TWINS.get(name);
    if (twin !== undefined) {
      if (options[twin] !== undefined) {
        throw new OptionError(`\`${twin}\` and \`${name}\` say the same thing; give only one of them`);
      }
      if (typeof value !== "number" || !Number.isFinite(value) || value < 0) {
        throw new OptionError(`option \`${name}\` must be a number of milliseconds of at least 0; got ${show(value)}`);
      }
      normalized[twin] = value / 1000;
      continue;
    }
    if (name === "routingKey") {
      if (options.queue !== undefined && options.queue !== value) {
        throw new OptionError("`routingKey` and `queue` say the same thing; give only one of them");
      }
      normalized.queue = READERS.queue(name, value);
      continue;
    }
    if (name === "exchange" || name === "exchangeType") {
      throw new OptionError(`there is no option \`${name}\`: BullMQ has queues and no exchanges; name the \`queue\``);
    }
    const read = isOptionName(name) ? READERS[name] : undefined;
    if (read === undefined) throw new OptionError(`unknown option \`${name}\`${didYouMean(name, optionNames)}`);
    normalized[name] = read(name, value);
  }
  return normalized;
}

function isOptionName(name: string): name is keyof SignatureOptions {
  return Object.hasOwn(READERS, name);
}

/** Lays `over` on `under`; links and errbacks of both are kept, and stamps of other names; all other options of `over` win. */
export function mergeOptions(
  under: SignatureOptions | undefined,
  over: SignatureOptions | undefined,
): SignatureOptions | undefined {
  if (under === undefined) return over;
  if (over === undefined || saysNothing(over)) return under;
  if (saysNothing(under)) return over;
  // Spread into one another, they would cost 50 times as much.
  return Object.assign({}, under, over, {
    ...joined("link", under, over),
    ...joined("linkError", under, over),
    ...stampsOf(under, over),
  });
}

/** Whether no option is in there. */
function saysNothing(options: SignatureOptions): boolean {
  for (const _name in options) return false;
  return true;
}

function joined(name: "link" | "linkError", under: SignatureOptions, over: SignatureOptions): SignatureOptions {
  const first = under[name];
  const second = over[name];
  return first !== undefined && second !== undefined ? { [name]: [...first, ...second] } : {};
}

/** Stamps of both, as they are laid on one another wherever options are. */
export function stampsOf(
  { stamps: under }: SignatureOptions,
  { stamps: over }: SignatureOptions,
): Pick<SignatureOptions, "stamps"> {
  return under === undefined || over === undefined ? {} : { stamps: layStamps(under, over) };
}

/** The data of a signature, which may be nested too deep for its `toJSON`. */
function signatureDataOf(value: unknown): unknown {
  if (!isJsonable(value)) return value;
  return "data" in value ? value.data : value.toJSON();
}

function isJsonable(value: unknown): value is { toJSON(): unknown } {
  return typeof value === "object" && value !== null && "toJSON" in value && typeof value.toJSON === "function";
}
