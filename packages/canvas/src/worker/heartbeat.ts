/**
 * The sign of life of one worker process. One rule: the store's clock decides (a key that expires), so a worker whose
 * own clock is wrong is neither lost too early nor too late.
 */
import type { Redis } from "ioredis";
import { heartbeatKey } from "../store/keys.ts";

/** Renews a key while the process lives. */
export class Heartbeat {
  readonly #redis: Redis;
  readonly #prefix: string;
  readonly #incarnation: string;
  readonly #lostAfterMs: number;
  #timer: NodeJS.Timeout | undefined;

  /** @param lostAfterMs how long after its last sign of life a process counts as lost */
  constructor(redis: Redis, prefix: string, incarnation: string, lostAfterMs: number) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.#incarnation = incarnation;
    this.#lostAfterMs = lostAfterMs;
  }

  /** Resolves when the first sign is given; only then may the process claim anything. */
  async start(onError: (error: unknown) => void): Promise<void> {
    await this.#beat();
    this.#timer = setInterval(() => void this.#beat().catch(onError), this.#lostAfterMs / 3);
  }

  /** Ends it at once, so that nobody waits for what this process will not do. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#redis.del(heartbeatKey(this.#prefix, this.#incarnation));
  }

  /** Whether a process is alive. */
  async isAlive(incarnation: string): Promise<boolean> {
    return (await this.#redis.exists(heartbeatKey(this.#prefix, incarnation))) === 1;
  }

  async #beat(): Promise<void> {
    await this.#redis.set(heartbeatKey(this.#prefix, this.#incarnation), Date.now(), "PX", this.#lostAfterMs);
  }
}
