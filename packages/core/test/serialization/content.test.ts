import { randomBytes } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  App,
  ArgumentsTooLargeError,
  Content,
  ContentDisallowed,
  type ContentSettings,
  contentSettingsOf,
  DecodeError,
  OptionError,
  registerSerializer,
  SerializationError,
  type Serializer,
} from "../../src/index.ts";

const DEFAULTS = contentSettingsOf(new App("defaults", { setAsCurrent: false }).conf);
const contentWith = (settings: Partial<ContentSettings> = {}): Content =>
  new Content(() => ({ ...DEFAULTS, ...settings }));

/** Text turned round: nobody takes it for anything else. */
const BACKWARDS: Serializer = {
  contentType: "text/x-backwards",
  encode: (value) => [...JSON.stringify(value)].reverse().join(""),
  decode: (bytes) => JSON.parse([...bytes.toString()].reverse().join("")) as unknown,
};
registerSerializer("backwards", BACKWARDS);

const LONG = { args: ["word ".repeat(1000)], kwargs: { also: [1, 2, 3] } };

const packedBy = (settings: Partial<ContentSettings>, call = LONG): string => {
  const stored = contentWith(settings).writeArguments("t", call, {});
  return "packed" in stored ? stored.packed : "";
};

const WAYS: readonly [serializer: string, compression: "gzip" | "brotli" | "deflate" | undefined][] = [
  ["json", "gzip"],
  ["json", "brotli"],
  ["json", "deflate"],
  ["msgpack", undefined],
  ["msgpack", "gzip"],
  ["backwards", undefined],
  ["backwards", "brotli"],
];

test.each(WAYS)(
  "C8 compression and C7 serializers: what %s and %s made is read as it was",
  (serializer, compression) => {
    const settings = {
      taskSerializer: serializer,
      taskCompression: compression,
      resultSerializer: serializer,
      resultCompression: compression,
      acceptContent: [serializer],
    };
    const content = contentWith(settings);
    const packed = packedBy(settings);
    expect(packed.split(";", 2)[1]).toBe(compression ?? "");
    expect(content.readArguments("t", packed)).toEqual(LONG);
    const { text } = content.writeResult(LONG, "it");
    expect(content.readResult(text)).toEqual(LONG);
    expect(content.readResult(`[${text},1,[${text}]]`)).toEqual([LONG, 1, [LONG]]);
    if (compression !== undefined) expect(text.length).toBeLessThan(JSON.stringify(LONG).length / 10);
  },
);

test("C8 compression law: whatever is sent comes back, by every serializer and compression", () => {
  const value = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    values: [fc.string(), fc.boolean(), fc.integer(), fc.constant(null)],
  });
  const way = fc.constantFrom(...WAYS.filter(([serializer]) => serializer !== "backwards"));
  fc.assert(
    fc.property(value, way, (given, [serializer, compression]) => {
      const content = contentWith({
        taskSerializer: serializer,
        taskCompression: compression,
        resultSerializer: serializer,
        resultCompression: compression,
        compressionMinBytes: 0,
      });
      let text: string;
      try {
        ({ text } = content.writeResult(given, "it"));
      } catch (error) {
        expect(error).toBeInstanceOf(SerializationError);
        return;
      }
      expect(content.readResult(text)).toEqual(given ?? null);
      const stored = content.writeArguments("t", { args: [given], kwargs: {} }, {});
      if ("packed" in stored) expect(content.readArguments("t", stored.packed).args).toEqual([given ?? null]);
    }),
  );
});

test("C8 compression: what is short, or would not be shorter, goes as it is", () => {
  const content = contentWith({ taskCompression: "gzip", resultCompression: "gzip" });
  const short = { args: ["x".repeat(900)], kwargs: {} };
  expect(content.writeArguments("t", short, {})).toEqual(short);
  expect(content.writeResult("x".repeat(900), "it").text).toBe(JSON.stringify("x".repeat(900)));
  expect("packed" in content.writeArguments("t", { args: ["x".repeat(1100)], kwargs: {} }, {})).toBe(true);
  // What is random is as long as it was, and base64 makes it longer.
  const random = { args: [randomBytes(3000).toString("base64url")], kwargs: {} };
  const bytes = contentWith({ taskSerializer: "msgpack", taskCompression: "gzip" });
  expect(content.writeArguments("t", random, {})).toEqual(random);
  const stored = bytes.writeArguments("t", { args: [randomBytes(3000)], kwargs: {} }, {});
  expect("packed" in stored && stored.packed.startsWith("application/x-msgpack;;")).toBe(true);
});

