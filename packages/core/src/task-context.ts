/**
 * What a running task knows of its call, and what it can do with it. One rule: it belongs to one attempt; what the task
 * asks for is kept here and committed together with the attempt's end, so a lost attempt has asked for nothing.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { App } from "./app.ts";
import { parseSeconds } from "./duration.ts";
import { Ignore, ImproperlyConfigured, InvalidSignatureError, MaxRetriesExceededError, OptionError } from "./errors.ts";
import { show } from "./show.ts";
import type { SignatureData } from "./signature/data.ts";
import type { AnySignature } from "./signature/types.ts";
import { isReady, type State } from "./states.ts";

/** The call that a task is running for; Celery's `self.request`. */
export interface TaskRequest {
  readonly id: string;
  /** The task's name. */
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** The id of the group it is a member of, or null. */
  readonly group: string | null;
  /** The id of the first task of the canvas. */
  readonly rootId: string;
  /** The id of the task that led to this one, or null. */
  readonly parentId: string | null;
  /** How many times it was retried. */
  readonly retries: number;
  /** The name of the worker, or undefined in a direct call. */
  readonly hostname: string | undefined;
  /** Whether the function was called as a function, without a worker. */
  readonly calledDirectly: boolean;
  /** Whether it runs in the process of its caller, by `apply()` or `taskAlwaysEager`. */
  readonly isEager: boolean;
  /** The id of the body of the chord whose header it is a direct member of, or null. */
  readonly chord: string | null;
  /** What belongs together: the id of this call, as in Celery. */
  readonly correlationId: string;
  /** The moment before which it was not to start, ISO 8601, where the call said one. */
  readonly eta: string | null;
  /** When it was to have started, as the call said it: seconds, or a moment in ISO 8601. */
  readonly expires: number | string | null;
  /** How it came here. */
  readonly deliveryInfo: DeliveryInfo | null;
  /** Always null: results are read from the broker, not sent to a queue. */
  readonly replyTo: null;
  /** Its soft and its hard time limit in seconds, each null where there is none. */
  readonly timelimit: readonly [soft: number | null, hard: number | null];
  /** Ids of what starts when it succeeds: its links, and the next step of its chain. */
  readonly callbacks: readonly string[];
  /** Ids of what starts when it fails. */
  readonly errbacks: readonly string[];
  /** Ids of the steps behind it in its chain, as far as the worker has read them: at least the next one that it can run. */
  readonly chain: readonly string[];
  /** Whether times are meant in UTC: the setting `enableUtc`. */
  readonly utc: boolean;
  /** The headers of the call, or null. */
  readonly headers: Readonly<Record<string, unknown>> | null;
  /** The stamps of the call by name, or null. */
  readonly stamps: Readonly<Record<string, unknown>> | null;
  /** The names of its stamps, or null. */
  readonly stampedHeaders: readonly string[] | null;
  /** The process that sent it, as `pid@host`, or null. */
  readonly origin: string | null;
}

/** How a call came to its worker. */
export interface DeliveryInfo {
  /** The queue, and so its routing key. */
  readonly routingKey: string;
  /** 0 to 9, or null. */
  readonly priority: number | null;
  /** Whether a worker was lost with it before. */
  readonly redelivered: boolean;
}

/** How a task asks to be tried again. */
export interface RetryOptions {
  /** Seconds until the next try, or text such as "10s"; the task's `defaultRetryDelay` unless said. */
  countdown?: number | string;
  /** The same in milliseconds. */
  countdownMs?: number;
  /** How many retries there may be in all; the task's `maxRetries` unless said. `null`: no end. */
  maxRetries?: number | null;
  /** The error to fail with when the retries are spent; otherwise MaxRetriesExceededError. */
  exc?: Error;
}

/** A state that a task gives itself while it runs. */
export interface StateUpdate {
  /** A word of the task's own, such as PROGRESS: one line of at most 100 characters. */
  readonly state: State;
  /** What is told with it, as JSON can hold it; at most `maxResultBytes` long. */
  readonly meta?: unknown;
}

