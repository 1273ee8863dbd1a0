import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  type AnySignature,
  App,
  bindSignature,
  OptionError,
  Signature,
  type SignatureData,
  type StampInput,
  StampingVisitor,
  type Stamps,
} from "../../src/index.ts";
import { anySignature } from "../kit/arbitrary-signature.ts";

const app = new App("stamps", { setAsCurrent: false });
const task = (name: string, more: object = {}): SignatureData => ({ kind: "task", task: name, ...more });
const bound = (data: SignatureData) => bindSignature(data, app) as Signature<readonly unknown[], unknown>;

/** The stamps of every call in a signature and of its callbacks, by task. */
function stampsIn(data: SignatureData): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  const look = (one: SignatureData): void => {
    if ("task" in one) found[one.task] = one.options?.stamps;
    if (one.kind === "chain") one.steps.forEach(look);
    if (one.kind === "group") one.members.forEach(look);
    if (one.kind === "chord") [...one.header.members, one.body].forEach(look);
    if (one.kind === "each") look(one.member);
    [...(one.options?.link ?? []), ...(one.options?.linkError ?? [])].forEach(look);
  };
  look(data);
  return found;
}

const CANVAS: SignatureData = {
  kind: "chain",
  steps: [
    task("a", { options: { link: [task("link", { options: { linkError: [task("deep")] } })] } }),
    { kind: "chord", header: { kind: "group", members: [task("b"), task("c")] }, body: task("d") },
    { kind: "group", members: [task("e"), { kind: "map", task: "f", items: [1] }] },
    { kind: "each", member: task("g") },
  ],
  options: { linkError: [task("errback")] },
};

