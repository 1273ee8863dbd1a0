/** The keys of one prefix: finding them, and removing them all. The prefix may stand anywhere in a key, as in a hash tag. */
import type { Cluster, Redis } from "ioredis";

/** Gives the keys that hold `prefix`, sorted. Scans the whole server, or each of a cluster: for tests only. */
export async function listKeys(redis: Redis | Cluster, prefix: string): Promise<string[]> {
  // SCAN may give a key twice.
  const keys = new Set<string>();
  for (const node of "nodes" in redis ? redis.nodes("master") : [redis]) {
    for await (const batch of node.scanStream({ match: `*${escapeGlob(prefix)}*`, count: 1000 })) {
      for (const key of batch as string[]) keys.add(key);
    }
  }
  return [...keys].sort();
}

/** Removes the keys that hold `prefix`. */
export async function deleteKeys(redis: Redis | Cluster, prefix: string): Promise<void> {
  // One command each, since those of a cluster may be anywhere.
  await Promise.all((await listKeys(redis, prefix)).map((key) => redis.unlink(key)));
}

function escapeGlob(text: string): string {
  return text.replace(/[*?[\]\\^]/g, "\\$&");
}
