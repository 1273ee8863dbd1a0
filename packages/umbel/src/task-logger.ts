/**
 * Logs of tasks. One rule: a line says which task wrote it and never holds a secret; how it is written is the App's matter
 * (`logLevel`, `logFormat`), asked when something is logged, so that a logger may be made before any App.
 */
import { createRequire } from "node:module";
import { type App, censor, currentApp, currentTask, fitLogLine, keepLogLine } from "@umbel/core";
import type { Logger, LoggerOptions } from "pino";

/** Writes a line: text, or fields and text. An Error may stand as the field `err`, or alone. */
export interface WriteLine {
  (message: string): void;
  (fields: object, message?: string): void;
}

/** Writes lines, by how much they matter. */
export interface TaskLogger {
  readonly name: string;
  readonly trace: WriteLine;
  readonly debug: WriteLine;
  readonly info: WriteLine;
  readonly warn: WriteLine;
  readonly error: WriteLine;
  readonly fatal: WriteLine;
  /** A logger whose lines all have these fields. */
  child(fields: object): TaskLogger;
}

/** Where lines go. */
export interface TaskLoggerOptions {
  /** Takes lines; standard error unless said. */
  readonly stream?: { write(line: string): void; readonly isTTY?: boolean };
}

const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal"] as const;

/**
 * Makes a logger for the tasks of a module. Each line tells the task and the id of its call; on a terminal it is laid out
 * for people, and elsewhere it is JSON. Lines are written before the call returns, so none is lost at an exit.
 *
 * ```ts
 * const logger = getTaskLogger("orders");
 * export const add = app.task("add", (x: number, y: number) => {
 *   logger.info({ x, y }, "adding");
 *   return x + y;
 * });
 * ```
 */
export function getTaskLogger(name: string, options: TaskLoggerOptions = {}): TaskLogger {
  return taskLogger(name, options, {});
}

function taskLogger(name: string, options: TaskLoggerOptions, fields: object): TaskLogger {
  const loggers = new Map<string, Logger>();
  const write = (level: (typeof LEVELS)[number], first: object | string, message: string | undefined): void => {
    const { logLevel, format, timezone } = settingsHere(options);
    const key = `${format} ${timezone}`;
    const logger = loggers.get(key) ?? openLogger(name, options, format, timezone).child(fields);
    loggers.set(key, logger);
    logger.level = logLevel;
    if (typeof first === "string") logger[level](first);
    else logger[level](first, message);
  };
  const methods = LEVELS.map((level) => {
    const line: WriteLine = (first: object | string, message?: string) => write(level, first, message);
    return [level, line] as const;
  });
  return {
    name,
    ...(Object.fromEntries(methods) as Record<(typeof LEVELS)[number], WriteLine>),
    child: (more) => taskLogger(name, options, { ...fields, ...more }),
  };
}

interface LogSettings {
  readonly logLevel: string;
  readonly format: "pretty" | "json";
  readonly timezone: string | undefined;
}

/** What the App says whose task runs here, or that was made last. */
function settingsHere({ stream = process.stderr }: TaskLoggerOptions): LogSettings {
  const conf = currentAppIfAny()?.conf;
  const { logFormat = "auto", logLevel = "info", enableUtc = true } = conf ?? {};
  const format = logFormat === "auto" ? (stream.isTTY === true ? "pretty" : "json") : logFormat;
  return { logLevel, format, timezone: conf?.timezone ?? (enableUtc ? "UTC" : undefined) };
}

function currentAppIfAny(): App | undefined {
  try {
    return currentApp();
  } catch {
    return undefined;
  }
}

/** Loaded when something is logged: most commands never do. */
const load = createRequire(import.meta.url);

function openLogger(name: string, { stream }: TaskLoggerOptions, format: string, timezone: string | undefined): Logger {
  const pino = load("pino") as typeof import("pino");
  const plain = stream ?? pino.destination({ fd: 2, sync: true });
  const settings: LoggerOptions = {
    name,
    timestamp: pino.stdTimeFunctions.isoTime,
    mixin: () => {
      const task = currentTask();
      return task === undefined ? {} : { task: task.name, taskId: task.request.id };
    },
    formatters: { level: (level) => ({ level }) },
  };
  // Whole lines: a secret may come by the text, a field, an error or a child's fields.
  const hidden = (line: string): string => {
    const text = JSON.stringify(censor(JSON.parse(line)));
    keepLogLine(fitLogLine(text));
    return `${text}\n`;
  };
  if (format === "json") return pino.default(settings, { write: (line: string) => void plain.write(hidden(line)) });
  const { prettyFactory } = load("pino-pretty") as typeof import("pino-pretty");
  const pretty = prettyFactory({
    colorize: (stream ?? process.stderr).isTTY === true && process.env.NO_COLOR === undefined,
    ignore: "pid,hostname",
    translateTime: false,
    customPrettifiers: { time: (time: unknown) => `[${showTime(String(time), timezone)}]` },
  });
  return pino.default(settings, { write: (line: string) => void plain.write(pretty(hidden(line))) });
}

function showTime(time: string, timezone: string | undefined): string {
  const zone = timezone === undefined ? {} : { timeZone: timezone };
  return new Intl.DateTimeFormat("sv", { dateStyle: "short", timeStyle: "medium", ...zone }).format(new Date(time));
}
