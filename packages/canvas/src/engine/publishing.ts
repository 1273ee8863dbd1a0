/**
 * Sending again what the broker did not take. One rule: only what a connection or a server that is away has failed is sent
 * again; storing a run twice stores it once.
 */
import { setTimeout as delay } from "node:timers/promises";
import {
  DEFAULT_RETRY_POLICY,
  OperationalError,
  type PublishOptions,
  type RetryPolicy,
  waitBeforeRetry,
} from "@umbel/core";
import { isConnectionError } from "./connection-error.ts";

/** Sends the calls of one engine. */
export class Publisher {
  readonly #byDefault: () => PublishOptions;
  #closing = new AbortController();

  /** @param byDefault what holds for calls that say nothing; asked when one has failed */
  constructor(byDefault: () => PublishOptions) {
    this.#byDefault = byDefault;
  }

  /** Sends until the broker has taken it. @param send can be repeated @throws what the last try threw */
  async publish<Answer>(send: () => Promise<Answer>, options: PublishOptions | undefined): Promise<Answer> {
    for (let failures = 1; ; failures += 1) {
      try {
        return await send();
      } catch (error) {
        const waitMs = isAway(error) ? this.#waitMs(options, failures) : undefined;
        if (waitMs === undefined) throw error;
        const { signal } = this.#closing;
        await delay(waitMs, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) throw error;
      }
    }
  }

  /** Ends the waits for another try; what was to be sent is refused with the error of its last one. Safe to repeat. */
  close(): void {
    this.#closing.abort();
    this.#closing = new AbortController();
  }

  #waitMs(options: PublishOptions | undefined, failures: number): number | undefined {
    const byDefault = this.#byDefault();
    if (!(options?.retry ?? byDefault.retry ?? true)) return undefined;
    const policy: RetryPolicy = { ...DEFAULT_RETRY_POLICY, ...byDefault.policy, ...options?.policy };
    return waitBeforeRetry(policy, failures);
  }
}

/** Whether the broker may be there at the next try. */
function isAway(error: unknown): boolean {
  return isConnectionError(error) || (error instanceof OperationalError && isConnectionError(error.cause));
}
