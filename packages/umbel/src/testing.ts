/**
 * `umbel/testing`: runs an App's tasks within a test, in time that the test moves. One rule: what is tested is what runs
 * on Redis too, the same graphs, workers and janitor; only time, order and accidents are the test's.
 */
import { type Faults, VirtualClock } from "@umbel/canvas";
import { type App, parseSeconds } from "@umbel/core";
import { giveBroker } from "./broker/memory-brokers.ts";

export type { Faults } from "@umbel/canvas";

/** How tasks run in a test. */
export interface TestBrokerOptions {
  /**
   * How time passes. With "jumps", the default, it jumps to what comes next when nothing can happen before: a retry in an
   * hour comes at once. With "held" it passes only by `advance`.
   */
  readonly time?: "jumps" | "held";
  /** What time it is at the beginning; now unless said. */
  readonly startAt?: Date;
  /** Draws the order in which tasks start and end, the same for the same seed. Without it they go in order. */
  readonly seed?: number;
  /** What goes wrong. */
  readonly faults?: Faults;
  /** How many workers serve each queue; 1 unless said. */
  readonly workers?: number;
}

/** The broker of an App in a test. */
export class TestBroker {
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** What time it is for the App. */
  get now(): Date {
    return new Date(this.#clock.now());
  }

  /**
   * Lets time pass; resolves when all that became due has happened, with what followed from it.
   * @param duration seconds, or text such as "10m"
   */
  async advance(duration: number | string): Promise<void> {
    await this.#clock.advance(parseSeconds(duration, "the duration") * 1000);
  }

  /** Resolves when nothing more happens until time passes. */
  async settled(): Promise<void> {
    await this.#clock.settled();
  }
}

/**
 * Lets an App run in memory, whatever broker it names. Call it before anything is sent; workers start by themselves, and
 * `app.close()` ends them.
 * @throws ImproperlyConfigured when the App has a broker of this kind that is in use
 *
 * ```ts
 * const broker = testBroker(app, { time: "held" });
 * const result = await remind.applyAsync([7], { countdown: 3600 });
 * await broker.advance("1h");
 * expect(await result.get()).toBe("reminded");
 * ```
 */
export function testBroker(app: App, options: TestBrokerOptions = {}): TestBroker {
  const { time = "jumps", startAt = new Date(), seed, faults, workers } = options;
  const clock = new VirtualClock(startAt.getTime(), time === "jumps");
  giveBroker(app, {
    clock,
    ...(seed === undefined ? {} : { seed }),
    ...(faults === undefined ? {} : { faults }),
    ...(workers === undefined ? {} : { workers }),
  });
  return new TestBroker(clock);
}
