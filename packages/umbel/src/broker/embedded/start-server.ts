/**
 * Starts the project's server. One rule: it is called by the holder of the project's lock only, and when it fails it
 * leaves no process, no socket and no record.
 */
import { spawn } from "node:child_process";
import { type FileHandle, open, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { OperationalError } from "@umbel/core";
import { type ServerProgram, searchServer } from "../find-server.ts";
import { noServer } from "../no-server.ts";
import { describeSystemError } from "../system-error.ts";
import { type FlowFolder, removeFile } from "./flow-folder.ts";
import { identifyProcess } from "./process-identity.ts";
import { serverConfig } from "./server-config.ts";
import { killServer, probeServer } from "./server-control.ts";
import { removeServerRecord, type ServerAccess, type ServerRecord, writeServerRecord } from "./server-record.ts";
import { orphanRecordPath, removeSocketFolder } from "./socket-folder.ts";

const START_TIMEOUT_MS = 20_000;

/** A log that grew longer than this is begun anew at the next start. */
const MAX_LOG_BYTES = 1_048_576;

/** How to start it. */
export interface StartOptions {
  /** The server program; by default the one that findServer gives. */
  readonly binary?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Starts a server that listens at `access`, writes its record, and resolves when it answers. It lives on when this
 * process ends.
 * @throws OperationalError when there is no server program, or it does not come up; says what it printed
 */
export async function startServer(
  folder: FlowFolder,
  access: ServerAccess,
  options: StartOptions,
): Promise<ServerRecord> {
  const path = options.binary ?? (await findProgram()).path;
  await writeServerRecord(folder.record, access);
  const log = await openLog(folder);
  try {
    const child = await spawnServer(path, folder, access, log.file);
    const process = child.pid === undefined ? undefined : await identifyProcess(child.pid);
    if (process === undefined) throw await failedStart(path, log, await child.ended);
    const record = { ...access, process };
    try {
      await writeServerRecord(folder.record, record);
      await writeServerRecord(orphanRecordPath(access.socketPath), record);
      await untilAnswers(child, access, options.signal);
      return record;
    } catch (error) {
      await killServer(process);
      throw error instanceof StartFailure ? await failedStart(path, log, error.message) : error;
    }
  } catch (error) {
    await removeServerRecord(folder);
    await removeSocketFolder(access.socketPath);
    throw error;
  } finally {
    await log.file.close();
  }
}

async function findProgram(): Promise<ServerProgram> {
  const search = await searchServer();
  if (search.program !== undefined) return search.program;
  throw await noServer(search.passedOver);
}

interface Child {
  readonly pid: number | undefined;
  /** Resolves with why it ended, or why it never began. */
  readonly ended: Promise<string>;
}

async function spawnServer(path: string, folder: FlowFolder, access: ServerAccess, log: FileHandle): Promise<Child> {
  // The settings hold the password, so they go in by standard input, where `ps` does not show them. They lie in a file
  // and not in a pipe: were we killed while writing to a pipe, the server would start with its own defaults, port 6379.
  const draft = join(folder.path, `redis.${process.pid}.conf`);
  await removeFile(draft);
  const input = await open(draft, "wx+", 0o600);
  try {
    await input.write(serverConfig(folder, access), 0);
    // write() at a position leaves the file's own position at its begin, where the server reads.
    const child = spawn(path, ["-"], { detached: true, stdio: [input.fd, log.fd, log.fd], cwd: folder.path });
    child.unref();
    const ended = new Promise<string>((resolve) => {
      child.once("error", (error) => resolve(describeSystemError(error)));
      child.once("exit", (code, signal) => resolve(`it ended with ${signal ?? `exit code ${code}`}`));
    });
    return { pid: child.pid, ended };
  } finally {
    await input.close();
    await removeFile(draft);
  }
}

/** Why a server did not come up; its message is the reason alone. */
class StartFailure extends Error {}

async function untilAnswers(child: Child, access: ServerAccess, signal: AbortSignal | undefined): Promise<void> {
  let reason: string | undefined;
  child.ended.then(
    (why) => {
      reason = why;
    },
    () => undefined,
  );
  const end = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < end) {
    signal?.throwIfAborted();
    if (reason !== undefined) throw new StartFailure(reason);
    // Asking costs a connection, so wait until there is a socket to connect to.
    if (await exists(access.socketPath)) {
      const { kind } = await probeServer(access);
      // While it loads its log it takes connections, and clients wait by themselves.
      if (kind === "ready" || kind === "loading") return;
    }
    await sleep(5, undefined, { signal });
  }
  throw new StartFailure(`it did not answer within ${START_TIMEOUT_MS / 1000} s`);
}

interface Log {
  readonly file: FileHandle;
  readonly path: string;
  /** Where the lines of this start begin. */
  readonly begin: number;
}

async function openLog(folder: FlowFolder): Promise<Log> {
  const sizeBytes = (await stat(folder.log).catch(() => undefined))?.size ?? 0;
  const anew = sizeBytes > MAX_LOG_BYTES;
  return { file: await open(folder.log, anew ? "w" : "a", 0o600), path: folder.log, begin: anew ? 0 : sizeBytes };
}

async function failedStart(path: string, log: Log, reason: string): Promise<OperationalError> {
  const printed = await readSince(log);
  return new OperationalError(
    `${path} does not start: ${reason}; it printed to ${log.path}:${printed === "" ? " nothing" : `\n${printed}`}`,
  );
}

async function readSince({ path, begin }: Log): Promise<string> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(Math.max(size - begin, 0), 65_536));
    await file.read(buffer, 0, buffer.length, begin);
    return buffer.toString("utf8").trimEnd().split("\n").slice(-8).join("\n");
  } finally {
    await file.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
