/** Lua scripts by their digest. One rule: a script is sent as text only when the server does not know it. */
import { createHash } from "node:crypto";
import type { Redis } from "ioredis";

/** One script. */
export class Script {
  readonly #source: string;
  readonly #digest: string;

  constructor(source: string) {
    this.#source = source;
    this.#digest = createHash("sha1").update(source).digest("hex");
  }

  /** Runs the script: one round trip, or two the first time a server sees it. */
  async run(redis: Redis, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    try {
      return await redis.evalsha(this.#digest, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
      return await redis.eval(this.#source, keys.length, ...keys, ...args);
    }
  }

  /** Makes the script known to the server, so that the first run needs no second round trip. */
  async load(redis: Redis): Promise<void> {
    await redis.script("LOAD", this.#source);
  }
}
