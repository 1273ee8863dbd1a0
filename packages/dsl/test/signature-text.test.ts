/** `String(signature)` is flow text that compiles to an equal signature, or is refused; it never means another one. */
import { describe, expect, test } from "@jest/globals";
import { parametersFromNames, parseSignature, type SignatureData, signatureText } from "@umbel/core";
import fc from "fast-check";
import { compile } from "../src/index.ts";
import type { Resolver } from "../src/resolver.ts";

/** Knows every task there could be, which takes whatever it is given. */
const resolver: Resolver = {
  task: (name) => ({ name, parameters: parametersFromNames(["*args", "**kwargs"]) }),
  taskNames: () => [],
  import: () => ({ kind: "failed", reason: "nothing is imported here" }),
};

const compileText = (text: string) => compile(text, { file: "x.flow", resolver });

const word = fc.oneof(
  fc.constantFrom("add", "x", "map", "on", "null", "_a1", "each", "success", "__proto__"),
  fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,5}$/),
);
const taskName = fc.oneof(
  word,
  fc.array(word, { minLength: 2, maxLength: 3 }).map((words) => words.join(".")),
  fc.constantFrom("größe", "a b", "x-y", "0", "a..b", `\${x}`, '"', "a\tb", "// x", "a\r"),
);
const number = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)),
  fc.constantFrom(1e21, 2 ** 53, -(2 ** 60), 1e-7, 0.1),
);
const string = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(`\${x}`, "\\${", "$", "$${", '"""', "\u202e", "\ufeff", "\ud800", "a\r\nb", "`", "'"),
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(fc.constantFrom(null, true, false), number, string),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.oneof(word, string), tie("value"), { maxKeys: 3 }),
  ),
}));
const args = fc.array(value, { maxLength: 3 });
const kwargs = fc.dictionary(word, value, { maxKeys: 2 });
const plainOptions = fc.record(
  {
    queue: fc.string({ minLength: 1 }),
    priority: fc.integer({ min: 0, max: 9 }),
    countdown: fc.nat(1000),
    eta: fc.constant("2030-01-02T03:04:05.000Z"),
    expires: fc.constantFrom<string | number>(10, "2030-01-02T03:04:05.000Z"),
    retries: fc.nat(5),
    ignoreResult: fc.boolean(),
    headers: fc.dictionary(word, value, { maxKeys: 2 }),
    stamps: fc.dictionary(word, value, { maxKeys: 2 }),
  },
  { requiredKeys: [] },
);

interface Handlers {
  link?: readonly SignatureData[] | undefined;
  linkError?: readonly SignatureData[] | undefined;
}

interface Kinds {
  any: SignatureData;
  handlers: Handlers;
  group: SignatureData;
}

/** `isWild`: also what the language cannot say. */
function signatures(isWild: boolean): fc.Arbitrary<SignatureData> {
  const wild = <T>(arbitrary: fc.Arbitrary<T>, ...others: T[]): fc.Arbitrary<T> =>
    isWild ? fc.oneof(arbitrary, fc.constantFrom(...others)) : arbitrary;
  const { any } = fc.letrec<Kinds>((tie: fc.LetrecTypedTie<Kinds>): fc.LetrecValue<Kinds> => {
    const named = isWild ? fc.oneof(taskName, fc.string({ minLength: 1 })) : taskName;
    const common = fc.tuple(plainOptions, tie("handlers"));
    const withCommon = (data: fc.Arbitrary<SignatureData>, hasLink = true): fc.Arbitrary<SignatureData> =>
      fc
        .tuple(
          data,
          common,
          isWild
            ? fc.record({ args, kwargs: fc.dictionary(string, value), immutable: fc.boolean() }, { requiredKeys: [] })
            : fc.constant({}),
        )
        .map(([of, [plain, { link, linkError }], extra]) =>
          parseSignature({ ...of, ...extra, options: { ...plain, ...(hasLink && { link }), linkError } }),
        );
    const task = fc
      .record({ task: named, args, kwargs, immutable: fc.boolean() })
      .map((fields): SignatureData => parseSignature({ kind: "task", ...fields }));
    const isPlain = (data: SignatureData): boolean => data.options === undefined;
    const steps = fc.array(isWild ? tie("any") : tie("any").filter((step) => step.kind !== "chain" || !isPlain(step)), {
      minLength: isWild ? 0 : 2,
      maxLength: 3,
    });
    const members = fc.array(isWild ? tie("any") : tie("any").filter((member) => member.kind !== "group"), {
      maxLength: 3,
    });
    const items = fc.array(value, { maxLength: 2 });
    return {
      handlers: fc.oneof(
        { maxDepth: 2, depthIdentifier: "handlers" },
        fc.constant<Handlers>({}),
        fc.record(
          {
            link: fc.array(tie("any"), { minLength: 1, maxLength: 2 }),
            linkError: fc.array(tie("any"), { minLength: 1, maxLength: 2 }),
          },
          { requiredKeys: [] },
        ),
      ),
      group: withCommon(
        fc
          .record({ members, unroll: wild(fc.constant(false), true) })
          .map((fields) => parseSignature({ kind: "group", ...fields })),
        isWild,
      ),
      any: fc.oneof(
        { maxDepth: 3, depthIdentifier: "signatures" },
        withCommon(task),
        withCommon(steps.map((list): SignatureData => ({ kind: "chain", steps: list }))),
        tie("group"),
        withCommon(
          fc.tuple(tie("group"), tie("any")).map(([header, body]) => parseSignature({ kind: "chord", header, body })),
        ),
        withCommon(
          fc
            .record({ kind: fc.constantFrom("map" as const, "starmap" as const), task: named, items })
            .map((data): SignatureData => data),
        ),
        withCommon(
          fc
            .record({ task: named, items, size: fc.integer({ min: 1, max: 9 }) })
            .map((fields): SignatureData => ({ kind: "chunks", ...fields })),
        ),
        withCommon(
          fc
            .record({ member: tie("any"), limit: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }), args })
            .map((fields) => parseSignature({ kind: "each", ...fields })),
        ),
      ),
    };
  });
  return any;
}

