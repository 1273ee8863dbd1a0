/**
 * Queues that are spread over the slots of a cluster. One rule: a shard is a queue of BullMQ's whose name does not depend on
 * how many there are, and what is on it is found as long as anybody may have sent to it; so the number may change at any time.
 */
import type { RunKey } from "@umbel/core";
import calculateSlot from "cluster-key-slot";
import { shardCountKey } from "../store/keys.ts";
import type { RedisConnection } from "../store/redis/connection.ts";
import { Script } from "../store/redis/script.ts";

const SLOTS = 16_384;

/** How near a shard must be to where it should be, slots. Exactly there would take ten times as long to find. */
const NEAR = 4;

/** How long it is known that a queue had so many shards after somebody has sent to it, milliseconds: a day. */
const KNOWN_MS = 86_400_000;

/** How often whoever sends says so again, milliseconds. */
const TELL_AGAIN_MS = 3_600_000;

/** What BullMQ calls a shard. The first has the queue's own name: without shards it is the queue. */
export function shardName(queue: string, shard: number): string {
  return shard === 0 ? queue : `${queue}#${shard}`;
}

/**
 * The hash tag of a shard. Names would put shards on any nodes, two of three on one as likely as not; so each has a suffix that
 * brings it to its place.
 */
export function shardTag(queue: string, shard: number): string {
  if (shard === 0) return queue;
  const wanted = slotOf(queue) + Math.round(placeOf(shard) * SLOTS);
  // Behind a brace a suffix would change no slot, and none would ever be found.
  const name = queue.replaceAll(/[{}]/g, "_");
  for (let suffix = 0; ; suffix += 1) {
    const tag = `${name}#${shard}.${suffix.toString(36)}`;
    const distance = (slotOf(tag) - wanted + 2 * SLOTS) % SLOTS;
    if (distance <= NEAR || distance >= SLOTS - NEAR) return tag;
  }
}

/** The slot of keys with a hash tag (`queuePrefix`). */
function slotOf(tag: string): number {
  return calculateSlot(`{${tag}}`);
}

/**
 * Where a shard is, as a part of all slots behind the first shard: thirds, then what halves them, and so on. So any three that
 * follow each other are on three primaries, any six on six, and twelve are even on four, too.
 */
function placeOf(shard: number): number {
  let place = (shard % 3) / 3;
  let width = 1 / 6;
  for (let round = Math.floor(shard / 3); round > 0; round = Math.floor(round / 2)) {
    if (round % 2 === 1) place += width;
    width /= 2;
  }
  return place;
}

/** Which shard the jobs of a run are on. */
export function shardOf(runKey: RunKey, shards: number): number {
  return shards === 1 ? 0 : calculateSlot(runKey) % shards;
}

/** A number that others have told is never made smaller, nor kept alive by who sends to fewer. */
const tell = new Script(`
local known = tonumber(redis.call("GET", KEYS[1]) or "1")
local count = tonumber(ARGV[1])
if known < count then redis.call("SET", KEYS[1], count, "PX", ARGV[2])
elseif known == count then redis.call("PEXPIRE", KEYS[1], ARGV[2]) end
return 0
`);

/** How many shards the queues of one prefix have. */
export class Shards {
  readonly #redis: RedisConnection;
  readonly #prefix: string;
  readonly #shardsOf: ((queue: string) => number) | undefined;
  /** How many were told of last, and when, on the clock of `performance`. */
  readonly #told = new Map<string, { readonly count: number; readonly at: number }>();

  /** @param shardsOf gives how many shards calls go to; 1 unless said */
  constructor(redis: RedisConnection, prefix: string, shardsOf: ((queue: string) => number) | undefined) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.#shardsOf = shardsOf;
  }

  /** Over how many shards calls are spread by this process. */
  countOf(queue: string): number {
    return this.#shardsOf?.(queue) ?? 1;
  }

  /** Tells workers that calls go to so many shards; mostly it has been told, and nothing is sent. */
  async tell(queue: string, count: number): Promise<void> {
    const told = this.#told.get(queue);
    const now = performance.now();
    if (told?.count === count && now - told.at < TELL_AGAIN_MS) return;
    this.#told.set(queue, { count, at: now });
    try {
      await tell.run(this.#redis, [shardCountKey(this.#prefix, queue)], [count, KNOWN_MS]);
    } catch (error) {
      this.#told.delete(queue);
      throw error;
    }
  }

  /** On how many shards jobs may be: ours, and those that others have sent to within a day. */
  async mostOf(queue: string): Promise<number> {
    const told = Number(await this.#redis.get(shardCountKey(this.#prefix, queue)));
    return Math.max(this.countOf(queue), told);
  }
}