test("C7 serializers: of a call before the task's before the App's", () => {
  const content = contentWith({ taskSerializer: "msgpack" });
  const call = { args: [1], kwargs: {} };
  expect(content.writeArguments("t", call, {})).toEqual({ packed: "application/x-msgpack;;kpEBgA==" });
  expect(content.writeArguments("t", call, { serializer: "json" })).toEqual(call);
  expect(content.writeArguments("t", { args: [], kwargs: {} }, {})).toEqual({ args: [], kwargs: {} });
});

const JSON_GZIP = packedBy({ taskCompression: "gzip" });
const bytesOf = (packed: string): Buffer => Buffer.from(packed.split(";")[2] ?? "", "base64");
const withBytes = (type: string, coding: string, bytes: Buffer): string =>
  `${type};${coding};${bytes.toString("base64")}`;
const JSON_TYPE = "application/json";
const MSGPACK = "application/x-msgpack";

test.each<[what: string, packed: string, settings: Partial<ContentSettings>, error: Error]>([
  [
    "a content type that is not accepted",
    packedBy({ taskSerializer: "msgpack" }),
    { acceptContent: ["json", "text/x-backwards"] },
    new ContentDisallowed(
      'the content type application/x-msgpack ("msgpack") of the arguments of task "t" is not accepted: `acceptContent` names "json", "text/x-backwards"; add it there where it is read, and resume the run: nothing of it is lost',
    ),
  ],
  [
    "JSON where only msgpack is accepted",
    JSON_GZIP,
    { acceptContent: ["msgpack"] },
    new ContentDisallowed(
      'the content type application/json ("json") of the arguments of task "t" is not accepted: `acceptContent` names "msgpack"; add it there where it is read, and resume the run: nothing of it is lost',
    ),
  ],
  [
    "a serializer that nobody has registered",
    withBytes("application/cbor", "", Buffer.from([1])),
    { acceptContent: ["application/cbor"] },
    new DecodeError(
      'the arguments of task "t": no serializer of content type application/cbor is known here; call `registerSerializer` as whoever sent it did',
    ),
  ],
  [
    "a compression that nobody knows",
    withBytes(JSON_TYPE, "zstd", Buffer.from([1])),
    {},
    new DecodeError(
      'the arguments of task "t": the compression "zstd" is not known here; there are gzip, brotli, deflate',
    ),
  ],
  [
    "gzip bytes that are cut",
    withBytes(JSON_TYPE, "gzip", bytesOf(JSON_GZIP).subarray(0, 20)),
    {},
    new DecodeError('the arguments of task "t": the gzip bytes cannot be decompressed: unexpected end of file'),
  ],
  [
    "bytes that are no gzip",
    withBytes(JSON_TYPE, "gzip", Buffer.from("hello hello")),
    {},
    new DecodeError('the arguments of task "t": the gzip bytes cannot be decompressed: incorrect header check'),
  ],
  [
    "gzip bytes of which one has changed",
    withBytes(
      JSON_TYPE,
      "gzip",
      Buffer.from(bytesOf(JSON_GZIP).map((byte, at, all) => (at === all.length - 5 ? byte ^ 1 : byte))),
    ),
    {},
    new DecodeError('the arguments of task "t": the gzip bytes cannot be decompressed: incorrect data check'),
  ],
  [
    "brotli bytes that are none",
    withBytes(JSON_TYPE, "brotli", Buffer.from("hello hello")),
    {},
    new DecodeError('the arguments of task "t": the brotli bytes cannot be decompressed: Decompression failed'),
  ],
  [
    "few bytes that become too many",
    packedBy({ taskCompression: "gzip" }, { args: ["0".repeat(1_000_000)], kwargs: { also: [] } }),
    { maxArgumentBytes: 10_000, maxResultBytes: 1000 },
    new DecodeError(
      'the arguments of task "t": the gzip bytes cannot be decompressed: they have more than 10000 bytes, which neither `maxArgumentBytes` nor `maxResultBytes` allows',
    ),
  ],
  [
    "msgpack that is cut",
    withBytes(MSGPACK, "", Buffer.from([0x92, 0x91])),
    {},
    new DecodeError(
      'the arguments of task "t" cannot be read as application/x-msgpack: Unexpected end of MessagePack data',
    ),
  ],
  [
    "JSON that is cut",
    withBytes(JSON_TYPE, "", Buffer.from("[[")),
    {},
    new DecodeError('the arguments of task "t" cannot be read as application/json: Unexpected end of JSON input'),
  ],
  [
    "what is no arguments",
    withBytes(JSON_TYPE, "", Buffer.from("1")),
    {},
    new DecodeError(
      'the arguments of task "t" cannot be read: their serializer gave something other than `[arguments, named]`',
    ),
  ],
])("C8 compression and C7 serializers refuse %s", (_what, packed, settings, error) => {
  const read = (): unknown => contentWith(settings).readArguments("t", packed);
  expect(read).toThrow(error.constructor);
  expect(read).toThrow(error.message);
});

