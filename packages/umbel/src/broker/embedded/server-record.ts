/**
 * What is known of the project's server, in `.flow/redis.json`. One rule: it is written before the server is started,
 * so there is never a server that nobody knows of.
 */
import { type FlowFolder, readJsonFile, removeFile, writeJsonFile } from "./flow-folder.ts";
import { type ProcessIdentity, parseProcessIdentity } from "./process-identity.ts";

/** Where the server is and how to log in. */
export interface ServerAccess {
  readonly socketPath: string;
  readonly password: string;
}

/** A server that runs, ran, or is about to. */
export interface ServerRecord extends ServerAccess {
  /** Missing only while the server is being started. */
  readonly process?: ProcessIdentity;
}

/** Reads the record; `undefined` when the project has no server, or the file is none of ours. */
export async function readServerRecord(path: string): Promise<ServerRecord | undefined> {
  const value = await readJsonFile(path);
  if (typeof value !== "object" || value === null || !("socketPath" in value && "password" in value)) return undefined;
  const { socketPath, password } = value;
  if (typeof socketPath !== "string" || typeof password !== "string") return undefined;
  const server = "process" in value ? parseProcessIdentity(value.process) : undefined;
  return { socketPath, password, ...(server === undefined ? {} : { process: server }) };
}

/** Writes the record, whole or not at all. */
export async function writeServerRecord(path: string, record: ServerRecord): Promise<void> {
  await writeJsonFile(path, record);
}

/** Removes the project's record. Safe to repeat. */
export async function removeServerRecord(folder: FlowFolder): Promise<void> {
  await removeFile(folder.record);
}
