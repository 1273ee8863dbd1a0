import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { App, autoretryInMs, OptionError, type TaskOptions } from "../src/index.ts";

class NetError extends Error {}
class DnsError extends NetError {}

/** The waits of all tries, in seconds, with a die that always shows the same. */
function waits(options: TaskOptions, error: Error, die = 0.5): readonly (number | undefined)[] {
  return [0, 1, 2, 3, 4].map((retries) => {
    const ms = autoretryInMs(options, error, retries, () => die);
    return ms === undefined ? undefined : ms / 1000;
  });
}

const none = undefined;

describe("T10 autoretry", () => {
  test.each<[what: string, options: TaskOptions, error: Error, expected: readonly (number | undefined)[]]>([
    ["asks for nothing unless said", {}, new NetError(), [none, none, none, none, none]],
    ["waits defaultRetryDelay", { autoretryFor: [NetError] }, new NetError(), [180, 180, 180, none, none]],
    ["takes subclasses", { autoretryFor: [NetError], defaultRetryDelay: 1 }, new DnsError(), [1, 1, 1, none, none]],
    ["takes no other error", { autoretryFor: [DnsError] }, new NetError(), [none, none, none, none, none]],
    [
      "leaves out dontAutoretryFor",
      { autoretryFor: [NetError], dontAutoretryFor: [DnsError] },
      new DnsError(),
      [none, none, none, none, none],
    ],
    [
      "counts with maxRetries",
      { autoretryFor: [Error], maxRetries: 1, defaultRetryDelay: 2 },
      new NetError(),
      [2, none, none, none, none],
    ],
    [
      "never ends with maxRetries null",
      { autoretryFor: [Error], maxRetries: null, defaultRetryDelay: 2 },
      new NetError(),
      [2, 2, 2, 2, 2],
    ],
    [
      "takes retryKwargs before the task's own",
      { autoretryFor: [Error], maxRetries: 1, defaultRetryDelay: 2, retryKwargs: { maxRetries: 4, countdown: "5s" } },
      new NetError(),
      [5, 5, 5, 5, none],
    ],
    [
      "doubles with retryBackoff true",
      { autoretryFor: [Error], retryBackoff: true, retryJitter: false, maxRetries: 5 },
      new NetError(),
      [1, 2, 4, 8, 16],
    ],
    [
      "begins with the number that retryBackoff is, up to retryBackoffMax",
      { autoretryFor: [Error], retryBackoff: 3, retryBackoffMax: 20, retryJitter: false, maxRetries: 5 },
      new NetError(),
      [3, 6, 12, 20, 20],
    ],
    [
      "draws within these waits unless retryJitter is false",
      { autoretryFor: [Error], retryBackoff: 2, maxRetries: 5 },
      new NetError(),
      [1, 2, 4, 8, 16],
    ],
  ])("%s", (_what, options, error, expected) => {
    expect(waits(options, error)).toEqual(expected);
  });

  test("law: no wait is longer than what the backoff allows, and none is negative", () => {
    fc.assert(
      fc.property(
        fc.record({ retryBackoff: fc.nat(50), retryBackoffMax: fc.nat(900), retryJitter: fc.boolean() }),
        fc.nat(40),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        (options, retries, die) => {
          const ms = autoretryInMs(
            { ...options, autoretryFor: [Error], maxRetries: null },
            new Error(),
            retries,
            () => die,
          );
          const longest = Math.min(options.retryBackoffMax, options.retryBackoff * 2 ** retries);
          expect(ms).toBeGreaterThanOrEqual(0);
          if (options.retryBackoff > 0) expect(ms).toBeLessThanOrEqual(Math.round(longest * 1000));
        },
      ),
    );
  });

  test.each<[options: object, message: string]>([
    [
      { autoretryFor: NetError },
      'option `autoretryFor` of task "t" must be a list of classes of errors, such as [TypeError]; got a function',
    ],
    [
      { autoretryFor: ["NetError"] },
      'option `autoretryFor` of task "t" must be a list of classes of errors, such as [TypeError]; got ["NetError"]',
    ],
    [
      { throws: [Map] },
      'option `throws` of task "t" must be a list of classes of errors, such as [TypeError]; got [null]',
    ],
    [{ retryBackoff: "1s" }, 'option `retryBackoff` of task "t" must be true, false or a number of seconds; got "1s"'],
    [
      { retryBackoffMax: -1 },
      'option `retryBackoffMax` of task "t" must be a number of seconds of at least 0, or text such as "10s", "5m" or "250ms"; got -1',
    ],
    [{ retryJitter: 1 }, 'option `retryJitter` of task "t" must be true or false; got 1'],
    [{ retries: 1.5 }, 'option `retries` of task "t" must be a whole number from 0 to 9007199254740991; got 1.5'],
    [
      { retryKwargs: { max_retries: 1 } },
      'option `retryKwargs` of task "t" must be an object with `maxRetries`, `countdown` or both; got {"max_retries":1}',
    ],
    [{ autoretry: [Error] }, 'unknown option `autoretry` of task "t"; did you mean `autoretryFor`?'],
  ])("refuses %o", (options, message) => {
    const define = (): unknown => new App("a").task({ name: "t", ...options }, () => 1);
    expect(define).toThrow(OptionError);
    let said = "";
    try {
      define();
    } catch (error) {
      said = (error as Error).message;
    }
    expect(said).toBe(message);
  });
});
