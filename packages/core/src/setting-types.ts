/** The kinds of values that settings have. One rule: each says what it wants, and how it is read from the environment. */
import { parseRate, type RateInput } from "./rate.ts";
import { type RetryPolicyInput, readRetryPolicy } from "./retry-policy.ts";
import { checkRoutes, type TaskRoutes } from "./routes.ts";
import { type Compression, compressionNames, isCompression, wantedCompression } from "./serialization/compression.ts";
import { reasonAgainst, refusedSerializer } from "./serialization/serializers.ts";
import { readTaskOptions, type TaskOptions } from "./task-options.ts";
import { checkTaskQueues, parseTaskQueues, type TaskQueues } from "./task-queues.ts";

/** A kind of value. */
export interface SettingType<Value> {
  /** As the guide names it. */
  readonly name: string;
  /** What is wanted instead, for a value that is not right; `undefined` for one that is. */
  readonly check: (value: unknown) => string | undefined;
  /** Reads the text of an environment variable; what cannot be read is given back, and `check` refuses it. */
  readonly parse: (text: string) => unknown;
  /** Never there: it tells the type of the values. */
  readonly value?: Value;
}

const asNumber = (text: string): unknown => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text);

export const flag: SettingType<boolean> = {
  name: "true or false",
  check: (value) => (typeof value === "boolean" ? undefined : "true or false"),
  parse: (text) => (/^(1|true|yes|on)$/i.test(text) ? true : /^(0|false|no|off)$/i.test(text) ? false : text),
};

export const text: SettingType<string> = {
  name: "text",
  check: (value) => (typeof value === "string" && value !== "" ? undefined : "text that is not empty"),
  parse: (given) => given,
};

export const texts: SettingType<readonly string[]> = {
  name: "a list of texts",
  check: (value) =>
    Array.isArray(value) && value.every((item) => typeof item === "string" && item !== "")
      ? undefined
      : "a list of texts",
  parse: (given) =>
    given
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== ""),
};

/** The name of a serializer. */
export const serializer: SettingType<string> = {
  name: "a serializer",
  check: (value) => text.check(value) ?? refusedSerializer(value),
  parse: (given) => given,
};

/** Serializers or content types. */
export const contents: SettingType<readonly string[]> = {
  name: "a list of serializers or content types",
  check: (value) => {
    if (texts.check(value) !== undefined || !Array.isArray(value)) return "a list of serializers or content types";
    for (const name of value as readonly string[]) {
      const reason = reasonAgainst(name);
      if (reason !== undefined) return `a list without "${name}": ${reason}`;
    }
    return undefined;
  },
  parse: texts.parse,
};

/** The name of a compression. */
export const compression: SettingType<Compression> = {
  name: compressionNames.map((name) => `\`"${name}"\``).join(", "),
  check: (value) => (isCompression(value) ? undefined : wantedCompression(value)),
  parse: (given) => given,
};

/** Seconds, or text such as `"10s"`. */
export const seconds: SettingType<number | string> = {
  name: 'seconds, or text such as `"10s"`',
  check: (value) =>
    (typeof value === "number" && Number.isFinite(value) && value >= 0) ||
    (typeof value === "string" && /^\d+(?:\.\d+)?(?:ms|s|m|h|d)$/.test(value))
      ? undefined
      : 'a number of seconds of at least 0, or text such as "10s", "5m" or "250ms"',
  parse: asNumber,
};

export const timezone: SettingType<string> = {
  name: "a time zone",
  check: (value) => (isTimezone(value) ? undefined : 'a time zone such as "Europe/London"'),
  parse: (given) => given,
};

function isTimezone(value: unknown): boolean {
  if (typeof value !== "string" || value === "") return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: value });
    return true;
  } catch {
    return false;
  }
}

/** A rate such as "10/m". */
export const rate: SettingType<RateInput> = {
  name: 'a rate, such as `"10/m"`',
  check: (value) =>
    readsAs(() => parseRate(value, "it"), 'a number a second, or text such as "10/s", "100/m" or "1000/h"'),
  parse: (given) => given,
};

/** Options of tasks, by the names of tasks; `"*"` for all. */
export const annotations: SettingType<Readonly<Record<string, TaskOptions>>> = {
  name: "options by task",
  check: (value) => {
    if (!isTable(value)) return 'a table of options by task, such as { "*": { rateLimit: "10/s" } }';
    for (const [task, options] of Object.entries(value)) {
      const problem = problemWith(task, options);
      if (problem !== undefined) return `options of tasks; ${problem}`;
    }
    return undefined;
  },
  parse: parseTable,
};

function problemWith(task: string, options: unknown): string | undefined {
  if (!isTable(options)) return `those of "${task}" are none`;
  const fixed = ["name", "params", "bind", "base"].find((name) => name in options);
  if (fixed !== undefined)
    return `\`${fixed}\` belongs to the definition of "${task}" and cannot be changed from outside`;
  try {
    readTaskOptions(task, options);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Where results are. Whether a URL is the broker's is asked when the broker is opened. */
export const backend: SettingType<string> = {
  name: '`"disabled"`, or the broker\'s URL',
  check: (value) =>
    typeof value === "string" && (isDisabled(value) || /^(redis|rediss|unix|embedded|memory)\b/.test(value))
      ? undefined
      : '"disabled", or the URL of the broker: results are where the calls are, and nowhere else',
  parse: (given) => given,
};

/** Whether results are to be kept nowhere; the second is how Celery writes it. */
export function isDisabled(resultBackend: string | undefined): boolean {
  return resultBackend === "disabled" || resultBackend === "disabled://";
}

/** How calls are sent again. */
export const retryPolicy: SettingType<RetryPolicyInput> = {
  name: "a retry policy",
  check: (value) => {
    try {
      readRetryPolicy(value, "it");
      return undefined;
    } catch (error) {
      return `a retry policy; ${error instanceof Error ? error.message : String(error)}`;
    }
  },
  parse: parseTable,
};

export const routes: SettingType<TaskRoutes> = { name: "routes", check: checkRoutes, parse: parseTable };

export const queues: SettingType<TaskQueues> = {
  name: "a list of queues",
  check: checkTaskQueues,
  parse: parseTaskQueues,
};

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads JSON; other text is given back, and refused. */
function parseTable(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function readsAs(read: () => unknown, wanted: string): string | undefined {
  try {
    read();
    return undefined;
  } catch {
    return wanted;
  }
}

/** A whole number in a range. */
export function whole(least: number, most = Number.MAX_SAFE_INTEGER): SettingType<number> {
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  return {
    name: `a whole number ${range}`,
    check: (value) =>
      Number.isInteger(value) && Number(value) >= least && Number(value) <= most
        ? undefined
        : `a whole number ${range}`,
    parse: asNumber,
  };
}

/** One of some words. */
export function oneOf<const Word extends string>(...words: readonly Word[]): SettingType<Word> {
  const list = words.map((word) => `"${word}"`).join(", ");
  return {
    name: `one of ${words.map((word) => `\`"${word}"\``).join(", ")}`,
    check: (value) => (words.some((word) => word === value) ? undefined : `one of ${list}`),
    parse: (given) => given,
  };
}

/** The same, or nothing. */
export function optional<Value>(type: SettingType<Value>): SettingType<Value | undefined> {
  return {
    name: type.name,
    check: (value) => (value === undefined ? undefined : type.check(value)),
    parse: type.parse,
  };
}
