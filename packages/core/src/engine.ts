/**
 * What core asks of an engine. One rule: core knows no store, no queue and no clock; the canvas package implements
 * this interface, and `umbel` puts the two together.
 */
import type { CallOptions } from "./options.ts";
import type { WireError } from "./serialization/error.ts";
import type { SignatureData } from "./signature/data.ts";
import type { State } from "./states.ts";

/** Options of one call: those of a signature, and arguments by name. */
export interface ApplyOptions extends CallOptions {
  kwargs?: Readonly<Record<string, unknown>>;
}

/** A signature that is to run, with the arguments and options of this call. */
export interface SubmitRequest {
  readonly signature: SignatureData;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly options: CallOptions;
}

/** A run whose ids are fixed. */
export interface SubmittedRun {
  /** The id of its result: its last task's, or its group's. */
  readonly resultId: string;
  /** Whether the result is a group's. */
  readonly isGroup: boolean;
  /**
   * Resolves once the run is stored and can no longer be lost; an eager one, once all of it has ended.
   * @throws OperationalError
   */
  readonly stored: Promise<void>;
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
  /** What `get()` throws: the error of the step that failed first, where `error` only follows from it. */
  readonly raised?: WireError;
}

/** Runs signatures and knows their results. Opens nothing before it is asked for something. */
export interface Engine {
  /**
   * Fixes the ids and starts storing the run.
   * @throws InvalidSignatureError, NotRegistered, TypeError at once, before anything is sent
   */
  submit(request: SubmitRequest): SubmittedRun;
  /** Reads the state of a task or group now; an unknown id is PENDING. */
  read(id: string): Promise<ResultRecord>;
  /** Resolves when the task or group has ended. @throws TimeoutError after `timeoutMs` */
  wait(id: string, limits: { readonly timeoutMs?: number; readonly signal?: AbortSignal }): Promise<ResultRecord>;
  /** Ends what the engine opened. Safe to repeat. */
  close(): Promise<void>;
}
