import { describe, expect, test } from "@jest/globals";
import { OptionError } from "../src/errors.ts";
import { mergeOptions, normalizeOptions, optionNames } from "../src/options.ts";

const seconds = 'a number of seconds of at least 0, or text such as "10s", "5m" or "250ms"';
const date = new Date("2030-01-02T03:04:05Z");

/** What people write, and what is stored of it. */
const RIGHT: readonly [written: object, stored: object][] = [
  [{ taskId: "a" }, { taskId: "a" }],
  [{ queue: "fast" }, { queue: "fast" }],
  [{ priority: 0 }, { priority: 0 }],
  [{ countdown: "1.5m" }, { countdown: 90 }],
  [{ countdownMs: 250 }, { countdown: 0.25 }],
  [{ eta: date }, { eta: "2030-01-02T03:04:05.000Z" }],
  [{ eta: "2030-01-02" }, { eta: "2030-01-02T00:00:00.000Z" }],
  [{ expires: 5 }, { expires: 5 }],
  [{ expires: "1h" }, { expires: 3600 }],
  [{ expires: date }, { expires: "2030-01-02T03:04:05.000Z" }],
  [{ expires: "2030-01-02T04:04:05+01:00" }, { expires: "2030-01-02T03:04:05.000Z" }],
  [{ expiresMs: 1500 }, { expires: 1.5 }],
  [{ retries: 0 }, { retries: 0 }],
  [{ retryDelayMs: 100 }, { retryDelay: 0.1 }],
  [{ timeLimitMs: 100 }, { timeLimit: 0.1 }],
  [{ softTimeLimitMs: 100 }, { softTimeLimit: 0.1 }],
  [{ ignoreResult: false }, { ignoreResult: false }],
  [{ failFast: true }, { failFast: true }],
  [{ serializer: "json" }, { serializer: "json" }],
  [{ compression: "gzip" }, { compression: "gzip" }],
  [{ stamps: { a: [1], b: undefined } }, { stamps: { a: [1] } }],
  [{ headers: { a: 1 } }, { headers: { a: 1 } }],
  [{ shadow: "other" }, { shadow: "other" }],
  [{ link: { kind: "task", task: "a" } }, { link: [{ kind: "task", task: "a" }] }],
  [{ linkError: [{ toJSON: () => ({ kind: "task", task: "a" }) }] }, { linkError: [{ kind: "task", task: "a" }] }],
  [{ queue: undefined, countdown: undefined, countdownMs: 1 }, { countdown: 0.001 }],
];

test.each(RIGHT)("%j is stored as %j", (written, stored) => {
  expect(normalizeOptions({ ...written })).toEqual(stored);
});

/** A wrong value of each option, and its message. */
const WRONG: readonly [written: object, message: string][] = [
  [{ taskId: "" }, 'option `taskId` must be text that is not empty; got ""'],
  [{ queue: 7 }, "option `queue` must be text that is not empty; got 7"],
  [{ priority: 10 }, "option `priority` must be a whole number from 0 to 9; got 10"],
  [{ priority: -1 }, "option `priority` must be a whole number from 0 to 9; got -1"],
  [{ priority: 1.5 }, "option `priority` must be a whole number from 0 to 9; got 1.5"],
  [{ priority: "1" }, 'option `priority` must be a whole number from 0 to 9; got "1"'],
  [{ countdown: -1 }, `option \`countdown\` must be ${seconds}; got -1`],
  [{ countdown: 1n }, `option \`countdown\` must be ${seconds}; got 1n`],
  [{ eta: 5 }, "option `eta` must be a Date or a moment in ISO 8601; got 5"],
  [{ eta: "soon" }, 'option `eta` must be a Date or a moment in ISO 8601; got "soon"'],
  [{ eta: new Date("never") }, "option `eta` must be a Date or a moment in ISO 8601; got an invalid Date"],
  [{ expires: "soon" }, `option \`expires\` must be ${seconds}; got "soon"`],
  [{ expires: "2030-13-01" }, 'option `expires` must be a Date or a moment in ISO 8601; got "2030-13-01"'],
  [{ retries: -1 }, "option `retries` must be a whole number of at least 0; got -1"],
  [{ retryDelay: true }, `option \`retryDelay\` must be ${seconds}; got true`],
  [{ timeLimit: "1 hour" }, `option \`timeLimit\` must be ${seconds}; got "1 hour"`],
  [{ softTimeLimit: {} }, `option \`softTimeLimit\` must be ${seconds}; got {}`],
  [{ ignoreResult: 1 }, "option `ignoreResult` must be true or false; got 1"],
  [{ failFast: 1 }, "option `failFast` must be true or false; got 1"],
  [{ serializer: null }, "option `serializer` must be text that is not empty; got null"],
  [{ headers: { big: 1n } }, "header `big` must be plain data (null, true, numbers, strings, lists, objects); got 1n"],
  [{ stamps: [1] }, "option `stamps` must be an object; got [1]"],
  [
    { stamps: { at: new Map() } },
    "stamp `at` must be plain data (null, true, numbers, strings, lists, objects); got {}",
  ],
  [{ compression: () => 1 }, 'option `compression` must be one of "gzip", "brotli", "deflate"; got a function'],
  [
    { compression: "zstd" },
    'option `compression` must be one of "gzip", "brotli", "deflate" (Node 20 has no zstd); got "zstd"',
  ],
  [
    { compression: "zlib" },
    'option `compression` must be one of "gzip", "brotli", "deflate" (its name here is "deflate"); got "zlib"',
  ],
  [{ headers: [1] }, "option `headers` must be an object; got [1]"],
  [{ shadow: 1n }, "option `shadow` must be text that is not empty; got 1n"],
  [{ link: "add" }, 'option `link` must be a signature or a list of them; got "add"'],
  [{ linkError: [{ task: "add" }] }, 'option `linkError` must be a signature or a list of them; got {"task":"add"}'],
  [{ countdownMs: -5 }, "option `countdownMs` must be a number of milliseconds of at least 0; got -5"],
  [{ countdownMs: "5s" }, 'option `countdownMs` must be a number of milliseconds of at least 0; got "5s"'],
  [{ expiresMs: Number.NaN }, "option `expiresMs` must be a number of milliseconds of at least 0; got NaN"],
  [
    { retryDelayMs: Number.POSITIVE_INFINITY },
    "option `retryDelayMs` must be a number of milliseconds of at least 0; got Infinity",
  ],
];

