/** Telling that a connection is at fault. One rule: the words and codes of ioredis are known here and nowhere else. */
import { OperationalError, UmbelError } from "@umbel/core";

const CODES: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOENT",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
]);

/** Whether an error of ioredis says that the connection, and not the command, is at fault. */
export function isConnectionError(error: unknown): error is Error {
  if (!(error instanceof Error) || error instanceof UmbelError) return false;
  const code: unknown = Reflect.get(error, "code");
  return (
    (typeof code === "string" && CODES.has(code)) ||
    error.name === "MaxRetriesPerRequestError" ||
    error.message === "Connection is closed."
  );
}

/** Words an error of the connection, with the broker's address. Errors of ours stay what they are. */
export function unreachable(error: unknown, broker: { readonly address: string }): Error {
  if (error instanceof UmbelError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new OperationalError(
    `cannot reach Redis at ${broker.address}: ${reason}; start it, or name another with \`broker\``,
    { cause: error },
  );
}
