/** The keys of one prefix: finding them, and removing them all. The prefix may stand anywhere in a key, as in a hash tag. */
import type { Redis } from "ioredis";

/** Gives the keys that hold `prefix`, sorted. Scans the whole server: for tests only. */
export async function listKeys(redis: Redis, prefix: string): Promise<string[]> {
  // SCAN may give a key twice.
  const keys = new Set<string>();
  for await (const batch of redis.scanStream({ match: `*${escapeGlob(prefix)}*`, count: 1000 })) {
    for (const key of batch as string[]) keys.add(key);
  }
  return [...keys].sort();
}

/** Removes the keys that hold `prefix`. */
export async function deleteKeys(redis: Redis, prefix: string): Promise<void> {
  const keys = await listKeys(redis, prefix);
  for (let start = 0; start < keys.length; start += 1000) await redis.unlink(...keys.slice(start, start + 1000));
}

function escapeGlob(text: string): string {
  return text.replace(/[*?[\]\\^]/g, "\\$&");
}
