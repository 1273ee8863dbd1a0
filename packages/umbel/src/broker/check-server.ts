/** Whether a Redis can serve Umbel. One rule: what the server does not let us ask is not held against it. */
import { OperationalError } from "@umbel/core";
import { describeTooOld, parseVersionInfo, readInfoField } from "./server-version.ts";
import { isError, messageOf } from "./system-error.ts";

/** The one thing that is needed of a connection here; both ioredis's `Redis` and `Cluster` have it. */
export interface InfoSource {
  info(): Promise<string>;
}

/** What is needed of a connection to see whether a database is there. */
export interface DatabaseSource {
  select(db: number): Promise<unknown>;
  config(subcommand: "GET", parameter: string): Promise<unknown>;
}

/**
 * Chooses a database by its number. ioredis chooses it too, and goes on with database 0 where the server refuses it.
 * @param address how messages name the server; without a password
 * @throws OperationalError when it is not there, or may not be used; the connection's own error when it is lost
 */
export async function checkDatabase(connection: DatabaseSource, db: number, address: string): Promise<void> {
  if (db === 0) return;
  try {
    await connection.select(db);
  } catch (cause) {
    if (!isError(cause) || cause.name !== "ReplyError") throw cause;
    const { message } = cause;
    if (!/DB index/i.test(message)) {
      const fix = "leave the number out, or name another broker by --broker or FLOW_BROKER";
      throw new OperationalError(`${address}: database ${db} cannot be used: ${message}; ${fix}`, { cause });
    }
    const last = await lastDatabase(connection);
    const known = last === undefined ? "" : `, the last one is ${last}`;
    throw new OperationalError(
      `${address}: there is no database ${db}${known}; name another, or raise \`databases\` in the server's configuration`,
      { cause },
    );
  }
}

/** The number of the last database, where the server lets us ask. */
async function lastDatabase(connection: DatabaseSource): Promise<number | undefined> {
  const reply = await connection.config("GET", "databases").catch(() => undefined);
  const count = Array.isArray(reply) ? Number(reply[1]) : Number.NaN;
  return Number.isInteger(count) && count > 0 ? count - 1 : undefined;
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
