import { describe, expect, test } from "@jest/globals";
import { App } from "../src/app.ts";
import { DEFAULT_RETRY_POLICY, type RetryPolicy, readRetryPolicy, waitBeforeRetry } from "../src/retry-policy.ts";

const waits = (policy: Partial<RetryPolicy>): (number | undefined)[] =>
  [1, 2, 3, 4, 5].map((failures) => waitBeforeRetry({ ...DEFAULT_RETRY_POLICY, ...policy }, failures));

describe("C6 retry policy", () => {
  test.each<[Partial<RetryPolicy>, (number | undefined)[]]>([
    [{}, [0, 200, 200, undefined, undefined]],
    [{ maxRetries: 0 }, [undefined, undefined, undefined, undefined, undefined]],
    [{ maxRetries: null, intervalMax: 0 }, [0, 0, 0, 0, 0]],
    [{ maxRetries: 4, intervalStart: 1, intervalStep: 0.5, intervalMax: 2 }, [1000, 1500, 2000, 2000, undefined]],
    [{ intervalStart: 3, intervalMax: 1 }, [1000, 1000, 1000, undefined, undefined]],
  ])("%j waits %j ms", (policy, expected) => {
    expect(waits(policy)).toEqual(expected);
  });

  test("lengths of time may be text, and what is left out is left to the settings", () => {
    expect(readRetryPolicy({ intervalStart: "250ms", maxRetries: undefined }, "it")).toEqual({ intervalStart: 0.25 });
  });

  const app = new App("shop");
  const add = app.task("add", (x: number, y: number) => x + y);

  test.each<[object, string]>([
    [{ retry: "no" }, 'option `retry` must be true or false; got "no"'],
    [{ retryPolicy: 3 }, "option `retryPolicy` must be an object such as { maxRetries: 3, intervalMax: 0.2 }; got 3"],
    [
      { retryPolicy: { maxRetrys: 3 } },
      "option `retryPolicy` has no `maxRetrys`; did you mean `maxRetries`?; it has maxRetries, intervalStart, intervalStep, intervalMax",
    ],
    [
      { retryPolicy: { maxRetries: -1 } },
      "`maxRetries` of option `retryPolicy` must be a whole number of at least 0, or null for no end; got -1",
    ],
    [
      { retryPolicy: { intervalStep: "soon" } },
      '`intervalStep` of option `retryPolicy` must be a number of seconds of at least 0, or text such as "10s", "5m" or "250ms"; got "soon"',
    ],
  ])("refuses %j", (options, message) => {
    expect(() => add.applyAsync([1, 2], options)).toThrow(message);
  });

  test("the setting is checked in the same words", () => {
    const set = (): void => app.conf.update({ taskPublishRetryPolicy: { maxRetries: -1 } });
    expect(set).toThrow("`maxRetries` of it must be a whole number of at least 0, or null for no end");
  });
});
