/** Errors over the wire: what a task threw, as data, and back. One rule: name, message, code and stack survive as they were. */
import { types } from "node:util";
import type { ErrorClass } from "../autoretry.ts";
import {
  ChordError,
  MaxRetriesExceededError,
  OptionError,
  Reject,
  RemoteError,
  SoftTimeLimitExceeded,
  TaskRevokedError,
  TimeLimitExceeded,
  WorkerLostError,
} from "../errors.ts";
import { show } from "../show.ts";

/** An error as data. */
export interface WireError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: WireError;
  /** The name under which its class is registered. */
  readonly type?: string;
  /** What an error of a registered class has of its own. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** Classes that come back as instances, by name. */
const registered = new Map<string, ErrorClass>();
const namesOfRegistered = new Map<unknown, string>();

/**
 * Lets errors of a class come back as its instances, in every App of this process: with their message, stack, cause and
 * those of their own properties that can be stored. The constructor is not called. Both sides must register it; of two
 * classes with one name, as a module that is loaded twice has them, the later counts.
 * @param name by which both sides know the class; its own unless said
 * @throws OptionError for what is no class of errors or has no name
 */
export function registerError(errorClass: ErrorClass, name: string = errorClass.name): void {
  if (typeof errorClass !== "function" || !(errorClass.prototype instanceof Error)) {
    throw new OptionError(`\`registerError\` takes a class that extends Error; got ${show(errorClass)}`);
  }
  if (name === "")
    throw new OptionError("`registerError` needs a name for a class that has none: registerError(class, name)");
  registered.set(name, errorClass);
  namesOfRegistered.set(errorClass, name);
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
    ...registeredParts(thrown),
    ...(thrown.cause === undefined || thrown.cause === null || depth >= MOST_CAUSES
      ? {}
      : { cause: encodeError(thrown.cause, depth + 1) }),
  };
}

/** What lets an error come back as an instance of its class. */
function registeredParts(error: Error): Pick<WireError, "type" | "fields"> {
  const type = namesOfRegistered.get(error.constructor);
  if (type === undefined) return {};
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(error)) {
    if (!OWN_PARTS.has(name) && isStorable(value)) fields[name] = value;
  }
  return { type, ...(Object.keys(fields).length === 0 ? {} : { fields }) };
}

const OWN_PARTS: ReadonlySet<string> = new Set(["name", "message", "stack", "cause", "remoteStack"]);

/** Whether a value is plain data, as JSON has it. */
function isStorable(value: unknown): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object") return false;
  if (Array.isArray(value)) return value.every(isStorable);
  return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isStorable);
}

/** An error of another realm, as Node's own are where Jest runs the code, is no instance of this one's Error. */
export function isError(thrown: unknown): thrown is Error {
  return thrown instanceof Error || types.isNativeError(thrown);
}

type OwnErrorClass = new (message: string, options?: { cause?: unknown }) => Error;

/** Errors that the engine itself makes come back as instances of their class. */
const OWN_ERRORS: ReadonlyMap<string, OwnErrorClass> = new Map<string, OwnErrorClass>([
  ["CHORD_ERROR", ChordError],
  ["MAX_RETRIES_EXCEEDED", MaxRetriesExceededError],
  ["REJECTED", Reject],
  ["SOFT_TIME_LIMIT_EXCEEDED", SoftTimeLimitExceeded],
  ["TIME_LIMIT_EXCEEDED", TimeLimitExceeded],
  ["TASK_REVOKED", TaskRevokedError],
  ["WORKER_LOST", WorkerLostError],
]);

/** Turns data back into an Error: of a registered class, one of the engine's own, or a RemoteError with the original's name. */
export function decodeError(wire: WireError): Error {
  const cause = wire.cause === undefined ? undefined : decodeError(wire.cause);
  const known = wire.type === undefined ? undefined : registered.get(wire.type);
  if (known !== undefined) return instanceOf(known, wire, cause);
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

function instanceOf(errorClass: ErrorClass, wire: WireError, cause: Error | undefined): Error {
  // Not the class's constructor: nobody knows what it takes.
  const error = new Error(wire.message, cause === undefined ? {} : { cause });
  Object.setPrototypeOf(error, errorClass.prototype as object);
  Object.assign(error, wire.fields);
  const hidden = { configurable: true, writable: true, enumerable: false };
  if (error.name !== wire.name) Object.defineProperty(error, "name", { ...hidden, value: wire.name });
  if (wire.stack !== undefined) {
    Object.defineProperty(error, "stack", { ...hidden, value: wire.stack });
    Object.defineProperty(error, "remoteStack", { ...hidden, value: wire.stack });
  }
  return error;
}
