/**
 * Runs as things that can be held: `app.runs`. One rule: a run is named by any text that leads to it alone (the id of it or
 * of any task of it, the beginning of one, its readable id, its name), and each method takes any of these.
 */
import { parseSeconds } from "./duration.ts";
import type { Engine } from "./engine.ts";
import { OptionError } from "./errors.ts";
import type { DurationInput } from "./options.ts";
import type { RunLogLine } from "./run-log.ts";
import type { WireError } from "./serialization/error.ts";
import { show } from "./show.ts";
import type { State } from "./states.ts";
import { didYouMean } from "./suggest.ts";

/**
 * How a run stands: STARTED while it goes on, PAUSED while nothing of it may begin, ABANDONED when the process that alone
 * could run it is gone; then how its result ended.
 */
export type RunState = "STARTED" | "PAUSED" | "ABANDONED" | "SUCCESS" | "FAILURE" | "REVOKED" | "IGNORED";

/** All states of runs. */
export const runStates: readonly RunState[] = [
  "STARTED",
  "PAUSED",
  "ABANDONED",
  "SUCCESS",
  "FAILURE",
  "REVOKED",
  "IGNORED",
];

/** What is known of a run as a whole. */
export interface RunInfo {
  /** That of its first task. It leads to the run, as the id of any task of it does. */
  readonly id: string;
  /** Such as `brisk-otter-41c7`. */
  readonly readableId: string;
  /** What `applyAsync` was told with `runName`. */
  readonly name?: string;
  /** The file of its flow, as `flow run` was told it. It names no run: runs of one file have the same. */
  readonly flow?: string;
  /** The task that it begins with. */
  readonly task: string;
  readonly state: RunState;
  /** The id of its result: `app.asyncResult(resultId)`, or `app.groupResult(resultId)` where `isGroup`. */
  readonly resultId: string;
  readonly isGroup: boolean;
  /** Tasks, groups and beginnings of groups, with what tasks have added. */
  readonly nodeCount: number;
  /** By the clock of who sent it. */
  readonly createdAt: Date;
  /** By the store's clock. */
  readonly endedAt?: Date;
  /** How often it was resumed. */
  readonly resumes: number;
  /** The run that this one was forked from. */
  readonly forkOf?: string;
  /** The modules of its tasks, as whoever sent it named them: paths that a worker can import. */
  readonly modules: readonly string[];
  /** The queue that only the process serves which sent it, if it has one: `flow run` on a broker that others use. */
  readonly ownQueue?: string;
}

/** One task or group of a run. */
export interface RunNode {
  readonly id: string;
  /** Its place in the run's graph. */
  readonly index: number;
  readonly kind: "task" | "group";
  /** The task's name; absent for groups. */
  readonly task?: string;
  /** As the call gives them; the value of the step before comes in front, and is not among them. */
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly queue?: string;
  /** What `stamp` has written on the call. */
  readonly stamps?: Readonly<Record<string, unknown>>;
  readonly state: State;
  /** How often it was begun: 1 for a task that was never tried again. */
  readonly attempts: number;
  /** When its last attempt could have begun, by the store's clock. */
  readonly readyAt?: Date;
  /** When a worker took it. */
  readonly startedAt?: Date;
  readonly endedAt?: Date;
  /** The name of the worker that ran it last, or does. */
  readonly worker?: string;
  /** How it failed, or why it never ran. */
  readonly error?: WireError;
  /** What a running task has told with `updateState`. */
  readonly info?: unknown;
  /** Its value, where `inspect` was asked for values. */
  readonly value?: unknown;
}

/** Which runs are listed; all that are stored, unless said. */
export interface ListRunsOptions {
  /** One state or several. */
  readonly state?: RunState | readonly RunState[];
  /** The name of the task that they begin with. */
  readonly task?: string;
  /** Their name. */
  readonly name?: string;
  /** Those that were sent at least so long ago: seconds, or text such as `"2h"`. */
  readonly olderThan?: DurationInput;
  /** Those that were sent at most so long ago: seconds, or text such as `"2h"`. */
  readonly youngerThan?: DurationInput;
  /** How many at most; 50 unless said, and no more than 1,000. */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly cursor?: string;
}

