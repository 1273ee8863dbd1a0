/**
 * Who a process is, so that it can be told later whether it still runs. One rule: a pid alone names nobody, since it is
 * given to another process sooner or later; with the time of its start it does.
 */
import { execFile } from "node:child_process";
import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";
import { promisify } from "node:util";

/** A process of some machine, now or earlier. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the system's own form; compared, never read. */
  readonly startTime: string;
  /** The machine, or the container, whose pids these are. */
  readonly machine: string;
}

/** What can be told about a process; `elsewhere` when its pid means nothing here, as in another container. */
export type ProcessState = "alive" | "gone" | "elsewhere";

let own: Promise<ProcessIdentity> | undefined;

/** Gives the identity of this process. */
export function ownIdentity(): Promise<ProcessIdentity> {
  own ??= identifyOwn();
  return own;
}

/** Gives the identity of a process of this machine, or `undefined` when there is none with this pid. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  const startTime = await readStartTime(pid);
  return startTime === undefined ? undefined : { pid, startTime, machine: await machineName() };
}

/** Tells whether a process still runs. A zombie, dead but not yet fetched by its parent, counts as gone. */
export async function findProcess(identity: ProcessIdentity): Promise<ProcessState> {
  if (identity.machine !== (await machineName())) return "elsewhere";
  return (await readStartTime(identity.pid)) === identity.startTime ? "alive" : "gone";
}

/** Reads an identity out of parsed JSON; `undefined` when it is none. */
export function parseProcessIdentity(value: unknown): ProcessIdentity | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (!("pid" in value && "startTime" in value && "machine" in value)) return undefined;
  const { pid, startTime, machine } = value;
  if (typeof pid !== "number" || typeof startTime !== "string" || typeof machine !== "string") return undefined;
  // A pid of 0 or less would name groups of processes to kill().
  return Number.isSafeInteger(pid) && pid > 0 ? { pid, startTime, machine } : undefined;
}

async function identifyOwn(): Promise<ProcessIdentity> {
  const identity = await identifyProcess(process.pid);
  if (identity === undefined)
    throw new Error(`cannot read the start time of process ${process.pid}; is /proc mounted?`);
  return identity;
}

async function machineName(): Promise<string> {
  if (process.platform !== "linux") return process.platform;
  // Containers of one machine have pids of their own, and so a pid namespace of their own.
  const namespace = await readlink("/proc/self/ns/pid").catch(() => "");
  return `${hostname()} ${namespace}`.trim();
}

async function readStartTime(pid: number): Promise<string | undefined> {
  return process.platform === "linux" ? readLinuxStartTime(pid) : readPosixStartTime(pid);
}

async function readLinuxStartTime(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "latin1").catch(() => undefined);
  // proc(5): the second field, the program's name, stands in parentheses and may hold spaces and parentheses.
  const fields = text?.slice(text.lastIndexOf(")") + 2).split(" ");
  const state = fields?.[0];
  const ticksSinceBoot = fields?.[19];
  if (ticksSinceBoot === undefined || state === "Z" || state === "X") return undefined;
  return `${await readBootId()} ${ticksSinceBoot}`;
}

async function readBootId(): Promise<string> {
  const text = await readFile("/proc/sys/kernel/random/boot_id", "latin1").catch(() => "");
  return text.trim();
}

async function readPosixStartTime(pid: number): Promise<string | undefined> {
  // `ps` prints local time in the user's language; two processes may differ in both.
  const environment = { ...process.env, LC_ALL: "C", TZ: "UTC" };
  const fields = ["-o", "stat=", "-o", "lstart=", "-p", String(pid)];
  // It exits with 1 when there is no such process.
  const output = await promisify(execFile)("ps", fields, { env: environment }).catch(() => undefined);
  const [, state, startTime] = /^\s*(\S+)\s+(.*\S)\s*$/.exec(output?.stdout ?? "") ?? [];
  return state?.startsWith("Z") ? undefined : startTime;
}
