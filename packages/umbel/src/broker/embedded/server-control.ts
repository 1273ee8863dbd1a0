/**
 * What is asked of the project's server: does it answer, which process is it, end. One rule: every question has a time
 * limit and a connection of its own that is closed after it.
 */
import { kill } from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { OperationalError } from "@umbel/core";
import type { Redis } from "ioredis";
import { codeOf, messageOf } from "../system-error.ts";
import { findProcess, type ProcessIdentity } from "./process-identity.ts";
import type { ServerAccess } from "./server-record.ts";

/**
 * What came back: the reply of `INFO`, or why there is none. `absent`: nobody listens at the socket. `stranger`: who
 * listens there refuses the password. `silent`: it took the connection and said nothing in time.
 */
export type Probe =
  | { readonly kind: "ready"; readonly info: string }
  | { readonly kind: "loading" | "absent" | "stranger" | "silent"; readonly cause: unknown };

const REPLY_TIMEOUT_MS = 5_000;

/** How long a server may take to write its log and end. */
const END_TIMEOUT_MS = 10_000;

/** Asks the server how it is. */
export async function probeServer(access: ServerAccess): Promise<Probe> {
  try {
    return { kind: "ready", info: await askServer(access, (redis) => redis.info()) };
  } catch (cause) {
    const message = messageOf(cause);
    if (/^(LOADING|BUSY|MASTERDOWN)\b/.test(message)) return { kind: "loading", cause };
    if (/^(WRONGPASS|NOAUTH|ERR AUTH|ERR invalid password)/.test(message)) return { kind: "stranger", cause };
    const absent = ["ENOENT", "ECONNREFUSED", "ECONNRESET", "EPIPE"].includes(codeOf(cause) ?? "");
    return { kind: absent ? "absent" : "silent", cause };
  }
}

/**
 * Ends a server of ours and waits until it is gone: it is asked to, and if that does not help, killed.
 * @param process the server's, if it is known; no signal is ever sent to a process that is not this one
 */
export async function endServer(access: ServerAccess, process: ProcessIdentity | undefined): Promise<void> {
  // The reply of SHUTDOWN is the end of the connection; whether it worked is seen after it.
  await askServer(access, (redis) => redis.shutdown("NOSAVE")).catch(() => undefined);
  if (process !== undefined && (await findProcess(process)) !== "elsewhere") {
    if (!(await isGoneWithin(process, END_TIMEOUT_MS))) await killServer(process);
    return;
  }
  const end = performance.now() + END_TIMEOUT_MS;
  while ((await probeServer(access)).kind !== "absent") {
    if (performance.now() > end)
      throw new OperationalError(`the Redis at ${access.socketPath} does not end; end it where it was started`);
    await sleep(5);
  }
}

/** Ends a server's process without asking the server, and waits until it is gone. */
export async function killServer(process: ProcessIdentity): Promise<void> {
  // At SIGTERM it still writes its log; a log cut off by SIGKILL lacks a second at most.
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    if ((await findProcess(process)) !== "alive") return;
    sendSignal(process.pid, signal);
    if (await isGoneWithin(process, END_TIMEOUT_MS)) return;
  }
  throw new OperationalError(`the Redis in process ${process.pid} cannot be ended; end it by hand`);
}

async function askServer<Reply>(access: ServerAccess, ask: (redis: Redis) => Promise<Reply>): Promise<Reply> {
  const { Redis } = await import("ioredis");
  const redis = new Redis({
    path: access.socketPath,
    password: access.password,
    lazyConnect: true,
    enableReadyCheck: false,
    disableClientInfo: true,
    maxRetriesPerRequest: 0,
    connectTimeout: REPLY_TIMEOUT_MS,
    commandTimeout: REPLY_TIMEOUT_MS,
    // How long the process is kept after disconnect(), even where there was no connection; the default is 2 s.
    disconnectTimeout: 50,
    retryStrategy: null,
  });
  let firstError: unknown;
  // connect() rejects with a mere "Connection is closed"; the reason is in the event before it.
  redis.on("error", (error: unknown) => {
    firstError ??= error;
  });
  try {
    await redis.connect();
    return await ask(redis);
  } catch (error) {
    throw firstError ?? error;
  } finally {
    redis.disconnect();
  }
}

async function isGoneWithin(process: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  const end = performance.now() + timeoutMs;
  while ((await findProcess(process)) === "alive") {
    if (performance.now() > end) return false;
    await sleep(5);
  }
  return true;
}

function sendSignal(pid: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    kill(pid, signal);
  } catch (error) {
    // It ended by itself meanwhile.
    if (codeOf(error) !== "ESRCH") throw error;
  }
}