describe("C12 stamps", () => {
  test("are on every task of a canvas, and on its callbacks", () => {
    const stamped = bound(CANVAS).stamp({ region: "eu" });
    const names = ["a", "link", "deep", "b", "c", "d", "e", "f", "g", "errback"];
    expect(stampsIn(stamped.data)).toEqual(Object.fromEntries(names.map((name) => [name, { region: "eu" }])));
    expect(stampsIn(CANVAS)).toEqual(Object.fromEntries(names.map((name) => [name, undefined])));
    expect(stamped.app).toBe(app);
  });

  test.each<[what: string, inputs: StampInput[], stamps: Stamps]>([
    ["of another name are added", [{ a: 1 }, { b: [2] }], { a: 1, b: [2] }],
    ["of the same name take its place", [{ a: 1 }, { a: 2 }], { a: 2 }],
    ["that are appended come in front, as in Celery", [{ a: 1 }, { a: 2, appendStamps: true }], { a: [2, 1] }],
    ["are appended to lists", [{ a: [1, 2] }, { a: 3, appendStamps: true }], { a: [3, 1, 2] }],
    ["that are undefined say nothing", [{ a: 1 }, { a: undefined }], { a: 1 }],
  ])("%s", (_what, inputs, stamps) => {
    let signature = bound(task("t"));
    for (const input of inputs) signature = signature.stamp(input);
    expect(signature.data.options).toEqual({ stamps });
  });

  test("a visitor is asked on its way, and what it gives goes to what is inside", () => {
    const calls: string[] = [];
    const nameOf = ({ data }: AnySignature): string => ("task" in data ? data.task : data.kind);
    class Visitor extends StampingVisitor {
      override onSignature(signature: AnySignature, stamps: Stamps): Stamps {
        calls.push(`${nameOf(signature)} ${Object.keys(stamps)}`);
        return { own: nameOf(signature) };
      }
      override onGroupStart(group: AnySignature): Stamps {
        calls.push(`<${nameOf(group)}`);
        return { group: nameOf(group) };
      }
      override onGroupEnd(group: AnySignature): void {
        calls.push(`${nameOf(group)}>`);
      }
      override onChainStart(): Stamps {
        calls.push("<chain");
        return { chain: 1 };
      }
      override onChainEnd(): void {
        calls.push("chain>");
      }
      override onChordBody(): Stamps {
        return { body: 1 };
      }
      override onCallback(callback: AnySignature): Stamps {
        return { callback: nameOf(callback) };
      }
      override onErrback(): void {
        calls.push("errback");
      }
    }
    const stamped = bound(CANVAS).stamp({ visitor: new Visitor(), given: 0 });
    const inChain = { given: 0, chain: 1 };
    expect(stampsIn(stamped.data)).toEqual({
      a: { ...inChain, own: "a" },
      link: { ...inChain, callback: "link", own: "link" },
      deep: { ...inChain, callback: "link", own: "deep" },
      b: { ...inChain, group: "chord", own: "b" },
      c: { ...inChain, group: "chord", own: "c" },
      d: { ...inChain, group: "chord", body: 1, own: "d" },
      e: { ...inChain, group: "group", own: "e" },
      f: { ...inChain, group: "group", own: "f" },
      g: { ...inChain, own: "g" },
      errback: { ...inChain, own: "errback" },
    });
    expect(calls).toEqual([
      "<chain",
      "a given,chain",
      "link given,chain,callback",
      "errback",
      "deep given,chain,callback",
      "<chord",
      "b given,chain,group",
      "c given,chain,group",
      "chord>",
      "d given,chain,group,body",
      "<group",
      "e given,chain,group",
      "f given,chain,group",
      "group>",
      "each given,chain",
      "g given,chain",
      "chain>",
      "errback",
      "errback given,chain",
    ]);
  });

  test("law: stamping changes nothing but stamps, and is JSON as all signatures are", () => {
    const withoutStamps = (text: string): unknown =>
      JSON.parse(text, (name, value: unknown) => {
        if (name === "stamps") return undefined;
        return name === "options" && Object.keys(value as object).length === 0 ? undefined : value;
      });
    fc.assert(
      fc.property(anySignature(), (data) => {
        const stamped = bound(data).stamp({ a: 1 });
        const text = JSON.stringify(stamped);
        expect(withoutStamps(text)).toEqual(withoutStamps(JSON.stringify(bound(data))));
        expect(Object.values(stampsIn(stamped.data))).toEqual(
          Object.values(stampsIn(stamped.data)).map(() => ({ a: 1 })),
        );
        expect(Signature.from(text).toJSON()).toEqual(JSON.parse(text));
      }),
      { numRuns: 25 },
    );
  });

  test("canvases nested 10,000 deep are stamped", () => {
    let data = task("t");
    for (let depth = 0; depth < 10_000; depth += 1) data = { kind: "group", members: [data] };
    expect(() => bound(data).stamp({ a: 1 })).not.toThrow();
  });

  test.each<[input: unknown, message: string]>([
    [
      { at: new Date(0) },
      'stamp `at` must be plain data (null, true, numbers, strings, lists, objects); got "1970-01-01T00:00:00.000Z"',
    ],
    [
      { big: { n: 1n } },
      "stamp `big` must be plain data (null, true, numbers, strings, lists, objects); got [object Object]",
    ],
    [{ f: () => 1 }, "stamp `f` must be plain data (null, true, numbers, strings, lists, objects); got a function"],
    [{ n: Number.NaN }, "stamp `n` must be plain data (null, true, numbers, strings, lists, objects); got NaN"],
    [{ visitor: {} }, "`visitor` of stamp must extend StampingVisitor; got {}"],
    [{ appendStamps: 1 }, "`appendStamps` of stamp must be true or false; got 1"],
  ])("%p is refused", (input, message) => {
    expect(() => bound(task("t")).stamp(input as StampInput)).toThrow(new OptionError(message));
  });

  test.each<[what: string, given: unknown, message: string]>([
    ["a value that is none", 1, "what a StampingVisitor gives must be an object; got 1"],
    ["a promise", Promise.resolve({}), "a StampingVisitor must not be asynchronous: a signature is stamped at once"],
  ])("a visitor that gives %s is refused", (_what, given, message) => {
    class Visitor extends StampingVisitor {
      override onSignature(): Stamps {
        return given as Stamps;
      }
    }
    expect(() => bound(task("t")).stamp({ visitor: new Visitor() })).toThrow(message);
  });
});
