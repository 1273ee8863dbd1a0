/**
 * The runs that are stored, in the order of their keys' times. One rule: it is for people who look for runs, and nothing
 * that a run needs depends on it; so it is written a little later, for many runs at once, and put right by who reads it.
 */
import type { RunKey } from "@umbel/core";
import type { RunMeta } from "../graph/codec.ts";
import { failedRunsKey, runIndexKey } from "../store/keys.ts";
import type { RedisConnection } from "../store/redis/connection.ts";

/** What the index says of a run. */
export interface RunEntry {
  readonly runKey: RunKey;
  /** The task that it begins with. */
  readonly task: string;
  /** "" for a run without a name. */
  readonly name: string;
}

/** Which entries are read, the youngest first. */
export interface RunIndexQuery {
  /** Those alone that ended otherwise than with SUCCESS. */
  readonly failed: boolean;
  /** Only what is older than this text, in the order of texts. */
  readonly before?: string;
  /** Only what is not older than this text. */
  readonly from?: string;
  readonly most: number;
}

/** The index. */
export interface RunIndex {
  /** Enters a run, soon. */
  enter(entry: RunEntry): void;
  /** Notes, soon, that a run has ended; at once if it has failed. @param failed otherwise than with SUCCESS */
  noteEnd(entry: RunEntry, failed: boolean): void;
  /** Takes that back: the run goes on. */
  noteResumed(entry: RunEntry): Promise<void>;
  /** Reads entries, those included that this process has not written yet. */
  read(query: RunIndexQuery): Promise<readonly RunEntry[]>;
  /** Reads the oldest entries behind a run, of runs so old that they may be gone: an ended one is kept for a while. */
  readOldest(after: RunKey | undefined, most: number): Promise<readonly RunEntry[]>;
  /** Takes out runs that are gone. */
  remove(entries: readonly RunEntry[]): Promise<void>;
  /** Keeps the entries of runs that go on. */
  renew(entries: readonly RunEntry[]): Promise<void>;
}

/** What the index says of a run that is stored. */
export function entryOf(runKey: RunKey, { labels }: Pick<RunMeta, "labels">): RunEntry {
  return { runKey, task: labels?.task ?? "", name: labels?.name ?? "" };
}

/** How long entries wait for others, so that one command writes all of them; milliseconds. */
const TOGETHER_MS = 50;

/** How long the index outlives the last run in it, at most; milliseconds. */
const MARGIN_MS = 60_000;

/** Comes behind what stands behind a run's key. */
const BEHIND_ENTRY = "\u000b";

/** Sorted sets in Redis. */
export class RedisRunIndex implements RunIndex {
  readonly #redis: RedisConnection;
  readonly #all: string;
  readonly #failed: string;
  readonly #resultExpiresMs: number;
  readonly #expiresMs: number;
  /** Written as text only when they are sent: most are entered twice. */
  #entered = new Map<RunKey, RunEntry>();
  #noted = new Map<RunKey, RunEntry>();
  #timer: NodeJS.Timeout | undefined;

  /** @param resultExpiresMs how long an ended run is kept */
  constructor(redis: RedisConnection, prefix: string, resultExpiresMs: number) {
    this.#redis = redis;
    this.#all = runIndexKey(prefix);
    this.#failed = failedRunsKey(prefix);
    this.#resultExpiresMs = resultExpiresMs;
    this.#expiresMs = resultExpiresMs + Math.min(resultExpiresMs, MARGIN_MS);
  }

  enter(entry: RunEntry): void {
    this.#entered.set(entry.runKey, entry);
    this.#flushSoon();
  }

  noteEnd(entry: RunEntry, failed: boolean): void {
    // Whoever sent it may have been gone before it was entered; and the index is to outlive it.
    this.#entered.set(entry.runKey, entry);
    if (failed) {
      // Whoever hears of a failure looks for what has failed.
      this.#noted.set(entry.runKey, entry);
      void this.flush().catch(() => undefined);
    } else this.#flushSoon();
  }

  async noteResumed(entry: RunEntry): Promise<void> {
    await this.flush();
    await this.#redis.zrem(this.#failed, encodeEntry(entry));
  }

  async read({ failed, before, from, most }: RunIndexQuery): Promise<readonly RunEntry[]> {
    await this.flush();
    const members = await this.#redis.zrevrangebylex(
      failed ? this.#failed : this.#all,
      before === undefined ? "+" : `(${before}`,
      from === undefined ? "-" : `[${from}`,
      "LIMIT",
      0,
      most,
    );
    return members.map(decodeEntry);
  }

  async readOldest(after: RunKey | undefined, most: number): Promise<readonly RunEntry[]> {
    const from = after === undefined ? "-" : `(${after}${BEHIND_ENTRY}`;
    const to = `(${keyTimeText(Date.now() - this.#resultExpiresMs)}`;
    return (await this.#redis.zrangebylex(this.#all, from, to, "LIMIT", 0, most)).map(decodeEntry);
  }

  async remove(entries: readonly RunEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const members = entries.map(encodeEntry);
    for (const { runKey } of entries) {
      this.#entered.delete(runKey);
      this.#noted.delete(runKey);
    }
    await Promise.all([this.#redis.zrem(this.#all, ...members), this.#redis.zrem(this.#failed, ...members)]);
  }

  async renew(entries: readonly RunEntry[]): Promise<void> {
    if (entries.length > 0) await Promise.all(this.#write(this.#all, entries.map(encodeEntry)));
  }

  #flushSoon(): void {
    // An entry that is lost with its process is entered anew by the janitor while its run goes on.
    this.#timer ??= setTimeout(() => void this.flush().catch(() => undefined), TOGETHER_MS).unref();
  }

  /** Writes now what was to be written. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const entered = [...this.#entered.values()].map(encodeEntry);
    const noted = [...this.#noted.values()].map(encodeEntry);
    this.#entered.clear();
    this.#noted.clear();
    await Promise.all([...this.#write(this.#all, entered), ...this.#write(this.#failed, noted)]);
  }

  /** Adds members to a set, a thousand at a time. The set ends by itself when nothing more comes and all runs are gone. */
  #write(key: string, members: readonly string[]): Promise<unknown>[] {
    if (members.length === 0) return [];
    const written: Promise<unknown>[] = [];
    for (let from = 0; from < members.length; from += MOST_TOGETHER) {
      const scored = members.slice(from, from + MOST_TOGETHER).flatMap((member) => ["0", member]);
      written.push(this.#redis.zadd(key, ...scored));
    }
    written.push(this.#redis.pexpire(key, this.#expiresMs));
    return written;
  }
}

/** How many entries one command writes. */
const MOST_TOGETHER = 1000;

/** How the keys of runs begin that were made at a moment, as `runKeyTime` reads it. @param ms epoch milliseconds */
function keyTimeText(ms: number): string {
  const hex = Math.max(0, ms).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}

function encodeEntry({ runKey, task, name }: RunEntry): string {
  return `${runKey}\n${task}\n${name}`;
}

function decodeEntry(member: string): RunEntry {
  const [runKey = "", task = "", name = ""] = member.split("\n");
  return { runKey: runKey as RunKey, task, name };
}
