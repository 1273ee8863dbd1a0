import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { App, decodeJson, encodeJson, RemoteError, Signature } from "../../src/index.ts";
import { decodeMsgpack, encodeMsgpack } from "../../src/serialization/msgpack.ts";

const againAsJson = (value: unknown): unknown => decodeJson(encodeJson(value, "it"));

const FORMATS: readonly [name: string, again: (value: unknown) => unknown][] = [
  ["json", againAsJson],
  ["msgpack", (value) => decodeMsgpack(encodeMsgpack(value, "it"))],
];

describe.each(FORMATS)("C7 %s", (format, again) => {
  test.each<[what: string, value: unknown]>([
    ["a Date", new Date(0)],
    ["a BigInt", 123n],
    [
      "a Map",
      new Map<unknown, unknown>([
        ["a", 1],
        [{ b: 1n }, new Set([1])],
      ]),
    ],
    ["a Map with nothing in it", new Map([["a", undefined]])],
    ["a Set", new Set(["a", undefined, new Date(1)])],
    ["bytes", new Uint8Array([0, 1, 255])],
    ["numbers", new Float64Array([0.5, Number.NaN, -0])],
    ["big numbers", new BigInt64Array([-1n])],
    ["a part of a buffer", new Uint16Array([1, 2, 3]).subarray(1)],
    ["all of them, deep in others", { list: [{ at: new Date(5), of: [new Map([[1n, new Set([2n])]])] }] }],
    ["data that looks like a tag", { __type__: "datetime", __value__: "never" }],
    ["data that looks like a tag in a tag", new Map([["a", { __type__: "object", __value__: [[1, 2]] }]])],
    ["numbers of every length", [0, -1, 127, 128, -129, 2 ** 31, 2 ** 32, 2 ** 53 - 1, -(2 ** 53), 1e300, 5e-324, 0.1]],
    ["text of every length", ["", "ä", "x".repeat(40), "y".repeat(70_000), "😀"]],
    ["text that looks like one", '{"__type__":"bigint","__value__":"1"}'],
    ["a name that is special", JSON.parse('{"__proto__":{"at":1},"x":1}')],
  ])("keeps %s", (_what, value) => {
    expect(again(value)).toStrictEqual(value);
    expect(again([value, { deep: value }])).toStrictEqual([value, { deep: value }]);
  });

  test("keeps a Buffer, an ArrayBuffer, a DataView", () => {
    const buffer = Buffer.from("äöü");
    const read = again([buffer, new Uint8Array([7]).buffer, new DataView(new Uint8Array([8, 9]).buffer, 1)]) as [
      Buffer,
      ArrayBuffer,
      DataView,
    ];
    expect(Buffer.isBuffer(read[0]) && read[0].equals(buffer)).toBe(true);
    expect([...new Uint8Array(read[1])]).toEqual([7]);
    expect([read[2].byteLength, read[2].getUint8(0)]).toEqual([1, 9]);
  });

  test("keeps an Error with its name, message, code, stack and cause", () => {
    const error = Object.assign(new RangeError("far", { cause: new TypeError("why") }), { code: "E" });
    const read = (again({ error }) as { error: RemoteError }).error;
    expect(read).toBeInstanceOf(RemoteError);
    expect(read).toMatchObject({ name: "RangeError", message: "far", code: "E", remoteStack: error.stack });
    expect(read.cause).toMatchObject({ name: "TypeError", message: "why" });
  });

  test("law: what is read is what was written, whatever it holds", () => {
    const value = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withObjectString: true,
      key: fc.oneof(fc.string(), fc.constant("__type__"), fc.constant("__value__")),
      values: [fc.string(), fc.boolean(), fc.integer(), fc.constant(null)],
    });
    fc.assert(
      fc.property(
        value.filter((given) => !hasOddDate(given)),
        (given) => {
          expect(again(given)).toEqual(given);
        },
      ),
    );
  });

  test.each<[what: string, value: unknown, message: string]>([
    ["NaN", { a: [Number.NaN] }, "`a[0]` is NaN"],
    ["a function", { f: () => 1 }, "`f` is a function"],
    ["a symbol", [Symbol("s")], "`[0]` is a symbol"],
    ["a RegExp", { r: /x/ }, "`r` is a RegExp"],
    ["a number in an object", { n: Object(1) as unknown }, "`n` is a Number"],
    ["a Promise", [Promise.resolve()], "`[0]` is a Promise"],
    ["an invalid Date", { at: new Date("never") }, "`at` is an invalid Date"],
    ["a function within a Map", { m: new Map([["k", () => 1]]) }, "`m.k` is a function"],
    ["NaN within a Set", { s: new Set([Number.NaN]) }, "`s.0` is NaN"],
  ])("refuses %s", (_what, value, message) => {
    const as = format === "json" ? "JSON" : format;
    expect(() => again(value)).toThrow(
      `it cannot be kept as ${as}: ${message}; use plain data (null, true, numbers, strings, lists, objects), or Date, BigInt, Map, Set, Error, binary data`,
    );
  });

  test("C7 what JSON changes, msgpack changes as it does", () => {
    const point = new (class Point {
      readonly x = undefined;
      toJSON = (): unknown => ({ at: new Date(0), y: [undefined] });
    })();
    for (const value of [
      undefined,
      [undefined, 1],
      { a: undefined },
      -0,
      point,
      new (class Plain {
        a = 1;
      })(),
    ]) {
      expect(again(value)).toStrictEqual(againAsJson(value));
    }
  });
});

describe("C7 serializers", () => {
  test.each([
    ["pickle", "reading it would run code that a message brings"],
    ["yaml", "it can name classes to be made when it is read"],
  ])("refuses the serializer %s, and says why", (serializer, reason) => {
    const add = new App("a").task("add", () => 1);
    expect(() => add.signature([], { serializer })).toThrow(
      `option \`serializer\` cannot be "${serializer}": ${reason}; use "json"`,
    );
  });

  test("a signature is the same after JSON", () => {
    const app = new App("a");
    const note = app.task("note", (_at: Date, _of: Map<string, bigint>) => 1);
    const given = note.signature([new Date(3)], {
      kwargs: { of: new Map([["a", 1n]]) },
      link: note.s(new Date(4), new Map()),
    });
    const text = JSON.stringify(given);
    expect(Signature.from(text).data).toStrictEqual(given.data);
    expect(Signature.from(JSON.parse(text)).data).toStrictEqual(given.data);
    expect(JSON.stringify(Signature.from(text))).toBe(text);
  });
});

/** JSON cannot tell -0, an invalid Date and NaN apart from others; those are refused, or as everybody has them. */
function hasOddDate(value: unknown): boolean {
  try {
    encodeJson(value, "it");
    return false;
  } catch {
    return true;
  }
}
