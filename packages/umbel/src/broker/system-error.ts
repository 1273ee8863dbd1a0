/** Errors of the system: their codes, and what these mean in words. */
import { isNativeError } from "node:util/types";

const MEANINGS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOENT: "no such file",
  ENOSPC: "the disk is full",
  ECONNREFUSED: "connection refused",
  ECONNRESET: "the connection was cut",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "no route to the host",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "the host's name cannot be looked up now",
  ETIMEDOUT: "no answer in time",
};

/** Whether a value is an Error: also one of another `Error`, as in Jest, or one that came from a thread of Node's loader. */
export function isError(value: unknown): value is Error {
  return isNativeError(value) || value instanceof Error;
}

/** Gives the `code` of an error of the system, such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  if (!isError(error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** Gives the message of what was thrown, whatever it is. */
export function messageOf(thrown: unknown): string {
  return isError(thrown) ? thrown.message : String(thrown);
}

/** Gives what was thrown as an Error. */
export function asError(thrown: unknown): Error {
  return isError(thrown) ? thrown : new Error(String(thrown));
}

/** Gives what an error says, in words where its code is a known one. */
export function describeSystemError(error: unknown): string {
  const code = codeOf(error);
  const meaning = code !== undefined && Object.hasOwn(MEANINGS, code) ? MEANINGS[code] : undefined;
  return meaning ?? messageOf(error);
}
