/**
 * What holds for a task: its own options, what the settings say of all tasks, and what they say of it alone. One rule:
 * `taskAnnotations` come first, then the task, then the settings for all. Where results are kept nowhere, no word is asked.
 */
import { isDisabled } from "./setting-types.ts";
import type { Settings } from "./settings.ts";
import { inSeconds, type TaskOptions } from "./task-options.ts";

/** Gives the options that hold for a task. @param own those of its definition */
export function effectiveOptions(name: string, own: TaskOptions, conf: Settings): TaskOptions {
  const { taskAnnotations: annotations } = conf;
  const options: TaskOptions = { ...defaultsOf(conf), ...own };
  const said = (of: string): TaskOptions => inSeconds(name, annotations?.[of] ?? {});
  const annotated = annotations === undefined ? options : { ...options, ...said("*"), ...said(name) };
  return isDisabled(conf.resultBackend) ? { ...annotated, ignoreResult: true } : annotated;
}

/** What the settings say of all tasks, but for what says nothing. */
function defaultsOf(conf: Settings): TaskOptions {
  const { taskDefaultRateLimit, taskTimeLimit, taskSoftTimeLimit } = conf;
  return {
    ...(conf.taskAcksLate ? {} : { acksLate: false }),
    ...(conf.taskRejectOnWorkerLost ? {} : { rejectOnWorkerLost: false }),
    ...(conf.taskIgnoreResult ? { ignoreResult: true } : {}),
    ...(conf.taskTrackStarted ? { trackStarted: true } : {}),
    ...(taskDefaultRateLimit === undefined ? {} : { rateLimit: taskDefaultRateLimit }),
    ...(taskTimeLimit === undefined ? {} : { timeLimit: taskTimeLimit }),
    ...(taskSoftTimeLimit === undefined ? {} : { softTimeLimit: taskSoftTimeLimit }),
  };
}
