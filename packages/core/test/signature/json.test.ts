import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { InvalidSignatureError } from "../../src/errors.ts";
import type { SignatureData } from "../../src/signature/data.ts";
import { parseSignature } from "../../src/signature/json.ts";
import { isSignature, Signature } from "../../src/signature/signature.ts";
import { anySignature } from "../kit/arbitrary-signature.ts";

const add: SignatureData = { kind: "task", task: "add" };

test("any signature comes back from its JSON, as text and as data", () => {
  fc.assert(
    fc.property(anySignature(), (data) => {
      const text = JSON.stringify(data);
      expect(parseSignature(text)).toEqual(data);
      expect(parseSignature(JSON.parse(text))).toEqual(data);
    }),
    { numRuns: 50 },
  );
});

test("a signature is read as its data", () => {
  const signature = Signature.from(add);
  expect(isSignature(signature)).toBe(true);
  expect(isSignature(add)).toBe(false);
  expect(parseSignature(signature)).toEqual(add);
  expect(JSON.stringify(signature)).toBe(JSON.stringify(add));
  expect(parseSignature({ kind: "chain", steps: [signature, signature] })).toEqual({
    kind: "chain",
    steps: [add, add],
  });
});

test.each<[json: object, data: SignatureData]>([
  [{ kind: "task", task: "add", args: [], kwargs: {}, options: {}, immutable: false }, add],
  [{ kind: "task", task: "add", args: null, kwargs: null, options: null }, add],
  [
    { kind: "group", members: [add], unroll: false },
    { kind: "group", members: [add] },
  ],
  [
    { kind: "chord", header: [add], body: add },
    { kind: "chord", header: { kind: "group", members: [add] }, body: add },
  ],
  [
    { kind: "task", task: "add", options: { countdown: "1m", link: add } },
    { ...add, options: { countdown: 60, link: [add] } },
  ],
])("%j says no more than %j", (json, data) => {
  expect(parseSignature(json)).toEqual(data);
});

const KINDS = "task, chain, group, chord, map, starmap, chunks, each";

test.each<[json: unknown, message: string]>([
  [7, "a signature must be an object; got 7"],
  [null, "a signature must be an object; got null"],
  [[add], 'a signature must be an object; got [{"kind":"task","task":"add"}]'],
  [1n, "a signature must be an object; got 1n"],
  [{}, `\`kind\` of a signature: must be one of ${KINDS}; got undefined`],
  [{ kind: "chian" }, `\`kind\` of a signature: must be one of ${KINDS}; got "chian"`],
  [{ kind: "toString" }, `\`kind\` of a signature: must be one of ${KINDS}; got "toString"`],
  [{ kind: "task" }, "`task` of a signature: must be a task's name; got undefined"],
  [{ kind: "task", task: "" }, '`task` of a signature: must be a task\'s name; got ""'],
  [{ kind: "task", task: "a", steps: [] }, "`steps` of a signature: a task has no such field"],
  [{ kind: "task", task: "a", args: {} }, "`args` of a signature: must be a list; got {}"],
  [{ kind: "task", task: "a", kwargs: [] }, "`kwargs` of a signature: must be an object; got []"],
  [{ kind: "task", task: "a", options: 5 }, "`options` of a signature: must be an object; got 5"],
  [{ kind: "task", task: "a", immutable: 1 }, "`immutable` of a signature: must be true or false; got 1"],
  [
    { kind: "task", task: "a", options: { retrys: 1 } },
    "`options` of a signature: unknown option `retrys`; did you mean `retries`?",
  ],
  [{ kind: "chain" }, "`steps` of a signature: must be a list; got undefined"],
  [{ kind: "chain", steps: [add, 5] }, "`steps[1]` of a signature: a signature must be an object; got 5"],
  [
    { kind: "chain", steps: [add, { kind: "group", members: [add, { kind: "task", task: 1 }] }] },
    "`steps[1].members[1].task` of a signature: must be a task's name; got 1",
  ],
  [
    { kind: "chord", header: [add], body: { kind: "chain", steps: 1 } },
    "`body.steps` of a signature: must be a list; got 1",
  ],
  [{ kind: "map", task: "a" }, "`items` of a signature: must be a list; got undefined"],
  [
    { kind: "chunks", task: "a", items: [], size: 0 },
    "`size` of a signature: must be a whole number of at least 1; got 0",
  ],
  [{ kind: "each", member: add, limit: 1.5 }, "`limit` of a signature: must be a whole number of at least 1; got 1.5"],
  [
    { kind: "task", task: "a", options: { link: [add, { kind: "task" }] } },
    "`options.link[1].task` of a signature: must be a task's name; got undefined",
  ],
])("%p is refused: %s", (json, message) => {
  const error: unknown = thrownBy(() => parseSignature(json));
  expect(error).toBeInstanceOf(InvalidSignatureError);
  expect(String(error)).toBe(`InvalidSignatureError: ${message}`);
});

test("text that is no JSON is refused with what is wrong with it", () => {
  const error = thrownBy(() => parseSignature("{oops"));
  expect(error).toBeInstanceOf(InvalidSignatureError);
  expect(error).toMatchObject({
    message: expect.stringMatching(/^a signature's JSON cannot be read: .*JSON/),
    cause: expect.objectContaining({ name: "SyntaxError" }),
  });
});

test("signatures nested without end are refused", () => {
  const loop: { kind: "chain"; steps: unknown[] } = { kind: "chain", steps: [] };
  loop.steps.push(loop);
  expect(() => parseSignature(loop)).toThrow("signatures are nested more than 1000 deep");
});

function thrownBy(fn: () => unknown): unknown {
  try {
    fn();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
