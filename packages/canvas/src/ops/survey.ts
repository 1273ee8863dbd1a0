/**
 * What stands in Redis beside what goes on: for people who look for what is wrong. One rule: it only looks, at all keys of a
 * prefix, and what it finds may be gone when it is told.
 */
import { type RunKey, runKeyTime } from "@umbel/core";
import type { Redis } from "ioredis";
import { activeRunsKey } from "../store/keys.ts";
import { primariesOf, type RedisConnection } from "../store/redis/connection.ts";
import { scanKeys } from "../store/redis/scan-keys.ts";

/** A queue as BullMQ has it; of one with shards, all of them together. */
export interface QueueSurvey {
  readonly name: string;
  /** Jobs that a worker could take now. */
  readonly waiting: number;
}

/** What was found. */
export interface Survey {
  /** In the order of their names. */
  readonly queues: readonly QueueSurvey[];
  /** Keys of runs that are not going on, without a time at which they expire: nothing would ever delete them. */
  readonly orphans: readonly string[];
  /** How many runs the janitor should have looked at long ago. */
  readonly overdue: number;
  /** There are more keys than were looked at. */
  readonly isCut: boolean;
}

/** How many keys are looked at. */
const MOST_KEYS = 500_000;

/** How many runs are looked at that no janitor knows yet. */
const MOST_FRESH = 10_000;

/** How late the janitor may be, milliseconds. */
const LATE_MS = 60_000;

/** Looks at all keys of a prefix. */
export async function surveyRedis(connection: RedisConnection, prefix: string): Promise<Survey> {
  const waiting = new Map<string, number>();
  const orphans: string[] = [];
  let looked = 0;
  for (const node of primariesOf(connection)) {
    for await (const keys of scanKeys(node, `${prefix}:{`)) {
      looked += keys.length;
      for (const [queue, count] of await readQueues(node, prefix, keys)) {
        waiting.set(queue, (waiting.get(queue) ?? 0) + count);
      }
      orphans.push(...(await findOrphans(connection, node, prefix, keys)));
      if (looked >= MOST_KEYS) break;
    }
  }
  const queues = [...waiting].map(([name, count]) => ({ name, waiting: count }));
  return {
    queues: queues.toSorted((one, other) => (one.name < other.name ? -1 : 1)),
    orphans: [...new Set(orphans)],
    overdue: await countOverdue(connection, prefix),
    isCut: looked >= MOST_KEYS,
  };
}

async function countOverdue(connection: RedisConnection, prefix: string): Promise<number> {
  const [seconds] = await connection.time();
  const late = Number(seconds) * 1000 - LATE_MS;
  const [overdue, fresh] = await Promise.all([
    connection.zcount(activeRunsKey(prefix), 1, late),
    // Those that no janitor has looked at yet have no time of their own.
    connection.zrangebyscore(activeRunsKey(prefix), 0, 0, "LIMIT", 0, MOST_FRESH),
  ]);
  return overdue + fresh.filter((runKey) => runKeyTime(runKey as RunKey) < late).length;
}

/** Lets keys expire that nothing else would delete. @param inMs after so long */
export async function expireKeys(connection: RedisConnection, keys: readonly string[], inMs: number): Promise<void> {
  // What has got an end meanwhile keeps it.
  for (const key of keys) if ((await connection.pttl(key)) === -1) await connection.pexpire(key, inMs);
}

async function readQueues(
  node: Redis,
  prefix: string,
  keys: readonly string[],
): Promise<readonly (readonly [queue: string, waiting: number])[]> {
  // BullMQ keeps what it knows of a queue in `prefix:{tag}:name:meta`.
  const queues = keys.flatMap((key) => {
    const [, name] = /^\{[^}]*\}:(.*):meta$/s.exec(key.slice(prefix.length + 1)) ?? [];
    return name === undefined ? [] : [{ name: name.replace(/#\d+$/, ""), key: key.slice(0, -":meta".length) }];
  });
  return await Promise.all(
    queues.map(async ({ name, key }) => {
      const counts = await Promise.all([
        node.llen(`${key}:wait`),
        node.llen(`${key}:paused`),
        node.zcard(`${key}:prioritized`),
      ]);
      return [name, counts.reduce((sum, count) => sum + count, 0)] as const;
    }),
  );
}

/** The hash tag of a run: an id without the index of a node. */
const RUN_TAG = /^\{([0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{4})\}:/;

async function findOrphans(
  connection: RedisConnection,
  node: Redis,
  prefix: string,
  keys: readonly string[],
): Promise<readonly string[]> {
  const runOf = (key: string): string | undefined => RUN_TAG.exec(key.slice(prefix.length + 1))?.[1];
  const own = keys.filter((key) => runOf(key) !== undefined);
  if (own.length === 0) return [];
  const times = await Promise.all(own.map((key) => node.pttl(key)));
  const unending = own.filter((_, index) => times[index] === -1);
  // A run is entered before it is stored, so what is not entered by now has ended or was never begun.
  const scores = await Promise.all(unending.map((key) => connection.zscore(activeRunsKey(prefix), runOf(key) ?? "")));
  return unending.filter((_, index) => scores[index] === null);
}
