/** The store's clock. One rule: it is that of the server which has the key, since those of a cluster's nodes may differ. */
import type { RedisConnection } from "./connection.ts";
import { Script } from "./script.ts";

/** TIME names no key, so a cluster would let any node answer. */
const time = new Script("return redis.call('TIME')");

/** Gives the time of the server that has a key, epoch milliseconds. */
export async function readStoreClock(redis: RedisConnection, key: string): Promise<number> {
  const reply = await time.run(redis, [key], []);
  const [seconds, micros] = Array.isArray(reply) ? reply.map(Number) : [];
  return (seconds ?? 0) * 1000 + Math.floor((micros ?? 0) / 1000);
}
