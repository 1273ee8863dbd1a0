/**
 * Who uses the project's server. One rule: a user is a file, a lease that names its process, and not a connection: a
 * client that has lost its connection for a moment is still a user, and a process that was killed is none.
 *
 * Only the holder of the project's lock changes the list; a lease that its dead process left behind is removed by the
 * next one that looks.
 */
import { randomUUID } from "node:crypto";
import { readdir, stat, utimes } from "node:fs/promises";
import { basename, join } from "node:path";
import { codeOf } from "../system-error.ts";
import { type FlowFolder, readJsonFile, removeFile, writeJsonFile } from "./flow-folder.ts";
import { findProcess, ownIdentity, type ProcessIdentity, parseProcessIdentity } from "./process-identity.ts";

/** A user of the server. */
export interface User extends ProcessIdentity {
  /** What the process is, for people: `flow worker`, `report.ts`. */
  readonly name: string;
  /** ISO 8601. */
  readonly since: string;
  /** Whether `flow redis stop --force` took the server from it; it then starts none again. */
  readonly evicted: boolean;
  /** Path of its lease. */
  readonly lease: string;
}

/** A user in another container is taken for alive this long after it last touched its lease. */
const ELSEWHERE_ALIVE_MS = 30_000;

/** How often a user touches its lease, for those that cannot see its process. */
export const TOUCH_INTERVAL_MS = 10_000;

/** Adds this process to the users and gives the path of its lease. A process may have several. */
export async function addUser(folder: FlowFolder, name: string): Promise<string> {
  const identity = await ownIdentity();
  const lease = join(folder.users, `${identity.pid}-${randomUUID()}.json`);
  await writeLease({ ...identity, name, since: new Date().toISOString(), evicted: false, lease });
  return lease;
}

/** Writes a lease again that was removed with the folder, or does nothing when it is there. */
export async function restoreUser(lease: string, name: string): Promise<void> {
  if ((await readLease(lease)) !== undefined) return;
  await writeLease({ ...(await ownIdentity()), name, since: new Date().toISOString(), evicted: false, lease });
}

/** Tells whether `flow redis stop --force` took the server from this user. */
export async function wasEvicted(lease: string): Promise<boolean> {
  return (await readLease(lease))?.evicted ?? false;
}

/** Takes the server from a user: its lease stays, so that it learns of it. */
export async function evictUser(user: User): Promise<void> {
  await writeLease({ ...user, evicted: true });
}

/** Ends a lease. Safe to repeat. */
export async function removeUser(lease: string): Promise<void> {
  await removeFile(lease);
}

/** Marks a lease as in use now. Needs no lock. */
export async function touchUser(lease: string): Promise<void> {
  const now = new Date();
  await utimes(lease, now, now).catch((error: unknown) => {
    // The folder was removed; the next check of the server writes the lease again.
    if (codeOf(error) !== "ENOENT") throw error;
  });
}

/** Gives the users that live and were not evicted. Changes nothing. */
export async function listUsers(folder: FlowFolder): Promise<User[]> {
  const { living } = await readUsers(folder);
  return living.filter((user) => !user.evicted);
}

/** Gives the users as listUsers does, and removes the leases of processes that are gone. */
export async function sweepUsers(folder: FlowFolder): Promise<User[]> {
  const { living, deadLeases } = await readUsers(folder);
  for (const lease of deadLeases) await removeFile(lease);
  return living.filter((user) => !user.evicted);
}

async function readUsers(folder: FlowFolder): Promise<{ living: User[]; deadLeases: string[] }> {
  const names = await readdir(folder.users).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  });
  const living: User[] = [];
  const deadLeases: string[] = [];
  for (const name of names) {
    const lease = join(folder.users, name);
    const user = await readLease(lease);
    if (user !== undefined && (await isLiving(user))) living.push(user);
    else deadLeases.push(lease);
  }
  return { living, deadLeases };
}

async function isLiving(user: User): Promise<boolean> {
  const state = await findProcess(user);
  if (state !== "elsewhere") return state === "alive";
  const stats = await stat(user.lease).catch(() => undefined);
  return stats !== undefined && Date.now() - stats.mtimeMs < ELSEWHERE_ALIVE_MS;
}

async function readLease(lease: string): Promise<User | undefined> {
  const value = await readJsonFile(lease);
  const identity = parseProcessIdentity(value);
  if (identity === undefined || typeof value !== "object" || value === null) return undefined;
  const name = "name" in value && typeof value.name === "string" ? value.name : basename(lease);
  const since = "since" in value && typeof value.since === "string" ? value.since : "";
  const evicted = "evicted" in value && value.evicted === true;
  return { ...identity, name, since, evicted, lease };
}

async function writeLease({ lease, ...content }: User): Promise<void> {
  await writeJsonFile(lease, content);
}
