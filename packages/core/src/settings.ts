/**
 * Every setting of an App. One rule: this table is all there is; `app.conf`, what config modules and the environment may
 * say, `flow env` and docs/settings.md come from it, so a setting is added here and nowhere else.
 */
import { DEFAULT_RETRY_POLICY } from "./retry-policy.ts";
import {
  annotations,
  backend,
  compression,
  contents,
  flag,
  oneOf,
  optional,
  queues,
  rate,
  retryPolicy,
  routes,
  type SettingType,
  seconds,
  serializer,
  text,
  texts,
  timezone,
  whole,
} from "./setting-types.ts";

/** One row. */
export interface Setting<Value> {
  readonly type: SettingType<Value>;
  readonly default: Value;
  /** What it does, in one line of the guide. */
  readonly doc: string;
  /** Its environment variable where that is not `FLOW_` and its name. */
  readonly environment?: string;
  /** What the environment says comes before what the program says. */
  readonly environmentWins?: true;
  /** Never shown, whatever it holds. What a URL or a name within it gives away is hidden in any setting. */
  readonly secret?: true;
}

function setting<Value>(
  type: SettingType<Value>,
  byDefault: Value,
  doc: string,
  more: Pick<Setting<Value>, "environment" | "environmentWins" | "secret"> = {},
): Setting<Value> {
  return { type, default: byDefault, doc, ...more };
}

/** The table. Names are Celery's where Celery has the setting. */
export const SETTINGS = {
  brokerUrl: setting(
    optional(text),
    undefined,
    "The broker's URL, also `broker` of `new App`. Without it, the project's own Redis (`embedded:`) is used. `flow --broker` and the environment come before it.",
    { environment: "FLOW_BROKER", environmentWins: true },
  ),
  resultBackend: setting(
    optional(backend),
    undefined,
    "Where results are kept, also `backend` of `new App`: with the calls, in the broker. `disabled` keeps none and refuses to read them.",
  ),
  prefix: setting(text, "umbel", "What all keys in Redis begin with."),
  include: setting(texts, [], "Modules that define more of the App's tasks; workers import them."),
  taskDefaultQueue: setting(
    text,
    "default",
    "The queue of tasks and calls that name none, also `defaultQueue` of `new App`.",
  ),
  taskDefaultPriority: setting(
    optional(whole(0, 9)),
    undefined,
    "The priority of tasks and calls that say none; without it they come before those with one.",
  ),
  taskRoutes: setting(optional(routes), undefined, "Which queue tasks go to that name none: see routing.md."),
  taskQueues: setting(
    optional(queues),
    undefined,
    "The queues that there are; `flow worker` serves them all unless `-Q` says which. `{ name, shards }` spreads one over a cluster: see scaling.md.",
  ),
  taskCreateMissingQueues: setting(
    flag,
    true,
    "Whether calls may go to queues that `taskQueues` does not name; false refuses them.",
  ),
  taskAnnotations: setting(
    optional(annotations),
    undefined,
    'Options of tasks, said from outside: by the name of a task, or `"*"` for all. They come before what the task says.',
  ),
  taskPublishRetry: setting(flag, true, "Whether calls that the broker did not take are sent again: see calling.md."),
  taskPublishRetryPolicy: setting(
    retryPolicy,
    DEFAULT_RETRY_POLICY,
    "How they are sent again; what it leaves out is as in the default.",
  ),
  taskDefaultRateLimit: setting(optional(rate), undefined, "The `rateLimit` of tasks that say none."),
  taskAcksLate: setting(flag, true, "The `acksLate` of tasks that say none."),
  taskRejectOnWorkerLost: setting(flag, true, "The `rejectOnWorkerLost` of tasks that say none."),
  taskTrackStarted: setting(flag, false, "The `trackStarted` of tasks that say none."),
  taskIgnoreResult: setting(flag, false, "The `ignoreResult` of tasks that say none."),
  taskTimeLimit: setting(optional(seconds), undefined, "The `timeLimit` of tasks that say none."),
  taskSoftTimeLimit: setting(optional(seconds), undefined, "The `softTimeLimit` of tasks that say none."),
  taskAlwaysEager: setting(
    flag,
    false,
    "Runs every call in this process, at once and without a broker, as `apply()` does; for unit tests.",
  ),
  taskEagerPropagates: setting(
    flag,
    false,
    "Lets calls that run eagerly throw their task's error where they are awaited.",
  ),
  taskSerializer: setting(
    serializer,
    "json",
    "How the arguments of calls are written that say nothing themselves: see serialization.md.",
  ),
  taskCompression: setting(
    optional(compression),
    undefined,
    "How the arguments of calls are compressed that say nothing themselves.",
  ),
  resultSerializer: setting(serializer, "json", "How results are written."),
  resultCompression: setting(optional(compression), undefined, "How results are compressed."),
  acceptContent: setting(
    contents,
    ["json", "msgpack"],
    "What is read: serializers or content types. Calls of others fail with `ContentDisallowed`, and can be resumed.",
  ),
  resultAcceptContent: setting(
    optional(contents),
    undefined,
    "What of results is read where that is not what `acceptContent` says.",
  ),
  compressionMinBytes: setting(whole(0), 1024, "What is shorter is not compressed."),
  maxArgumentBytes: setting(
    whole(1),
    16 * 1024 * 1024,
    "The longest arguments of a call, in bytes as they are written, before they are compressed.",
  ),
  resultExpires: setting(seconds, 86_400, "How long an ended run and its results are kept."),
  maxResultBytes: setting(
    whole(1),
    16 * 1024 * 1024,
    "The longest result of a task, in bytes as it is written, before it is compressed.",
  ),
  workerConcurrency: setting(whole(1), 50, "How many tasks a worker runs at once, unless `--concurrency` says."),
  workerPool: setting(
    oneOf("inline", "solo", "threads", "processes"),
    "inline",
    "Where a worker runs tasks, unless `--pool` says: see cli.md. In threads and processes `workerConcurrency` is one for each core unless it is said.",
  ),
  enableUtc: setting(
    flag,
    true,
    "Shows times in UTC where no `timezone` is set, and not in that of the machine; told to tasks as `request.utc`.",
  ),
  timezone: setting(optional(timezone), undefined, "The time zone in which people are shown times."),
  logLevel: setting(
    oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent"),
    "info",
    "The least of what `getTaskLogger` writes.",
  ),
  logLinesKept: setting(
    whole(0, 10_000),
    1000,
    "How many of the last lines that `getTaskLogger` writes are kept with each run, for `flow logs`; 0 keeps none.",
  ),
  logFormat: setting(
    oneOf("auto", "pretty", "json"),
    "auto",
    "How `getTaskLogger` writes: `pretty` for people, `json` for machines; `auto` is pretty on a terminal.",
  ),
} satisfies Readonly<Record<string, Setting<never> | Setting<unknown>>>;

