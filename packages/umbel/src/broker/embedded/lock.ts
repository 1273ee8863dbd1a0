/**
 * The lock of a project's Redis: who holds it may start or end the server and change the list of its users. One rule:
 * it is safe against `kill -9` at any point, and no two processes ever hold it at once.
 *
 * A lock is a symbolic link whose target is the holder's record, not a path. Making one is the kernel's O_EXCL: it fails
 * when there is one, and nobody ever sees it half written, as a file could be.
 *
 * A dead holder's lock is not removed, for whoever removes it could remove the lock of one who was faster. It is
 * succeeded: the link `lock.<id of the dead holder>` belongs to its successor, and only one process can make it. So the
 * holder is the end of the chain `lock`, `lock.A`, `lock.B`. Release removes `lock` first: whoever makes a link after
 * that sees that `lock` no longer leads to it and lets go.
 */
import { randomUUID } from "node:crypto";
import { lstat, readlink, symlink, unlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { OperationalError } from "@umbel/core";
import { codeOf } from "../system-error.ts";
import { findProcess, ownIdentity, type ProcessIdentity, parseProcessIdentity } from "./process-identity.ts";

/** How to wait for the lock. */
export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** How long to wait for other holders; 60 s by default. */
  readonly timeoutMs?: number;
}

interface Holder extends ProcessIdentity {
  readonly id: string;
}

const DEFAULT_TIMEOUT_MS = 60_000;

/** Whether a holder in another container lives cannot be seen; none holds the lock longer than this. */
const ELSEWHERE_LIMIT_MS = 120_000;

/**
 * Runs `work` while holding the lock in `folder`, and gives its result.
 * @throws OperationalError when others held it for the whole `timeoutMs`; AbortError when `signal` aborts the waiting
 */
export async function withLock<Result>(
  folder: string,
  work: () => Promise<Result>,
  options: LockOptions = {},
): Promise<Result> {
  const me: Holder = { ...(await ownIdentity()), id: randomUUID() };
  await acquire(folder, me, options);
  try {
    return await work();
  } finally {
    await release(folder);
  }
}

async function acquire(
  folder: string,
  me: Holder,
  { signal, timeoutMs = DEFAULT_TIMEOUT_MS }: LockOptions,
): Promise<void> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    if (await makeLink(join(folder, "lock"), me)) return;
    const chain = await readChain(folder);
    const [first] = chain;
    const holder = chain.at(-1);
    // Released since we tried: try again at once.
    if (first === undefined || holder === undefined) continue;
    if (await isHeld(folder, chain)) {
      if (performance.now() > end) throw lockedError(folder, holder, timeoutMs);
      await sleep(5 + Math.random() * 15, undefined, { signal });
    } else if (await succeed(folder, first, holder, me)) return;
  }
}

async function succeed(folder: string, first: Holder, dead: Holder, me: Holder): Promise<boolean> {
  const path = successorPath(folder, dead);
  if (!(await makeLink(path, me))) return false;
  if ((await readHolder(join(folder, "lock")))?.id === first.id) return true;
  await removeLink(path);
  return false;
}

async function release(folder: string): Promise<void> {
  const chain = await readChain(folder);
  // The order is what makes it safe; see the head of this file.
  await removeLink(join(folder, "lock"));
  for (const holder of chain) await removeLink(successorPath(folder, holder));
}

async function readChain(folder: string): Promise<Holder[]> {
  const chain: Holder[] = [];
  let holder = await readHolder(join(folder, "lock"));
  while (holder !== undefined) {
    chain.push(holder);
    holder = await readHolder(successorPath(folder, holder));
  }
  return chain;
}

async function isHeld(folder: string, chain: readonly Holder[]): Promise<boolean> {
  const holder = chain.at(-1);
  const before = chain.at(-2);
  if (holder === undefined) return false;
  const state = await findProcess(holder);
  if (state !== "elsewhere") return state === "alive";
  const stats = await lstat(before === undefined ? join(folder, "lock") : successorPath(folder, before)).catch(
    () => undefined,
  );
  return stats !== undefined && Date.now() - stats.mtimeMs < ELSEWHERE_LIMIT_MS;
}

function successorPath(folder: string, { id }: Holder): string {
  return join(folder, `lock.${id}`);
}

async function makeLink(path: string, holder: Holder): Promise<boolean> {
  try {
    await symlink(JSON.stringify(holder), path);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw new OperationalError(`cannot make the lock ${path}: ${codeOf(error) ?? String(error)}`, { cause: error });
  }
}

async function removeLink(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    // The user removed the folder meanwhile, or the chain ends here.
    if (codeOf(error) !== "ENOENT") throw error;
  });
}

async function readHolder(path: string): Promise<Holder | undefined> {
  let text: string;
  try {
    text = await readlink(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw new OperationalError(`${path} is not a lock of ours; remove it`, { cause: error });
  }
  const value = parseJson(text);
  const identity = parseProcessIdentity(value);
  if (identity !== undefined && typeof value === "object" && value !== null && "id" in value) {
    if (typeof value.id === "string" && /^[0-9a-f-]{36}$/.test(value.id)) return { ...identity, id: value.id };
  }
  throw new OperationalError(`${path} is not a lock of ours; remove it`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function lockedError(folder: string, holder: Holder, timeoutMs: number): OperationalError {
  return new OperationalError(
    `process ${holder.pid} on "${holder.machine}" has held ${join(folder, "lock")} for ${timeoutMs / 1000} s; end that process and try again`,
  );
}
