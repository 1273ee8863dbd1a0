/**
 * Lines that tasks have logged, as they are kept with their run. One rule: a line is the JSON that `getTaskLogger` writes, and
 * what cannot be read as that is shown as text.
 */

/** A line of a run's log. */
export interface RunLogLine {
  /** By the clock of the worker; absent where the line tells none. */
  readonly at?: Date;
  /** Such as `info`. */
  readonly level: string;
  /** The name of the logger. */
  readonly logger: string;
  readonly task?: string;
  /** The id of the call. */
  readonly taskId?: string;
  readonly message: string;
  /** All else that was logged with it. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The longest line that is kept, characters. */
const LONGEST = 4096;

/** Gives a line as it is kept: without its fields, and cut, where it is too long. */
export function fitLogLine(line: string): string {
  if (line.length <= LONGEST) return line;
  const { level, time, name, task, taskId, msg } = asRecord(line);
  const message = typeof msg === "string" ? msg : "";
  const short = message.length > LONGEST / 4 ? `${message.slice(0, LONGEST / 4)}…` : message;
  return JSON.stringify({ level, time, name, task, taskId, cut: true, msg: short });
}

/** Reads a line that was kept. */
export function readLogLine(line: string): RunLogLine {
  const { level, time, name, task, taskId, msg, pid: _pid, hostname: _hostname, ...fields } = asRecord(line);
  const at = typeof time === "string" ? new Date(time) : undefined;
  return {
    ...(at === undefined || Number.isNaN(at.getTime()) ? {} : { at }),
    level: typeof level === "string" ? level : "info",
    logger: typeof name === "string" ? name : "",
    ...(typeof task === "string" ? { task } : {}),
    ...(typeof taskId === "string" ? { taskId } : {}),
    message: typeof msg === "string" ? msg : line,
    fields,
  };
}

function asRecord(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
}