/** The first argument of a task with `bind: true`. */
export interface BoundTask {
  readonly name: string;
  readonly app: App;
  readonly request: TaskRequest;
  /** Aborted when the attempt is ended from outside: with TaskRevokedError when it was revoked with `terminate`. */
  readonly signal: AbortSignal;
  /**
   * Ends this attempt and asks for another, with the same id. Never returns. This and the two methods below are refused
   * with ImproperlyConfigured in a call without a worker, and for an item of a map.
   * @throws what `exc` says when the retries are spent, or MaxRetriesExceededError
   */
  retry(options?: RetryOptions): never;
  /** Ends this attempt and puts a canvas in this task's place: it gets its id, its rest of the chain, its seat in a chord. */
  replace(signature: AnySignature): never;
  /** Adds a member to the chord that this task is a header member of; its result comes behind the others. */
  addToChord(signature: AnySignature): void;
  /**
   * Shows a state of the task's own while it runs, with what is to be told of it. It is gone when the attempt ends, and
   * nothing happens if the attempt was lost. SUCCESS, FAILURE, REVOKED and IGNORED are not shown: the task ends so if it
   * throws `Ignore` next. Resolves when the state can be seen; a direct call shows it to nobody.
   * @throws OptionError, SerializationError, ResultTooLargeError at once, for what cannot be stored
   */
  updateState(state: State, meta?: unknown): Promise<void>;
  updateState(update: StateUpdate): Promise<void>;
}

/** What an attempt has asked for. */
export interface AttemptRequests {
  /** The error for which another try was asked for. */
  readonly retryCause: Error | undefined;
  readonly replacement: SignatureData | undefined;
  readonly retryInMs: number | undefined;
  readonly additions: readonly SignatureData[];
  /** How it ends if it throws Ignore. */
  readonly finalState: StateUpdate | undefined;
}

/** A call whose request is made when it is asked for: most tasks never look at it. */
export interface RequestMaker {
  /** The task's name. */
  readonly task: string;
  /** Makes the request; the same whenever it is called. */
  makeRequest(): TaskRequest;
}

/** What a worker does for an attempt that asks for it. */
export interface AttemptServices {
  /** Defaults of the task for `retry`. */
  readonly retry: RetryDefaults;
  /** The word for what calls the task once for each item; `undefined` for a call of its own. */
  readonly mapped: "map" | "starmap" | undefined;
  /** Stores a state. @throws SerializationError, ResultTooLargeError at once */
  showState(update: StateUpdate): Promise<void>;
  /** Gives the signal that ends the attempt. */
  openSignal(): AbortSignal;
  /** Keeps a line with the run. */
  keepLine(line: string): void;
}

/** Defaults of a task for `retry`. */
export interface RetryDefaults {
  readonly maxRetries: number | null;
  /** Seconds. */
  readonly retryDelay: number;
}

/** Celery's defaults: three retries, three minutes apart. */
export const retryDefaults: RetryDefaults = { maxRetries: 3, retryDelay: 180 };

/** Thrown to end an attempt that has asked for what comes instead of a result. Users never catch it. */
export class AttemptEnded extends Ignore {}

/** The bound task of one attempt. */
export class TaskAttempt implements BoundTask {
  readonly name: string;
  readonly app: App;
  readonly #services: AttemptServices | undefined;
  #request: TaskRequest | RequestMaker;
  #additions: SignatureData[] | undefined;
  #replacement: SignatureData | undefined;
  #retryInMs: number | undefined;
  #retryCause: Error | undefined;
  #finalState: StateUpdate | undefined;
  #signal: AbortSignal | undefined;

  /** @param services those of the worker that runs it; a direct call has none */
  constructor(app: App, request: TaskRequest | RequestMaker, services: AttemptServices | undefined = undefined) {
    this.name = request.task;
    this.app = app;
    this.#request = request;
    this.#services = services;
  }

