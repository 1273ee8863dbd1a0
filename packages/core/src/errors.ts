/**
 * Every error of Umbel, each with a stable `code`. One rule: a message says what happened with the value, where, and
 * what to do next; Celery's name is kept where Celery has one.
 */

/** What all errors of Umbel share: a stable `code` to test for, instead of the message. */
export abstract class UmbelError extends Error {
  /** Stable across versions; one code a class. */
  abstract readonly code: string;

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** An option or setting has a name we do not know or a value we cannot take. */
export class OptionError extends UmbelError {
  readonly code = "OPTION_INVALID";
}

/** The App, or a task of it, is set up in a way that cannot work. */
export class ImproperlyConfigured extends UmbelError {
  readonly code = "IMPROPERLY_CONFIGURED";
}

/** A second task of the same name; the message names both places. */
export class AlreadyRegistered extends UmbelError {
  readonly code = "ALREADY_REGISTERED";
}

/** A task of this name is not known here: to the app that should send it, or the worker that should run it. */
export class NotRegistered extends UmbelError {
  readonly code = "NOT_REGISTERED";
}

/** A signature's data is not one: wrong JSON, or a form that has no meaning. */
export class InvalidSignatureError extends UmbelError {
  readonly code = "INVALID_SIGNATURE";
}

/** A flow text has mistakes; the message shows them all, each with its line. */
export class InvalidFlowError extends UmbelError {
  readonly code = "FLOW_INVALID";
}

/** A value cannot be kept in JSON without changing it. */
export class SerializationError extends UmbelError {
  readonly code = "NOT_SERIALIZABLE";
}

/** What was sent is of a content type or compression that the setting `acceptContent` does not name; it is not read. */
export class ContentDisallowed extends UmbelError {
  readonly code = "CONTENT_DISALLOWED";
}

/** What was sent cannot be read: its bytes are broken, or nobody here knows its serializer. */
export class DecodeError extends UmbelError {
  readonly code = "NOT_READABLE";
}

/** The arguments of a call are longer than `maxArgumentBytes`. */
export class ArgumentsTooLargeError extends UmbelError {
  readonly code = "ARGUMENTS_TOO_LARGE";
}

/** A call names a queue that there is none of, and none may be made. */
export class QueueNotFound extends UmbelError {
  readonly code = "QUEUE_NOT_FOUND";
}

/** A task's result is longer than `maxResultBytes`. */
export class ResultTooLargeError extends UmbelError {
  readonly code = "RESULT_TOO_LARGE";
}

/** The broker cannot be reached, refuses us, or lost the call; says its address (without password) and the cause. */
export class OperationalError extends UmbelError {
  readonly code = "BROKER_UNAVAILABLE";
}

/** `get({ timeout })` waited in vain; the run goes on. */
export class TimeoutError extends UmbelError {
  readonly code = "TIMEOUT";
}

/** A run with this id exists already and is another graph. */
export class DuplicateTaskIdError extends UmbelError {
  readonly code = "DUPLICATE_TASK_ID";
}

/** No task with this id is known, so its result cannot come; or no group, when the members of one are asked for. */
export class UnknownTaskIdError extends UmbelError {
  readonly code = "UNKNOWN_TASK_ID";
}

/** The run is gone: it expired, was forgotten, or never existed. */
export class RunExpiredError extends UmbelError {
  readonly code = "RUN_EXPIRED";
}

/** No run, or more than one, is meant by a text that was to lead to one. */
export class UnknownRunError extends UmbelError {
  readonly code = "UNKNOWN_RUN";
}

/** The run still goes on, so its results cannot be forgotten, and it can be neither resumed nor forked. */
export class RunNotEndedError extends UmbelError {
  readonly code = "RUN_NOT_ENDED";
}

/** A chord's body did not run because a member of its header did not succeed. */
export class ChordError extends UmbelError {
  readonly code = "CHORD_ERROR";
}

/** A task asked to be tried again more often than its `maxRetries` allows, and gave no error to fail with. */
export class MaxRetriesExceededError extends UmbelError {
  readonly code = "MAX_RETRIES_EXCEEDED";
}

/** Thrown by a task that wants neither success nor failure: it ends IGNORED, and later steps REVOKED. */
export class Ignore extends UmbelError {
  readonly code = "IGNORED";

  constructor(message = "the task asked to be ignored") {
    super(message);
  }
}

/** How a task is rejected. */
export interface RejectOptions {
  /** Whether it goes back to its queue, as if it had not been begun; false unless said. */
  requeue?: boolean;
  cause?: unknown;
}

/**
 * Thrown by a task that will not have its call: with `requeue` it is delivered again, else it ends FAILURE and its call
 * is kept in the dead-letter list.
 */
export class Reject extends UmbelError {
  readonly code = "REJECTED";
  readonly requeue: boolean;

  constructor(reason?: string | RejectOptions, options: RejectOptions = {}) {
    const { requeue = false, ...rest } = typeof reason === "object" ? reason : options;
    super(typeof reason === "string" ? reason : "the task rejected its call", rest);
    this.requeue = requeue;
  }
}

/** The task ran longer than its `softTimeLimit`: the reason with which its signal is aborted. */
export class SoftTimeLimitExceeded extends UmbelError {
  readonly code = "SOFT_TIME_LIMIT_EXCEEDED";
}

/** The task ran longer than its `timeLimit`, and was ended. */
export class TimeLimitExceeded extends UmbelError {
  readonly code = "TIME_LIMIT_EXCEEDED";
}

/** A task waited for a result, which could hold its worker for ever. */
export class SynchronousSubtaskError extends UmbelError {
  readonly code = "SYNCHRONOUS_SUBTASK";
}

/** The worker that ran the task was lost, more often than `maxDeliveries` allows. */
export class WorkerLostError extends UmbelError {
  readonly code = "WORKER_LOST";
}

/** The task was revoked before it ended. */
export class TaskRevokedError extends UmbelError {
  readonly code = "TASK_REVOKED";
}

/**
 * An error that a task threw elsewhere, as it came over the wire: `name`, `message` and `code` are the original's,
 * `remoteStack` is its stack where it was thrown.
 */
export class RemoteError extends Error {
  readonly code?: string;
  /** The stack in the process that threw. */
  readonly remoteStack?: string;

  constructor(name: string, message: string, details: { code?: string; remoteStack?: string; cause?: unknown } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = name;
    if (details.code !== undefined) this.code = details.code;
    if (details.remoteStack !== undefined) {
      this.remoteStack = details.remoteStack;
      this.stack = details.remoteStack;
    }
  }
}
