/** All keys with a beginning. One rule: Redis gives them in parts, some twice, and is never held up. */
import type { Redis } from "ioredis";

/** How many keys Redis looks at in one go. */
const AT_ONCE = 1000;

/** Gives the keys of one server that begin so, in parts. */
export async function* scanKeys(server: Redis, beginning: string): AsyncGenerator<readonly string[]> {
  const pattern = `${beginning.replace(/[\\*?[\]]/g, "\\$&")}*`;
  for (let cursor = "0"; ; ) {
    const [next, keys] = await server.scan(cursor, "MATCH", pattern, "COUNT", AT_ONCE);
    if (keys.length > 0) yield keys;
    if (next === "0") return;
    cursor = next;
  }
}
