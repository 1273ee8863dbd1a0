/** Whether a Redis can serve Umbel. One rule: what the server does not let us ask is not held against it. */
import { OperationalError } from "@umbel/core";
import { describeTooOld, parseVersionInfo, readInfoField } from "./server-version.ts";
import { messageOf } from "./system-error.ts";

/** The one thing that is needed of a connection here; both ioredis's `Redis` and `Cluster` have it. */
export interface InfoSource {
  info(): Promise<string>;
}

/**
 * Looks at a server's version and eviction policy.
 * @param address how messages name the server; without a password
 * @returns warnings, one text each; empty when all is well
 * @throws OperationalError when it is older than Redis 6.2 or Valkey 7.2; the connection's own error when it is lost
 */
export async function checkServer(connection: InfoSource, address: string): Promise<readonly string[]> {
  let info: string;
  try {
    info = await connection.info();
  } catch (error) {
    // An ACL may refuse INFO; a server that old has none.
    if (messageOf(error).startsWith("NOPERM")) return [];
    throw error;
  }
  const version = parseVersionInfo(info);
  const tooOld = version === undefined ? undefined : describeTooOld(version);
  if (tooOld !== undefined) {
    throw new OperationalError(`${address}: ${tooOld}; update it, or name another broker by --broker or FLOW_BROKER`);
  }
  const policy = readInfoField(info, "maxmemory_policy");
  if (policy === undefined || policy === "noeviction") return [];
  return [
    `${address} evicts keys when its memory is full (maxmemory-policy ${policy}), and workflows with them; set it to noeviction`,
  ];
}
