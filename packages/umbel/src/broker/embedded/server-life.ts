/**
 * Brings the project's server up and takes it down. One rule: only the holder of the project's lock calls these, and
 * they decide from what is true at that moment, so it does not matter who was killed when.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { OperationalError } from "@umbel/core";
import type { FlowFolder } from "./flow-folder.ts";
import { findProcess, identifyProcess, type ProcessIdentity } from "./process-identity.ts";
import { endServer, killServer, type Probe, probeServer } from "./server-control.ts";
import {
  readServerRecord,
  removeServerRecord,
  type ServerAccess,
  type ServerRecord,
  writeServerRecord,
} from "./server-record.ts";
import { keepSocketFolder, makeSocketPath, orphanRecordPath, removeSocketFolder } from "./socket-folder.ts";
import { type StartOptions, startServer } from "./start-server.ts";
import { listUsers } from "./users.ts";

/** A server whose starter was killed in the middle may need this long until it listens. */
const STARTING_MS = 2_000;

/**
 * Gives the access to a server that runs: the project's, or a new one in its place, with the same socket and password.
 * @param expected the access of one who used it before, in case the record is gone
 * @throws OperationalError when it cannot be started, does not answer, or is in use in another container
 */
export async function bringUp(
  folder: FlowFolder,
  options: StartOptions,
  expected?: ServerAccess,
): Promise<ServerAccess> {
  const record = await readServerRecord(folder.record);
  if (record !== undefined && (await isUsable(folder, record))) return record;
  const known = record ?? expected;
  const socketPath =
    known !== undefined && (await keepSocketFolder(known.socketPath))
      ? known.socketPath
      : await makeSocketPath(folder.project);
  const orphan = await endOrphan(socketPath);
  if (orphan !== undefined) await keepSocketFolder(socketPath);
  const password = known?.password ?? orphan?.password ?? randomBytes(24).toString("base64url");
  return startServer(folder, { socketPath, password }, options);
}

/**
 * Ends the project's server and removes its record and socket; the data stays.
 * @returns whether it ran
 */
export async function takeDown(folder: FlowFolder, record: ServerRecord): Promise<boolean> {
  const process = record.process ?? (await identifyByInfo(await probeServer(record)));
  const ran = process === undefined ? false : (await findProcess(process)) !== "gone";
  if (ran) await endServer(record, process);
  await removeServerRecord(folder);
  await removeSocketFolder(record.socketPath);
  return ran;
}

/**
 * Ends a server whose `.flow` folder was removed while it ran: it would go on listening at our socket, and lose what it
 * is told. Safe to repeat.
 * @returns its record
 */
export async function endOrphan(socketPath: string): Promise<ServerRecord | undefined> {
  const orphan = await readServerRecord(orphanRecordPath(socketPath));
  if (orphan === undefined) return undefined;
  if (orphan.process !== undefined) await killServer(orphan.process);
  await removeSocketFolder(socketPath);
  return orphan;
}

async function isUsable(folder: FlowFolder, record: ServerRecord): Promise<boolean> {
  const state = record.process === undefined ? "unknown" : await findProcess(record.process);
  if (state === "gone") return false;
  const probe = await probeUntilUp(record);
  switch (probe.kind) {
    case "ready":
    case "loading":
      await completeRecord(folder, record, probe);
      return true;
    case "silent":
      throw new OperationalError(
        `the Redis of ${folder.project} (process ${record.process?.pid ?? "unknown"}) does not answer; type \`flow redis stop --force\` and try again`,
        { cause: probe.cause },
      );
    case "absent":
    case "stranger":
      if (state === "elsewhere") await refuseSecondServer(folder);
      // It lives but cannot be reached: its socket was removed, or it never came up.
      if (record.process !== undefined) await killServer(record.process);
      return false;
  }
}

async function probeUntilUp(record: ServerRecord): Promise<Probe> {
  const end = performance.now() + STARTING_MS;
  for (;;) {
    const probe = await probeServer(record);
    if (probe.kind !== "absent" || performance.now() > end) return probe;
    await sleep(20);
  }
}

/** Adds the process that a starter had no time to write down. */
async function completeRecord(folder: FlowFolder, record: ServerRecord, probe: Probe): Promise<void> {
  if (record.process !== undefined) return;
  const process = await identifyByInfo(probe);
  if (process === undefined) return;
  await writeServerRecord(folder.record, { ...record, process });
  await writeServerRecord(orphanRecordPath(record.socketPath), { ...record, process });
}

async function identifyByInfo(probe: Probe): Promise<ProcessIdentity | undefined> {
  const pid = probe.kind === "ready" ? /^process_id:(\d+)/m.exec(probe.info)?.[1] : undefined;
  return pid === undefined ? undefined : identifyProcess(Number(pid));
}

/** Two servers on one folder would destroy its data, so one in another container is left alone while it is in use. */
async function refuseSecondServer(folder: FlowFolder): Promise<void> {
  const [user] = await listUsers(folder);
  if (user === undefined) return;
  throw new OperationalError(
    `the Redis of ${folder.project} runs in another container or on another machine (${user.machine}), in use by "${user.name}"; stop that, or name a broker that both can reach by --broker or FLOW_BROKER`,
  );
}