test("C7 serializers: a result of a type that is not accepted names the setting that counts", () => {
  const { text } = contentWith({ resultSerializer: "msgpack" }).writeResult(1, "it");
  expect(() => contentWith({ acceptContent: ["json"] }).readResult(text)).toThrow('`acceptContent` names "json"');
  const others = contentWith({ acceptContent: ["msgpack"], resultAcceptContent: [] });
  expect(() => others.readResult(`[${text}]`)).toThrow("`resultAcceptContent` names nothing");
});

describe("C7 registerSerializer", () => {
  test.each<[what: string, name: unknown, serializer: unknown, message: string]>([
    ["without a name", "", BACKWARDS, '`registerSerializer` needs a name as text that is not empty; got ""'],
    [
      "called pickle",
      "pickle",
      BACKWARDS,
      'a serializer cannot be called "pickle": reading it would run code that a message brings; use "json"',
    ],
    ["called json", "json", BACKWARDS, 'the serializer "json" is built in; give yours another name'],
    [
      "that only writes",
      "mine",
      { contentType: "a/b", encode: String },
      'serializer "mine" must have `contentType`, `encode` and `decode`; got {"contentType":"a/b"}',
    ],
    [
      "without a content type",
      "mine",
      { ...BACKWARDS, contentType: "mine" },
      '`contentType` of serializer "mine" must be like "application/cbor"; got "mine"',
    ],
    [
      "with the content type of another",
      "mine",
      { ...BACKWARDS, contentType: JSON_TYPE },
      'the content type "application/json" of serializer "mine" is that of "json"; give yours one of its own',
    ],
  ])("refuses one %s", (_what, name, serializer, message) => {
    expect(() => registerSerializer(name as string, serializer as Serializer)).toThrow(new OptionError(message));
  });

  test.each<[what: string, encode: () => unknown, message: string]>([
    [
      "throws",
      () => {
        throw new Error("no");
      },
      'the list of arguments of task "t" cannot be kept by serializer "own": no',
    ],
    [
      "gives nothing",
      () => undefined,
      'the list of arguments of task "t" cannot be kept by serializer "own": its `encode` gave neither text nor bytes',
    ],
  ])("one whose encode %s refuses the value", (_what, encode, message) => {
    registerSerializer("own", { contentType: "a/own", encode: encode as () => string, decode: () => 1 });
    expect(() => contentWith({ taskSerializer: "own" }).writeArguments("t", LONG, {})).toThrow(message);
  });

  test("writes and reads what JSON would refuse", () => {
    registerSerializer("text", { contentType: "a/text", encode: String, decode: (bytes) => [[bytes.toString()], {}] });
    const content = contentWith({ acceptContent: ["text"] });
    const stored = content.writeArguments("t", { args: [/x/], kwargs: {} }, { serializer: "text" });
    expect("packed" in stored && content.readArguments("t", stored.packed)).toEqual({
      args: ["/x/,[object Object]"],
      kwargs: {},
    });
  });

  test("a name that is not known is refused with the nearest one", () => {
    expect(() => contentWith({ taskSerializer: "mspack" }).writeArguments("t", LONG, {})).toThrow(
      /^there is no serializer "mspack"; did you mean `msgpack`\?; there are json, msgpack, backwards.*; others are made known by `registerSerializer`$/,
    );
  });

  test.each(["half \ud800 of one", { "\udc00": 1 }])("C7 msgpack refuses %j, which it would change", (value) => {
    const args = [value];
    expect(() => contentWith().writeArguments("t", { args, kwargs: {} }, { serializer: "msgpack" })).toThrow(
      /^the list of arguments of task "t" cannot be kept as msgpack: it holds text with half of a character \(".*"\); use "json", which keeps it$/,
    );
    expect(contentWith().writeArguments("t", { args, kwargs: {} }, {})).toEqual({ args, kwargs: {} });
  });
});