/** The settings of an App, by name. */
export type Settings = {
  -readonly [Name in keyof typeof SETTINGS]: (typeof SETTINGS)[Name] extends Setting<infer Value> ? Value : never;
};

/** The name of a setting. */
export type SettingName = keyof Settings;

/** The names of all settings, in the order of the table. */
export const settingNames: readonly string[] = Object.keys(SETTINGS);

/** Whether there is a setting of this name. */
export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}

/** Gives a row, whatever the type of its values. */
export function settingOf(name: SettingName): Setting<unknown> {
  return SETTINGS[name];
}

/** Gives the environment variable of a setting: `FLOW_TASK_ALWAYS_EAGER`. */
export function environmentOf(name: SettingName): string {
  return settingOf(name).environment ?? `FLOW_${name.replace(/[A-Z]/g, "_$&").toUpperCase()}`;
}

/** A row of the table as the guide and `flow env` print it. */
export interface SettingRow {
  readonly name: SettingName;
  readonly type: string;
  /** As code; "–" for none. */
  readonly default: string;
  readonly environment: string;
  readonly doc: string;
}

/** Gives the whole table, for printing. */
export function settingRows(): readonly SettingRow[] {
  return settingNames.filter(isSettingName).map((name) => {
    const { type, default: byDefault, doc } = settingOf(name);
    return {
      name,
      type: type.name,
      default: byDefault === undefined ? "–" : JSON.stringify(byDefault),
      environment: environmentOf(name),
      doc,
    };
  });
}
