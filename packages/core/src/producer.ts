/**
 * A hand on the one connection that an App sends by. One rule: it opens nothing of its own; it knows what was sent through
 * it, and closing it waits until all of that is stored.
 */
import type { App } from "./app.ts";
import { ImproperlyConfigured, OperationalError, OptionError } from "./errors.ts";
import type { AsyncResult } from "./result.ts";
import { type PublishOptions, publishOptionsOf, type RetryPolicyInput } from "./retry-policy.ts";
import { show } from "./show.ts";
import type { Submission } from "./submission.ts";
import { didYouMean } from "./suggest.ts";

/** How a producer sends. */
export interface ProducerOptions {
  /** Whether its calls are sent again that the broker did not take, unless they say; the setting `taskPublishRetry` unless said. */
  retry?: boolean;
  /** How they are sent again; the setting `taskPublishRetryPolicy` where it says nothing. */
  retryPolicy?: RetryPolicyInput;
}

/**
 * Sends calls and waits for all of them at once: `applyAsync(args, { producer })`. What is sent through it does not wait
 * for one another.
 *
 * ```ts
 * await using producer = app.producer();
 * for (const order of orders) bill.applyAsync([order], { producer });
 * ```
 */
export class Producer {
  readonly app: App;
  readonly #publishing: PublishOptions | undefined;
  readonly #pending = new Set<Promise<void>>();
  /** Calls that failed and that nobody else has awaited. */
  #failures: unknown[] = [];
  #isClosed = false;

  /** @throws OptionError for an unknown option or a wrong value */
  constructor(app: App, options: ProducerOptions = {}) {
    for (const name of Object.keys(options)) {
      if (!OPTIONS.includes(name)) {
        throw new OptionError(`unknown option \`${name}\` of a producer${didYouMean(name, OPTIONS)}`);
      }
    }
    this.app = app;
    this.#publishing = publishOptionsOf(options.retry, options.retryPolicy).publishing;
  }

  /** How many of its calls are on their way. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Opens the App's connection now, and not with the first call. @throws OperationalError when the broker is away */
  async connect(): Promise<void> {
    this.#requireOpen();
    await this.app.engine.connect();
  }

  /**
   * Waits until all that was sent through it is stored.
   * @throws OperationalError when calls could not be stored that nobody awaits, with the error of the first as `cause`
   */
  async flush(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
    const [first] = this.#failures;
    const { length } = this.#failures;
    this.#failures = [];
    if (length === 0) return;
    const calls = length === 1 ? "a call of this producer was" : `${length} calls of this producer were`;
    const reason = first instanceof Error ? first.message : String(first);
    throw new OperationalError(`${calls} not stored: ${reason}`, { cause: first });
  }

  /** Takes no more calls, and waits as `flush` does; the connection stays with its App. Safe to repeat. @throws as `flush` */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.flush();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** @internal What its calls say of their sending, beneath what they say themselves. @throws OptionError, ImproperlyConfigured */
  publishingFor(app: App, own: PublishOptions | undefined): PublishOptions | undefined {
    if (app !== this.app) {
      throw new OptionError(
        `option \`producer\` is of ${String(this.app)}, and this call of ${String(app)}; take one of its own with \`app.producer()\``,
      );
    }
    this.#requireOpen();
    const { policy = {}, ...rest } = this.#publishing ?? {};
    if (own === undefined) return this.#publishing;
    return { ...rest, ...own, policy: { ...policy, ...own.policy } };
  }

  /** @internal Waits for a call of its own. */
  watch(submission: Submission<AsyncResult>): void {
    const ended: Promise<void> = submission.settled().then((failure) => {
      this.#pending.delete(ended);
      if (failure !== undefined && !submission.isAwaited) this.#failures.push(failure.reason);
    });
    this.#pending.add(ended);
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new ImproperlyConfigured("this producer is closed; take another with `app.producer()`");
  }
}

const OPTIONS: readonly string[] = ["retry", "retryPolicy"] satisfies (keyof ProducerOptions)[];

/** Reads the option `producer`. @throws OptionError for anything else */
export function readProducer(value: unknown): Producer | undefined {
  if (value === undefined || value instanceof Producer) return value;
  throw new OptionError(`option \`producer\` must be what \`app.producer()\` gives; got ${show(value)}`);
}
