import { expect, test } from "@jest/globals";
import { parseSeconds, timeoutInMs } from "../src/duration.ts";
import { OptionError } from "../src/errors.ts";

test.each([
  [0, 0],
  [1.5, 1.5],
  ["10s", 10],
  ["250ms", 0.25],
  ["5m", 300],
  ["1.5h", 5400],
  ["2d", 172_800],
])("%p is %d seconds", (text, seconds) => {
  expect(parseSeconds(text, "`timeout`")).toBeCloseTo(seconds, 10);
});

test.each([
  [-1, "-1"],
  [Number.NaN, "NaN"],
  [Number.POSITIVE_INFINITY, "Infinity"],
  ["10", '"10"'],
  ["10 s", '"10 s"'],
  ["-1s", '"-1s"'],
  ["1w", '"1w"'],
  ["", '""'],
  [null, "null"],
  [undefined, "undefined"],
  [10n, "10n"],
  [[1], "[1]"],
])("%p is no length of time", (value, shown) => {
  expect(() => parseSeconds(value, "option `countdown`")).toThrow(
    new OptionError(
      `option \`countdown\` must be a number of seconds of at least 0, or text such as "10s", "5m" or "250ms"; got ${shown}`,
    ),
  );
});

test.each([
  [{}, undefined],
  [{ timeout: 2 }, 2000],
  [{ timeout: "1m" }, 60_000],
  [{ timeoutMs: 250 }, 250],
  [{ timeout: 0 }, 0],
])("%p waits for %p ms", (options, expected) => {
  expect(timeoutInMs(options)).toBe(expected);
});

test.each([
  [{ timeout: 1, timeoutMs: 1 }, "`timeout` and `timeoutMs` say the same thing; give only one of them"],
  [{ timeoutMs: -1 }, "`timeoutMs` must be a number of milliseconds of at least 0; got -1"],
  [{ timeoutMs: "10s" }, '`timeoutMs` must be a number of milliseconds of at least 0; got "10s"'],
])("the timeout %p is refused", (options, message) => {
  expect(() => timeoutInMs(options as { timeoutMs: number })).toThrow(new OptionError(message));
});