/** Runs, the youngest first. */
export interface RunPage {
  readonly runs: readonly RunInfo[];
  /** Where the next page begins; absent on the last one. A page may be short, or empty, and not the last. */
  readonly next?: string;
}

/** What is shown of a run's nodes. */
export interface InspectOptions {
  /** With what tasks have returned; false unless said. */
  readonly values?: boolean;
  /** Only nodes in one of these states. */
  readonly state?: State | readonly State[];
  /** The index of the first node; 0 unless said. */
  readonly from?: number;
}

/** A run with all that is known of its nodes. */
export interface RunDetails extends RunInfo {
  /** Reads the nodes, in the order of their indices, in pages: a run may have a million. @throws RunExpiredError */
  nodes(options?: InspectOptions): AsyncIterable<RunNode>;
}

/** What a resume or a fork does with a node: its value is taken as it is, or it runs again. */
export interface ResumedNode {
  readonly id: string;
  readonly index: number;
  readonly task?: string;
  readonly action: "reused" | "again";
  /** Such as `it succeeded`, `it failed`, `it never ran, because score [17] did not succeed`. */
  readonly why: string;
}

/** What came of a resume or a fork. */
export interface ResumeReply {
  /** The run that goes on: the same one, or the fork. */
  readonly run: RunInfo;
  /** How many nodes are reused, and how many run again. With none of the latter, nothing was begun. */
  readonly reused: number;
  readonly again: number;
  /** Each node with the reason, in the order of their indices. */
  nodes(): Iterable<ResumedNode>;
}

/** What a fork changes. */
export interface ForkOptions {
  /** The id of the task from which on all runs again, or its index. */
  readonly from: string | number;
  /** Other arguments for it. */
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  /** The name of the new run. */
  readonly name?: string;
}

/** What `app.runs` asks of an engine. Texts lead to runs as `find` says. */
export interface RunKeeper {
  list(options: ListRunsOptions): Promise<RunPage>;
  find(text: string): Promise<RunInfo>;
  inspect(text: string): Promise<RunDetails>;
  log(text: string): Promise<readonly RunLogLine[]>;
  pause(text: string): Promise<RunInfo>;
  continue(text: string): Promise<RunInfo>;
  cancel(text: string): Promise<RunInfo>;
  resume(text: string): Promise<ResumeReply>;
  fork(text: string, options: ForkOptions): Promise<ResumeReply>;
}

/** The runs of an app's broker. */
export class Runs {
  readonly #engine: () => Engine;

  constructor(engine: () => Engine) {
    this.#engine = engine;
  }

  /**
   * Lists runs, the youngest first, a page at a time.
   * @throws OptionError
   *
   * ```ts
   * const { runs, next } = await app.runs.list({ state: "FAILURE", youngerThan: "1d" });
   * ```
   */
  async list(options: ListRunsOptions = {}): Promise<RunPage> {
    checkNames(options, LIST_OPTIONS, "runs.list");
    checkList(options);
    return await this.#keeper.list(options);
  }

  /** Lists runs one by one, the youngest first, and reads further pages when they are asked for. @throws OptionError */
  async *all(options: Omit<ListRunsOptions, "cursor"> = {}): AsyncGenerator<RunInfo> {
    for (let cursor: string | undefined; ; ) {
      const page: RunPage = await this.list({ ...options, ...(cursor === undefined ? {} : { cursor }) });
      yield* page.runs;
      cursor = page.next;
      if (cursor === undefined) return;
    }
  }

  /**
   * Finds the run that a text leads to: an id of it or of a task of it, a task's own `taskId`, its readable id, its name, or
   * the beginning of an id that no other run shares. Of several runs with one name it is the youngest.
   * @throws UnknownRunError, also when more than one begins so; RunExpiredError for the id of one that is gone
   */
  async find(text: string): Promise<RunInfo> {
    return await this.#keeper.find(text);
  }

  /** Shows a run: how it stands, and `nodes()` to read each of its nodes. @throws what `find` throws */
  async inspect(text: string): Promise<RunDetails> {
    return await this.#keeper.inspect(text);
  }

  /**
   * Gives the last lines that tasks of a run have logged by `getTaskLogger`, as many as `logLinesKept` says, in order. What they
   * print otherwise stays with their workers.
   * @throws what `find` throws
   */
  async log(text: string): Promise<readonly RunLogLine[]> {
    return await this.#keeper.log(text);
  }

