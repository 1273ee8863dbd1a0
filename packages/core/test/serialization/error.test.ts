import { runInNewContext } from "node:vm";
import { expect, test } from "@jest/globals";
import { ChordError, OptionError, RemoteError, TaskRevokedError, WorkerLostError } from "../../src/errors.ts";
import { decodeError, encodeError, type WireError } from "../../src/serialization/error.ts";

/** There and back, as text in between. */
const travel = (thrown: unknown) => decodeError(JSON.parse(JSON.stringify(encodeError(thrown))) as WireError);

test("name, message, code, stack and causes survive", () => {
  const root = Object.assign(new RangeError("too far"), { code: "E_FAR" });
  const thrown = new TypeError("no number", { cause: root });
  const error = travel(thrown);
  expect(error).toBeInstanceOf(RemoteError);
  expect(error).toMatchObject({
    name: "TypeError",
    message: "no number",
    stack: thrown.stack,
    remoteStack: thrown.stack,
    cause: { name: "RangeError", message: "too far", code: "E_FAR", stack: root.stack },
  });
  expect(error).toHaveProperty("code", undefined);
});

test("an error that came over the wire keeps its first stack when it travels on", () => {
  const thrown = new Error("first");
  const once = travel(thrown);
  expect(travel(once)).toEqual(once);
  expect(encodeError(once)).toEqual(encodeError(thrown));
});

test.each([[ChordError], [TaskRevokedError], [WorkerLostError]])("%p comes back as an instance of its class", (own) => {
  const error = travel(new own("why", { cause: new Error("root") }));
  expect(error).toBeInstanceOf(own);
  expect(error).toMatchObject({ message: "why", cause: { message: "root" } });
});

test("an error of ours that a task threw itself is told by its code", () => {
  expect(travel(new OptionError("wrong"))).toMatchObject({ name: "OptionError", code: "OPTION_INVALID" });
});

test("an error of another name with a code of ours keeps its name", () => {
  const thrown = Object.assign(new Error("mine"), { name: "MyError", code: "CHORD_ERROR" });
  const error = travel(thrown);
  expect(error).not.toBeInstanceOf(ChordError);
  expect(error).toMatchObject({ name: "MyError", code: "CHORD_ERROR" });
});

test("an error of another realm is an error", () => {
  const foreign: unknown = runInNewContext('new TypeError("elsewhere")');
  expect(travel(foreign)).toMatchObject({ name: "TypeError", message: "elsewhere" });
});

const loop: { self?: unknown } = {};
loop.self = loop;

test.each([
  ["text", '"text"'],
  [7, "7"],
  [7n, "7n"],
  [undefined, "undefined"],
  [null, "null"],
  [{ code: 1 }, '{"code":1}'],
  [Symbol("s"), "Symbol(s)"],
  [loop, "[object Object]"],
  [new Map(), "{}"],
])("%p, thrown, is shown in the message", (thrown, shown) => {
  expect(travel(thrown)).toMatchObject({
    name: "Error",
    message: `a value that is not an Error was thrown: ${shown}`,
  });
});

test("causes that go round in a circle end", () => {
  const thrown = new Error("round");
  thrown.cause = thrown;
  let depth = 0;
  for (let error: unknown = travel(thrown); error instanceof Error; error = error.cause) depth += 1;
  expect(depth).toBe(9);
});

test("a cause that is no error is shown", () => {
  expect(travel(new Error("outer", { cause: "inner" }))).toMatchObject({
    cause: { message: 'a value that is not an Error was thrown: "inner"' },
  });
  expect(travel(new Error("outer", { cause: null }))).not.toHaveProperty("cause");
});