const toJson = (data: unknown): unknown => JSON.parse(JSON.stringify(data));

describe("printing", () => {
  test("what the language can say compiles to an equal signature", () => {
    fc.assert(
      fc.property(signatures(false), (data) => {
        const text = signatureText(data);
        const { signature, diagnostics } = compileText(text);
        const errors = diagnostics.filter(({ severity }) => severity === "error");
        // One that begins with `each` gets its list when it is sent; one whose `each` gets an item that is no list is
        // refused for what it does and not for how it is written.
        fc.pre(!errors.some(({ code }) => code === "E312" || code === "E314"));
        expect([text, errors.map(({ message }) => message)]).toEqual([text, []]);
        expect(toJson(signature)).toEqual(toJson(data));
        expect(signature === undefined ? "" : signatureText(signature)).toBe(text);
      }),
      { numRuns: 150 },
    );
  });

  test("what it cannot say is refused", () => {
    fc.assert(
      fc.property(signatures(true), (data) => {
        const { signature } = compileText(signatureText(data));
        if (signature !== undefined) expect(toJson(signature)).toEqual(toJson(data));
      }),
      { numRuns: 150 },
    );
  });

  test.each([
    ["add(4, 4) | mul(8)"],
    ["add!(x: 1)"],
    ["[a(), b() | c()] | d()"],
    ["chord([a()], b() | c())"],
    ["(a() | b()) with {retries: 3} on error (c() | d())"],
    ["[1, 2] | each(a(), limit: 5)"],
    ["a() | ([1, 2] | each(b()))"],
    ["map(images.resize, [1, 2])"],
    ["chunks(`x.map`, [[1]], 10)"],
    ["a() | [x for x in []] | b()"],
    [`a({queue: null, "b c": "\\\${x}"}) with {queue: "io"} on success b() on error (c() with {retries: 1})`],
  ])("%s is printed as it is written", (text) => {
    const { signature } = compileText(text);
    expect(signature === undefined ? undefined : signatureText(signature)).toBe(text);
  });

  test.each<[SignatureData, string]>([
    [{ kind: "chain", steps: [{ kind: "task", task: "a" }] }, "<chain of a()>"],
    [{ kind: "group", members: [{ kind: "task", task: "a" }], unroll: true }, "<Celery's group [a()]>"],
    [{ kind: "group", members: [{ kind: "group", members: [] }] }, "[<[x for x in []]>]"],
    [{ kind: "task", task: "a`b", args: [Number.NaN, undefined] }, '<"a`b">(<NaN>, <undefined>)'],
    [
      { kind: "chord", header: { kind: "group", members: [] }, body: { kind: "task", task: "a" }, args: [1] },
      "<chord([x for x in []], a()) given (1)>",
    ],
  ])("%j is printed as %s", (data, text) => {
    expect(signatureText(data)).toBe(text);
    expect(compileText(text).signature).toBeUndefined();
  });
});