  /**
   * Lets nothing more of a run begin. What runs goes on to its end; what comes then waits until the run is continued. Safe to
   * repeat; a run that has ended stays as it is.
   * @throws what `find` throws
   */
  async pause(text: string): Promise<RunInfo> {
    return await this.#keeper.pause(text);
  }

  /** Lets a run go on that was paused. Safe to repeat. @throws what `find` throws */
  async continue(text: string): Promise<RunInfo> {
    return await this.#keeper.continue(text);
  }

  /**
   * Ends a run: what has not begun never will, and what runs gets its `self.signal` aborted and is REVOKED at once; what it
   * returns then is dropped. Safe to repeat; a run that has ended stays as it is.
   * @throws what `find` throws
   */
  async cancel(text: string): Promise<RunInfo> {
    return await this.#keeper.cancel(text);
  }

  /**
   * Runs again what did not succeed of a run that has ended, with the graph as it was stored. Values that are there are reused;
   * attempts of before that still run change nothing any more.
   * @throws RunNotEndedError while it goes on; what `find` throws
   */
  async resume(text: string): Promise<ResumeReply> {
    return await this.#keeper.resume(text);
  }

  /**
   * Makes a new run of one that has ended: the task that you name runs again, with other arguments if you give some, and all
   * that follows from it; the rest is copied.
   * @throws RunNotEndedError, UnknownTaskIdError for a task that is not of this run, OptionError; what `find` throws
   */
  async fork(text: string, options: ForkOptions): Promise<ResumeReply> {
    checkNames(options, FORK_OPTIONS, "runs.fork");
    if (typeof options.from !== "string" && !(Number.isInteger(options.from) && options.from >= 0)) {
      throw new OptionError(`option \`from\` of runs.fork must be a task's id or its index; got ${show(options.from)}`);
    }
    if (options.args !== undefined && !Array.isArray(options.args)) {
      throw new OptionError(`option \`args\` of runs.fork must be a list; got ${show(options.args)}`);
    }
    checkRunName(options.name, "`name` of runs.fork");
    return await this.#keeper.fork(text, options);
  }

  get #keeper(): RunKeeper {
    return this.#engine().runs;
  }
}

const LIST_OPTIONS: readonly string[] = [
  "state",
  "task",
  "name",
  "olderThan",
  "youngerThan",
  "limit",
  "cursor",
] satisfies (keyof ListRunsOptions)[];

const FORK_OPTIONS: readonly string[] = ["from", "args", "kwargs", "name"] satisfies (keyof ForkOptions)[];

const MOST_LISTED = 1000;
const LONGEST_NAME = 200;

function checkNames(options: object, known: readonly string[], where: string): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name))
      throw new OptionError(`unknown option \`${name}\` of ${where}${didYouMean(name, known)}`);
  }
}

function checkList({ state, olderThan, youngerThan, limit }: ListRunsOptions): void {
  for (const one of state === undefined ? [] : [state].flat()) {
    if (!runStates.includes(one)) {
      throw new OptionError(
        `option \`state\` of runs.list must be one or several of ${runStates.join(", ")}; got ${show(one)}`,
      );
    }
  }
  if (olderThan !== undefined) parseSeconds(olderThan, "option `olderThan` of runs.list");
  if (youngerThan !== undefined) parseSeconds(youngerThan, "option `youngerThan` of runs.list");
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1 && limit <= MOST_LISTED)) {
    throw new OptionError(
      `option \`limit\` of runs.list must be a whole number from 1 to ${MOST_LISTED}; got ${show(limit)}`,
    );
  }
}

/** Gives the name of a call's run as a request holds it. @throws OptionError */
export function nameOfRun(name: string | undefined): { readonly runName?: string } {
  checkRunName(name);
  return name === undefined ? {} : { runName: name };
}

/** @throws OptionError for what is no name of a run */
function checkRunName(name: unknown, what = "option `runName`"): void {
  if (name === undefined) return;
  if (typeof name === "string" && name !== "" && name.length <= LONGEST_NAME && !/\p{Cc}/u.test(name)) return;
  throw new OptionError(
    `${what} must be text of 1 to ${LONGEST_NAME} characters without control characters; got ${show(name)}`,
  );
}
