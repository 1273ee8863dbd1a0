/**
 * Where the server's socket lies. One rule: its path must be short, since the system cuts no longer one than 103 bytes
 * for everybody (104 with the closing zero on macOS, 108 on Linux), so it is not in the project but named after it.
 */
import { createHash } from "node:crypto";
import { lstat, mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { OperationalError } from "@umbel/core";
import { codeOf, describeSystemError } from "../system-error.ts";

const MAX_SOCKET_PATH_BYTES = 103;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Makes the folder of a project's socket and gives the socket's path. The same project and environment give the same
 * path.
 * @param project real path of the project
 * @throws OperationalError when no folder can be made, or another user of the machine made it before us
 */
export async function makeSocketPath(project: string, environment: Environment = process.env): Promise<string> {
  const hash = createHash("sha256").update(project).digest("hex").slice(0, 16);
  const user = process.getuid?.() ?? 0;
  const runtime = environment.XDG_RUNTIME_DIR;
  const bases = [runtime !== undefined && isAbsolute(runtime) ? runtime : undefined, tmpdir(), "/tmp"];
  const problems: string[] = [];
  for (const base of bases) {
    if (base === undefined) continue;
    const path = join(base, `umbel-${user}-${hash}`, "redis.sock");
    const problem = await makePrivateFolder(path, user);
    if (problem === undefined) return path;
    problems.push(`${dirname(path)}: ${problem}`);
  }
  throw new OperationalError(`no folder for the socket of the project's Redis; tried ${problems.join("; ")}`);
}

/** Makes the folder of a socket again if it was removed, and tells whether it is ours and can be used. */
export async function keepSocketFolder(socketPath: string): Promise<boolean> {
  return (await makePrivateFolder(socketPath, process.getuid?.() ?? 0)) === undefined;
}

/**
 * Gives the path of the server's record beside its socket: by it a server is found again whose `.flow` folder the user
 * removed while it ran.
 */
export function orphanRecordPath(socketPath: string): string {
  return join(dirname(socketPath), "redis.json");
}

/** Removes the socket's folder with all in it. Safe to repeat. */
export async function removeSocketFolder(socketPath: string): Promise<void> {
  const folder = dirname(socketPath);
  // Nothing but what makeSocketPath made is ever removed.
  if (/^umbel-\d+-[0-9a-f]{16}$/.test(folder.slice(folder.lastIndexOf("/") + 1))) {
    await rm(folder, { recursive: true, force: true });
  }
}

async function makePrivateFolder(socketPath: string, user: number): Promise<string | undefined> {
  if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH_BYTES)
    return `the path is longer than ${MAX_SOCKET_PATH_BYTES} bytes`;
  const folder = dirname(socketPath);
  try {
    await mkdir(folder, { mode: 0o700 });
    return undefined;
  } catch (error) {
    if (codeOf(error) !== "EEXIST") return describeSystemError(error);
  }
  // In /tmp anybody may have made it, to listen in; lstat does not follow a link that was laid there.
  const stats = await lstat(folder);
  if (!stats.isDirectory() || stats.uid !== user || (stats.mode & 0o077) !== 0) return "it belongs to somebody else";
  return undefined;
}
