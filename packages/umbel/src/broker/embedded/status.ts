/** How the Redis of a project is, and who uses it. One rule: looking starts and changes nothing. */
import { realpath } from "node:fs/promises";
import { parseVersionInfo, readInfoField, type ServerVersion } from "../server-version.ts";
import { flowFolder } from "./flow-folder.ts";
import { findProcess } from "./process-identity.ts";
import { probeServer } from "./server-control.ts";
import { readServerRecord } from "./server-record.ts";
import { listUsers, type User } from "./users.ts";

/** What is known of a project's Redis. `silent`: its process lives, but does not answer. */
export type EmbeddedStatus =
  | { readonly kind: "stopped"; readonly project: string }
  | {
      readonly kind: "running" | "silent";
      readonly project: string;
      readonly pid?: number;
      readonly socketPath: string;
      readonly version?: ServerVersion;
      readonly uptimeSeconds?: number;
      readonly memoryBytes?: number;
      readonly users: readonly User[];
    };

/** Tells how the Redis of a project is. */
export async function readEmbeddedStatus(project: string): Promise<EmbeddedStatus> {
  const folder = flowFolder(await realpath(project));
  const record = await readServerRecord(folder.record);
  if (record === undefined) return { kind: "stopped", project: folder.project };
  const probe = await probeServer(record);
  const lives = record.process !== undefined && (await findProcess(record.process)) === "alive";
  if (probe.kind !== "ready" && probe.kind !== "loading" && !lives) return { kind: "stopped", project: folder.project };
  return {
    kind: probe.kind === "ready" || probe.kind === "loading" ? "running" : "silent",
    project: folder.project,
    socketPath: record.socketPath,
    ...(record.process === undefined ? {} : { pid: record.process.pid }),
    ...(probe.kind === "ready" ? readInfo(probe.info) : {}),
    users: await listUsers(folder),
  };
}

function readInfo(info: string): { version?: ServerVersion; uptimeSeconds?: number; memoryBytes?: number } {
  const version = parseVersionInfo(info);
  return {
    ...(version === undefined ? {} : { version }),
    uptimeSeconds: Number(readInfoField(info, "uptime_in_seconds") ?? 0),
    memoryBytes: Number(readInfoField(info, "used_memory") ?? 0),
  };
}