test.each(WRONG)("%p is refused: %s", (written, message) => {
  expect(() => normalizeOptions({ ...written })).toThrow(new OptionError(message));
});

test("each option has a right and a wrong value in these tables", () => {
  const named = (table: readonly (readonly [object, unknown])[]) =>
    new Set(table.flatMap(([written]) => Object.keys(written)));
  expect(optionNames.filter((name) => !named(RIGHT).has(name) && !named(RIGHT).has(`${name}Ms`))).toEqual([]);
  expect(optionNames.filter((name) => !named(WRONG).has(name))).toEqual([]);
});

test.each(["countdown", "expires", "retryDelay", "timeLimit", "softTimeLimit"])(
  "`%s` beside its twin in milliseconds is refused, in either order",
  (name) => {
    const message = `\`${name}\` and \`${name}Ms\` say the same thing; give only one of them`;
    expect(() => normalizeOptions({ [name]: 1, [`${name}Ms`]: 1 })).toThrow(new OptionError(message));
    expect(() => normalizeOptions({ [`${name}Ms`]: 1, [name]: 1 })).toThrow(new OptionError(message));
  },
);

test.each([
  ["retrys", "unknown option `retrys`; did you mean `retries`?"],
  ["Queue", "unknown option `Queue`; did you mean `queue`?"],
  ["countDown", "unknown option `countDown`; did you mean `countdown`?"],
  ["flavour", "unknown option `flavour`"],
  ["toString", "unknown option `toString`"],
  ["queueMs", "unknown option `queueMs`; did you mean `queue`?"],
])("the unknown name %s is refused: %s", (name, message) => {
  expect(() => normalizeOptions({ [name]: 1 })).toThrow(new OptionError(message));
});

describe("options laid over others", () => {
  const task = (name: string) => ({ kind: "task", task: name }) as const;

  test.each([
    [undefined, undefined, undefined],
    [{ queue: "a" }, undefined, { queue: "a" }],
    [undefined, { queue: "a" }, { queue: "a" }],
    [
      { queue: "a", priority: 1 },
      { queue: "b", retries: 0 },
      { queue: "b", priority: 1, retries: 0 },
    ],
    [{ link: [task("a")] }, { link: [task("b")] }, { link: [task("a"), task("b")] }],
    [{ linkError: [task("a")] }, { queue: "q" }, { linkError: [task("a")], queue: "q" }],
  ])("%j and %j give %j", (under, over, merged) => {
    expect(mergeOptions(under, over)).toEqual(merged);
  });

  test("change neither of them", () => {
    const under = { link: [task("a")], queue: "a" };
    const over = { link: [task("b")], queue: "b" };
    mergeOptions(under, over);
    expect([under, over]).toEqual([
      { link: [task("a")], queue: "a" },
      { link: [task("b")], queue: "b" },
    ]);
  });
});

test("options in their stored form are read as they are", () => {
  for (const [written] of RIGHT) {
    const stored = normalizeOptions({ ...written });
    expect(normalizeOptions({ ...stored })).toEqual(stored);
  }
});
