/** Ends the Redis of a project by hand. One rule: nobody who uses it loses it unless that was asked for. */
import { realpath } from "node:fs/promises";
import { flowFolder } from "./flow-folder.ts";
import { withLock } from "./lock.ts";
import { takeDown } from "./server-life.ts";
import { readServerRecord } from "./server-record.ts";
import { evictUser, sweepUsers, type User } from "./users.ts";

/** What became of the attempt to stop. */
export type StopResult =
  | { readonly kind: "not-running" }
  | { readonly kind: "in-use"; readonly users: readonly User[] }
  | { readonly kind: "stopped"; readonly evicted: readonly User[] };

/**
 * Ends the Redis of a project, unless somebody uses it and `force` is not set. Who is forced out does not start it
 * again; the data stays.
 */
export async function stopEmbeddedRedis(
  project: string,
  options: { readonly force?: boolean; readonly signal?: AbortSignal } = {},
): Promise<StopResult> {
  const folder = flowFolder(await realpath(project));
  if ((await readServerRecord(folder.record)) === undefined) return { kind: "not-running" };
  return withLock(
    folder.path,
    async (): Promise<StopResult> => {
      const record = await readServerRecord(folder.record);
      if (record === undefined) return { kind: "not-running" };
      const users = await sweepUsers(folder);
      if (users.length > 0 && options.force !== true) return { kind: "in-use", users };
      // The leases first: who loses the connection looks there before it starts a server.
      for (const user of users) await evictUser(user);
      const ran = await takeDown(folder, record);
      return ran ? { kind: "stopped", evicted: users } : { kind: "not-running" };
    },
    { signal: options.signal },
  );
}
