/** Telling that a connection, or the server behind it, is at fault. One rule: the words and codes of ioredis are known here and nowhere else. */
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

/** How ioredis says that a cluster has no node for a command, or had none for too long. */
const CLUSTER_MESSAGE =
  /^(Too many Cluster redirections|Failed to refresh slots cache|None of startup nodes is available|Cluster is ended)/;

/** How a server refuses what is not for it now: it loads, or is no primary any more, or its cluster has not enough nodes. */
const AWAY_REPLY = /^(CLUSTERDOWN|LOADING|MASTERDOWN|READONLY|TRYAGAIN|UNBLOCKED)\b/;

/** Whether an error of ioredis says that the connection or the server, and not the command, is at fault. */
export function isConnectionError(error: unknown): error is Error {
  if (!(error instanceof Error) || error instanceof UmbelError) return false;
  const code: unknown = Reflect.get(error, "code");
  return (
    (typeof code === "string" && CODES.has(code)) ||
    error.name === "MaxRetriesPerRequestError" ||
    error.message === "Connection is closed." ||
    CLUSTER_MESSAGE.test(error.message) ||
    AWAY_REPLY.test(error.message)
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
