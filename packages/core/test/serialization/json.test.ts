import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { SerializationError } from "../../src/errors.ts";
import { decodeJson, encodeJson, requireJson } from "../../src/serialization/json.ts";
import { plainJson } from "../kit/arbitrary-signature.ts";

const WHAT = 'the result of task "t"';

test("plain data comes back as it was", () => {
  fc.assert(
    fc.property(plainJson(), (value) => {
      expect(decodeJson(encodeJson(value, WHAT))).toEqual(value);
      requireJson(value, WHAT);
    }),
  );
});

class Money {
  readonly #cents: number;
  constructor(cents: number) {
    this.#cents = cents;
  }
  toJSON(): string {
    return `${this.#cents} cents`;
  }
}

class Point {
  readonly x = 1;
}

const shared = { a: 1 };

test.each<[what: string, value: unknown, text: string]>([
  ["nothing", undefined, "null"],
  ["a property that is undefined", { a: undefined, b: 1 }, '{"b":1}'],
  ["an item that is undefined", [undefined, 1], "[null,1]"],
  ["minus zero", -0, "0"],
  ["an object without a prototype", Object.assign(Object.create(null) as object, { a: 1 }), '{"a":1}'],
  ["an instance of a class of the user's", new Point(), '{"x":1}'],
  ["what says itself how it is kept", [new Money(5)], '["5 cents"]'],
  ["one object in two places", [shared, shared], '[{"a":1},{"a":1}]'],
  ["text with quotes, a null byte and half a pair", '"\u0000\ud800', '"\\"\\u0000\\ud800"'],
])("%s is kept", (_what, value, text) => {
  expect(encodeJson(value, WHAT)).toBe(text);
});

class Stamp extends Date {}
class Register extends Map {}

/** Everything that JSON would change, in three places. */
const UNFIT: readonly [problem: string, value: unknown][] = [
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  ["a function", () => 1],
  ["a symbol", Symbol("s")],
  ["a Stamp", new Stamp(0)],
  ["a Register", new Register()],
  ["a Promise", Promise.resolve(1)],
  ["a RegExp", /x/],
];

describe.each(UNFIT)("%s", (problem, value) => {
  test.each([
    ["it", value],
    ["`[1]`", [0, value]],
    ["`a.b[2].c`", { a: { b: [0, 0, { c: value }] } }],
  ])("is refused where %s is", (place, whole) => {
    const error = new SerializationError(
      `${WHAT} cannot be kept as JSON: ${place} is ${problem}; use plain data (null, true, numbers, strings, lists, objects), or Date, BigInt, Map, Set, Error, binary data`,
    );
    expect(() => encodeJson(whole, WHAT)).toThrow(error);
    expect(() => requireJson(whole, WHAT)).toThrow(error);
  });
});

test("a cycle is refused, however far it reaches", () => {
  const direct: unknown[] = [];
  direct.push(direct);
  const far: { a: { b: unknown } } = { a: { b: undefined } };
  far.a.b = [far];
  for (const value of [direct, far]) {
    expect(() => encodeJson(value, WHAT)).toThrow(SerializationError);
    expect(() => requireJson(value, WHAT)).toThrow(`${WHAT} cannot be kept as JSON: Converting circular structure`);
  }
});

test("what its own toJSON cannot say is refused with the reason", () => {
  const hostile = {
    toJSON() {
      throw new Error("no way");
    },
  };
  const error = new SerializationError(`${WHAT} cannot be kept as JSON: no way`, { cause: new Error("no way") });
  expect(() => encodeJson({ hostile }, WHAT)).toThrow(error);
});

test.each([
  ["lists", (inner: unknown) => [inner]],
  ["objects", (inner: unknown) => ({ inner })],
])("%s in one another, 20,000 deep, are kept or refused, and never end the process", (_what, wrap) => {
  let value: unknown = Number.NaN;
  for (let depth = 0; depth < 20_000; depth += 1) value = wrap(value);
  expect(() => encodeJson(value, WHAT)).toThrow(SerializationError);
  expect(() => requireJson(value, WHAT)).toThrow(SerializationError);
  expect(() => requireJson(value, WHAT)).toThrow(/^.{100,300} is NaN; use plain data/);
});
