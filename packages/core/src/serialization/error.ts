/** Errors over the wire: what a task threw, as data, and back. One rule: name, message, code and stack survive as they were. */
import { types } from "node:util";
import { ChordError, RemoteError, TaskRevokedError, WorkerLostError } from "../errors.ts";
import { show } from "../show.ts";

/** An error as data. */
export interface WireError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: WireError;
}

/** How many causes of causes are kept: enough for people, and an end for a cycle. */
const MOST_CAUSES = 8;

/** Turns whatever was thrown into data. A value that is not an Error is shown in the message. */
export function encodeError(thrown: unknown, depth = 0): WireError {
  if (!isError(thrown)) {
    return { name: "Error", message: `a value that is not an Error was thrown: ${show(thrown)}` };
  }
  const code: unknown = Reflect.get(thrown, "code");
  const remoteStack: unknown = Reflect.get(thrown, "remoteStack");
  const stack = typeof remoteStack === "string" ? remoteStack : thrown.stack;
  return {
    name: thrown.name,
    message: thrown.message,
    ...(typeof code === "string" ? { code } : {}),
    ...(typeof stack === "string" ? { stack } : {}),
    ...(thrown.cause === undefined || thrown.cause === null || depth >= MOST_CAUSES
      ? {}
      : { cause: encodeError(thrown.cause, depth + 1) }),
  };
}

/** An error of another realm, as Node's own are where Jest runs the code, is no instance of this one's Error. */
function isError(thrown: unknown): thrown is Error {
  return thrown instanceof Error || types.isNativeError(thrown);
}

type ErrorClass = new (message: string, options?: { cause?: unknown }) => Error;

/** Errors that the engine itself makes come back as instances of their class. */
const OWN_ERRORS: ReadonlyMap<string, ErrorClass> = new Map<string, ErrorClass>([
  ["CHORD_ERROR", ChordError],
  ["TASK_REVOKED", TaskRevokedError],
  ["WORKER_LOST", WorkerLostError],
]);

/** Turns data back into an Error: one of the engine's own classes, or a RemoteError with the original's name. */
export function decodeError(wire: WireError): Error {
  const cause = wire.cause === undefined ? undefined : decodeError(wire.cause);
  const own = wire.code === undefined ? undefined : OWN_ERRORS.get(wire.code);
  if (own !== undefined) {
    const error = new own(wire.message, cause === undefined ? {} : { cause });
    if (error.name === wire.name) return error;
  }
  return new RemoteError(wire.name, wire.message, {
    ...(wire.code === undefined ? {} : { code: wire.code }),
    ...(wire.stack === undefined ? {} : { remoteStack: wire.stack }),
    ...(cause === undefined ? {} : { cause }),
  });
}