  get request(): TaskRequest {
    if ("makeRequest" in this.#request) this.#request = this.#request.makeRequest();
    return this.#request;
  }

  // Made when it is asked for: most tasks never look at it, and it costs more than the rest of an attempt.
  get signal(): AbortSignal {
    this.#signal ??= this.#services?.openSignal() ?? new AbortController().signal;
    return this.#signal;
  }

  /** The members that it adds to the chord around it, if any. */
  get additions(): readonly SignatureData[] | undefined {
    return this.#additions;
  }

  /** What the attempt has asked for so far. */
  get requests(): AttemptRequests {
    return {
      replacement: this.#replacement,
      retryInMs: this.#retryInMs,
      retryCause: this.#retryCause,
      additions: this.#additions ?? [],
      finalState: this.#finalState,
    };
  }

  retry(options: RetryOptions = {}): never {
    this.#requireOwnCall("retry", options.exc);
    const defaults = this.#services?.retry ?? retryDefaults;
    const most = options.maxRetries === undefined ? defaults.maxRetries : options.maxRetries;
    if (most !== null && !(Number.isInteger(most) && most >= 0)) {
      throw new OptionError(`\`maxRetries\` must be a whole number of at least 0, or null for no end; got ${most}`);
    }
    if (most !== null && this.request.retries >= most) {
      throw (
        options.exc ??
        new MaxRetriesExceededError(
          `task "${this.name}" (${this.request.id}) was retried ${this.request.retries} times, and \`maxRetries\` is ${most}`,
        )
      );
    }
    const seconds = countdownOf(options) ?? defaults.retryDelay;
    this.#retryInMs = Math.round(seconds * 1000);
    this.#retryCause = options.exc;
    throw new AttemptEnded(`task "${this.name}" is tried again in ${seconds} s`);
  }

  replace(signature: AnySignature): never {
    this.#requireOwnCall("replace");
    const { data } = signature;
    if (data.kind === "chain" && data.steps.length === 0) {
      throw new ImproperlyConfigured("Cannot replace with an empty chain");
    }
    this.#replacement = data;
    throw new AttemptEnded(`task "${this.name}" is replaced`);
  }

  addToChord(signature: AnySignature): void {
    this.#requireOwnCall("addToChord");
    if (this.request.group === null) {
      throw new InvalidSignatureError(
        `task "${this.name}" is no member of a chord's header, so nothing can be added to it`,
      );
    }
    this.#additions ??= [];
    this.#additions.push(signature.data);
  }

  updateState(update: State | StateUpdate, meta?: unknown): Promise<void> {
    const asked = typeof update === "string" ? { state: update, ...(meta === undefined ? {} : { meta }) } : update;
    checkState(asked.state, this.name);
    const isFinal = isReady(asked.state);
    // The last word counts: a final state that is taken back does not end the task.
    this.#finalState = isFinal ? asked : undefined;
    return isFinal || this.#services === undefined ? Promise.resolve() : this.#services.showState(asked);
  }

  /** Keeps a line that the task logged; a direct call has no run to keep it with. */
  keepLine(line: string): void {
    this.#services?.keepLine(line);
  }

  /** As in Celery, an item of a map is no call of its own: what is asked for would be done to the whole map. */
  #requireOwnCall(method: string, cause?: Error): void {
    const mapped = this.#services?.mapped;
    if (mapped !== undefined) {
      throw new ImproperlyConfigured(
        `\`${method}\` needs a call of its own, but task "${this.name}" was called for an item of a ${mapped} (${this.request.id}); send each item by itself, with \`group\` or \`each\``,
        cause === undefined ? undefined : { cause },
      );
    }
    if (!this.request.calledDirectly) return;
    throw new ImproperlyConfigured(
      `\`${method}\` needs a worker, but task "${this.name}" was called as a function; send it with \`delay\``,
    );
  }
}

/** Seconds until the next try, where they are said. @throws OptionError for both forms at once, or a wrong one */
function countdownOf({ countdown, countdownMs }: RetryOptions): number | undefined {
  if (countdownMs === undefined) return countdown === undefined ? undefined : parseSeconds(countdown, "`countdown`");
  if (countdown !== undefined) {
    throw new OptionError("`countdown` and `countdownMs` say the same thing; give only one of them");
  }
  if (Number.isFinite(countdownMs) && countdownMs >= 0) return countdownMs / 1000;
  throw new OptionError(`\`countdownMs\` must be a number of milliseconds of at least 0; got ${show(countdownMs)}`);
}

const LONGEST_STATE = 100;

function checkState(state: unknown, task: string): void {
  if (typeof state === "string" && /^[^\r\n]+$/.test(state) && state.length <= LONGEST_STATE) return;
  throw new OptionError(
    `the state that task "${task}" gives itself must be one line of 1 to ${LONGEST_STATE} characters; got ${show(state)}`,
  );
}

const storage = new AsyncLocalStorage<BoundTask>();

/** Gives the task that runs here, or `undefined` outside of one. */
export function currentTask(): BoundTask | undefined {
  return storage.getStore();
}

/** Keeps a line with the run of the task that runs here, if one does. */
export function keepLogLine(line: string): void {
  const task = storage.getStore();
  if (task instanceof TaskAttempt) task.keepLine(line);
}

/** Runs a function as part of a task's attempt. */
export function runAsTask<Result>(task: BoundTask, fn: () => Result): Result {
  return storage.run(task, fn);
}

/** The bound task of a direct call. */
export function directCall(app: App, name: string, args: readonly unknown[]): BoundTask {
  return new TaskAttempt(app, {
    id: "",
    task: name,
    args,
    kwargs: {},
    group: null,
    rootId: "",
    parentId: null,
    retries: 0,
    hostname: undefined,
    calledDirectly: true,
    isEager: false,
    chord: null,
    correlationId: "",
    eta: null,
    expires: null,
    deliveryInfo: null,
    replyTo: null,
    timelimit: [null, null],
    callbacks: [],
    errbacks: [],
    chain: [],
    utc: app.conf.enableUtc,
    headers: null,
    stamps: null,
    stampedHeaders: null,
    origin: null,
  });
}
