/**
 * What core asks of an engine. One rule: core knows no store, no queue and no clock; the canvas package implements
 * this interface, and `umbel` puts the two together.
 */

import type { DeadLetterBox } from "./dead-letters.ts";
import type { Deduplication, DeduplicationInput } from "./deduplication.ts";
import type { CallOptions } from "./options.ts";
import type { Producer } from "./producer.ts";
import type { PublishOptions, RetryPolicyInput } from "./retry-policy.ts";
import type { RunKeeper } from "./runs.ts";
import type { WireError } from "./serialization/error.ts";
import type { SignatureData } from "./signature/data.ts";
import type { AnySignature } from "./signature/types.ts";
import type { State } from "./states.ts";

/** Options of one call: those of a signature, and arguments by name. */
export interface ApplyOptions extends CallOptions {
  kwargs?: Readonly<Record<string, unknown>>;
  /** What the run of this call is called: `app.runs` finds and lists it by this name. Need not be unique. */
  runName?: string;
  /** Whether a call that the broker did not take is sent again; the setting `taskPublishRetry` unless said. */
  retry?: boolean;
  /** How it is sent again; the setting `taskPublishRetryPolicy` where it says nothing. */
  retryPolicy?: RetryPolicyInput;
  /** Which calls are the same: of those within the window, the first is sent, and its result is that of all. */
  deduplication?: DeduplicationInput;
  /** What waits for it, with others, until it is stored: what `app.producer()` gives. */
  producer?: Producer;
}

/** A signature that is to run, with the arguments and options of this call. */
export interface SubmitRequest {
  readonly signature: SignatureData;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly options: CallOptions;
  /** What the run is called. */
  readonly runName?: string;
  /** How it is sent again when the broker does not take it. */
  readonly publishing?: PublishOptions;
  /** It is not sent when one with its key was. */
  readonly deduplication?: Deduplication;
  /** Members of the signature, a group or a chord, that are taken one by one while it is stored. */
  readonly members?: Iterable<AnySignature> | AsyncIterable<AnySignature>;
}

/** A run whose ids are fixed. */
export interface SubmittedRun {
  /** The id of its result: its last task's, or its group's. */
  readonly resultId: string;
  /** Whether the result is a group's. */
  readonly isGroup: boolean;
  /**
   * Resolves once the run is stored and can no longer be lost; an eager one, once all of it has ended. Gives the result that
   * stands for it where its deduplication found a call before it; then nothing was stored.
   * @throws OperationalError
   */
  readonly stored: Promise<ResultReference | undefined>;
}

/** What is known of one task, or of a group as a whole. */
export interface ResultRecord {
  readonly state: State;
  /** The result, when `state` is SUCCESS. */
  readonly value?: unknown;
  /** What is stored as its error, when `state` is FAILURE or REVOKED. */
  readonly error?: WireError;
  /** What the task has told with a state of its own, while `state` is that one. */
  readonly info?: unknown;
  /** The stamps of the call, where it is watched. */
  readonly stamps?: Readonly<Record<string, unknown>>;
  /** What `get()` throws: the error of the step that failed first, where `error` only follows from it. */
  readonly raised?: WireError;
}

/** A result as another one names it. */
export interface ResultReference {
  readonly id: string;
  readonly isGroup: boolean;
}

/**
 * A result as plain data, in Celery's form: its id and its parent's tuple, and for a group its members' tuples. From it,
 * `app.resultFromTuple` makes the handle again.
 */
export type ResultTuple = readonly [
  result: readonly [id: string, parent: ResultTuple | null],
  members: readonly ResultTuple[] | null,
];

/** Results of a group: its id, for all of its members, or ids. */
export type Members = string | readonly string[];

/** How long to wait. */
export interface WaitLimits {
  readonly timeoutMs?: number;
  /** Ends the waiting; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** How far revoking goes. */
export interface RevokeOptions {
  /** Ends attempts that run: the task is REVOKED at once, its `self.signal` is aborted, and what it returns is dropped. */
  terminate?: boolean;
  /** Revokes also what comes after it in its chain. */
  cascade?: boolean;
  /** Revokes the whole run that it belongs to, whatever comes before, beside or after it. */
  run?: boolean;
}

/**
 * What became of what was to be revoked: it is REVOKED now, or a group of which members are; it runs, and goes on (its
 * next try is revoked, and whatever of a group had not begun); or it had ended before.
 */
export type RevokeReply = "revoked" | "running" | "ended";

/** Runs signatures and knows their results. Opens nothing before it is asked for something. */
export interface Engine {
  /**
   * Fixes the ids and starts storing the run.
   * @throws InvalidSignatureError, NotRegistered, TypeError at once, before anything is sent
   */
  submit(request: SubmitRequest): SubmittedRun;
  /** Opens what it sends by. @throws OperationalError */
  connect(): Promise<void>;
  /** Reads the state of a task or group now; an unknown id is PENDING. */
  read(id: string): Promise<ResultRecord>;
  /**
   * Resolves when the task or group has ended. Limits hold from the call on, whatever must be opened or asked first.
   * @param stored the call that this is the result of is stored when it resolves, or another stands for it
   * @throws TimeoutError after `timeoutMs`; UnknownTaskIdError; RunExpiredError
   */
  wait(id: string, limits: WaitLimits, stored?: SubmittedRun["stored"]): Promise<ResultRecord>;
  /**
   * Gives what is known of a task or group now, and again whenever it has changed, up to its end.
   * @throws what `wait` throws
   */
  watch(id: string, limits: WaitLimits): AsyncGenerator<ResultRecord>;
  /** Reads states now, in order. @throws UnknownTaskIdError, RunExpiredError for a group that is not there */
  states(members: Members): Promise<readonly State[]>;
  /**
   * Gives the results of members as they end, each with its place in the group; those that have ended first.
   * @throws what `wait` throws
   */
  ends(members: Members, limits: WaitLimits): AsyncGenerator<readonly [place: number, record: ResultRecord]>;
  /** Gives the result before this one. @throws UnknownTaskIdError, RunExpiredError */
  parent(id: string): Promise<ResultReference | undefined>;
  /**
   * Gives what the task called or led to, or the members of the group. Where a group took a task's place, its members come
   * first.
   * @throws UnknownTaskIdError, RunExpiredError
   */
  children(id: string): Promise<readonly ResultReference[]>;
  /** Gives the members of a group, or of one that took a task's place. @throws UnknownTaskIdError for any other, RunExpiredError */
  members(id: string): Promise<readonly ResultReference[]>;
  /** Deletes results, with those before them. What is not there is forgotten already. @throws RunNotEndedError */
  forget(ids: readonly string[]): Promise<void>;
  /** Revokes a task, the members of a group, or a whole run. @throws UnknownTaskIdError, RunExpiredError */
  revoke(id: string, options: RevokeOptions): Promise<RevokeReply>;
  /** The runs that are stored. */
  readonly runs: RunKeeper;
  /** The calls that tasks rejected. */
  readonly deadLetters: DeadLetterBox;
  /** Keeps the members of a group that no run made, for as long as an ended run. */
  saveGroup(id: string, members: readonly ResultTuple[]): Promise<void>;
  /** Gives a group by its id: `members` for one that was saved, `{}` for one of a run, `undefined` for none. */
  findGroup(id: string): Promise<{ readonly members?: readonly ResultTuple[] } | undefined>;
  /** Deletes what `saveGroup` keeps. */
  deleteGroup(id: string): Promise<void>;
  /** Ends what the engine opened. Safe to repeat. */
  close(): Promise<void>;
}
