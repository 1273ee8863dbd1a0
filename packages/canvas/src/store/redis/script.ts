/** Lua scripts by their digest. One rule: a script is sent as text only when the server does not know it. */
import { createHash } from "node:crypto";
import { primariesOf, type RedisConnection } from "./connection.ts";

/** One script. */
export class Script {
  readonly #source: string;
  readonly #digest: string;

  constructor(source: string) {
    this.#source = source;
    this.#digest = createHash("sha1").update(source).digest("hex");
  }

  /** Runs the script: one round trip, or two the first time a server sees it. */
  async run(redis: RedisConnection, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    try {
      return await redis.evalsha(this.#digest, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
      return await redis.eval(this.#source, keys.length, ...keys, ...args);
    }
  }

  /**
   * Makes the script known to the server, or to each primary of a cluster that can be reached, so that the first run needs
   * no second round trip.
   */
  async load(redis: RedisConnection): Promise<void> {
    const loads = primariesOf(redis).map((primary) => primary.script("LOAD", this.#source));
    if (loads.length === 1) await loads[0];
    else await Promise.allSettled(loads);
  }
}