test.each<[what: string, call: { args: readonly unknown[]; kwargs: Record<string, unknown> }, message: string]>([
  [
    "by position",
    { args: [1, "x".repeat(200)], kwargs: {} },
    'the arguments of task "t" have 208 bytes, more than `maxArgumentBytes` (100); the largest is `second` (202 bytes as json): store it elsewhere and send where it is',
  ],
  [
    "by name",
    { args: ["y".repeat(50)], kwargs: { big: new Map([["x", "ä".repeat(100)]]) } },
    'the arguments of task "t" have 303 bytes, more than `maxArgumentBytes` (100); the largest is `big` (241 bytes as json): store it elsewhere and send where it is',
  ],
  [
    "whose name is not known",
    { args: [1, 2, "x".repeat(200)], kwargs: {} },
    'the arguments of task "t" have 210 bytes, more than `maxArgumentBytes` (100); the largest is `argument 3` (202 bytes as json): store it elsewhere and send where it is',
  ],
])("C7 payload limit: an argument %s is named that is too large", (_what, call, message) => {
  const content = contentWith({ maxArgumentBytes: 100 });
  const names = ["first", "second"];
  expect(() => content.writeArguments("t", call, {}, (position) => names[position])).toThrow(
    new ArgumentsTooLargeError(message),
  );
});

test.each<[name: string, value: unknown, wanted: string]>([
  [
    "taskSerializer",
    "pickle",
    'another serializer, such as "json": reading it would run code that a message brings; got "pickle"',
  ],
  ["resultSerializer", "", 'text that is not empty; got ""'],
  ["acceptContent", "json", 'a list of serializers or content types; got "json"'],
  [
    "acceptContent",
    ["json", "yaml"],
    'a list without "yaml": it can name classes to be made when it is read; got ["json","yaml"]',
  ],
  ["taskCompression", "zstd", 'one of "gzip", "brotli", "deflate" (Node 20 has no zstd); got "zstd"'],
  ["compressionMinBytes", -1, "a whole number of at least 0; got -1"],
  ["maxArgumentBytes", 0, "a whole number of at least 1; got 0"],
])("C7 settings: `%s` cannot be %j", (name, value, wanted) => {
  const { conf } = new App("settings", { setAsCurrent: false });
  expect(() => conf.update({ [name]: value })).toThrow(wanted);
});

test.each([
  [
    { serializer: "yaml" },
    'option `serializer` of task "t" must be another serializer, such as "json": it can name classes to be made when it is read; got "yaml"',
  ],
  [
    { compression: "bzip2" },
    'option `compression` of task "t" must be one of "gzip", "brotli", "deflate" (Node has no bzip2); got "bzip2"',
  ],
])("C7 options of tasks: %j is refused", (options, message) => {
  const app = new App("options", { setAsCurrent: false });
  expect(() => app.task({ name: "t", ...(options as object) }, () => 1)).toThrow(new OptionError(message));
});
