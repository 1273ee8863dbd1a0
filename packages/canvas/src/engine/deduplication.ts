/**
 * Keys of calls that are sent once. One rule: a key is reserved before its call is stored, for a short time, and kept for
 * its whole window only when it is, so a sender that was lost in between keeps nobody from sending.
 */
import type { Deduplication, ResultReference } from "@umbel/core";
import { deduplicationKey } from "../store/keys.ts";
import type { RedisConnection } from "../store/redis/connection.ts";
import { Script } from "../store/redis/script.ts";
import { keepKey, reserveKey } from "../store/redis/scripts.generated.ts";
import { isConnectionError } from "./connection-error.ts";
import type { Timers } from "./timers.ts";

/** Who has a key. */
export interface KeyHolder {
  readonly isStored: boolean;
  readonly result: ResultReference;
}

/** Keys that calls hold. */
export interface DeduplicationKeys {
  /** Reserves a key for a while; gives who has it, if that is another call. Safe to repeat. */
  reserve(key: string, result: ResultReference, lifeMs: number): Promise<KeyHolder | undefined>;
  /** Keeps the key of a call that is stored, unless another has it. @param lifeMs 0 gives it up */
  keep(key: string, result: ResultReference, lifeMs: number): Promise<void>;
}

/** How long a key is reserved for a call that is being stored, milliseconds. */
const RESERVED_MS = 10_000;

/** How long one waits to look again whether the other call was stored, milliseconds; doubled each time. */
const FIRST_LOOK_MS = 20;
const LONGEST_LOOK_MS = 500;

/**
 * Stores a call, unless one with the same key was stored within its window.
 * @param key of the task, too
 * @returns the result of the call that was stored before, if there is one
 */
export async function storeOnce(
  { deduplication: keys, timers }: { readonly deduplication: DeduplicationKeys; readonly timers: Timers },
  key: string,
  { windowMs }: Deduplication,
  result: ResultReference,
  store: () => Promise<unknown>,
): Promise<ResultReference | undefined> {
  const reserve = (): Promise<KeyHolder | undefined> => keys.reserve(key, result, Math.min(windowMs, RESERVED_MS));
  let waitMs = FIRST_LOOK_MS;
  for (let holder = await reserve(); holder !== undefined; holder = await reserve()) {
    if (holder.isStored) return holder.result;
    await new Promise<void>((resolve) => timers.after(waitMs, resolve));
    waitMs = Math.min(waitMs * 2, LONGEST_LOOK_MS);
  }
  try {
    await store();
  } catch (error) {
    // Of a call whose answer was lost nobody knows whether it is stored: its key lapses, or it is sent again.
    if (!isConnectionError(error)) await keys.keep(key, result, 0);
    throw error;
  }
  await keys.keep(key, result, windowMs);
  return undefined;
}

/** A holder as it is kept: `r` or `s`, `g` for a group's result or `t`, and its id. */
export function holderOf(text: string): KeyHolder {
  return { isStored: text.startsWith("s"), result: { isGroup: text[1] === "g", id: text.slice(2) } };
}

/** A result as it is kept in a holder. */
export function heldResult({ id, isGroup }: ResultReference): string {
  return `${isGroup ? "g" : "t"}${id}`;
}

const reserveScript = new Script(reserveKey);
const keepScript = new Script(keepKey);

/** Strings in Redis. */
export class RedisDeduplicationKeys implements DeduplicationKeys {
  readonly #redis: RedisConnection;
  readonly #prefix: string;

  constructor(redis: RedisConnection, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  async reserve(key: string, result: ResultReference, lifeMs: number): Promise<KeyHolder | undefined> {
    const holder = await reserveScript.run(
      this.#redis,
      [deduplicationKey(this.#prefix, key)],
      [heldResult(result), lifeMs],
    );
    return typeof holder === "string" ? holderOf(holder) : undefined;
  }

  async keep(key: string, result: ResultReference, lifeMs: number): Promise<void> {
    await keepScript.run(this.#redis, [deduplicationKey(this.#prefix, key)], [heldResult(result), lifeMs]);
  }
}
