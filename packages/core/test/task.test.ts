import { describe, expect, test } from "@jest/globals";
import { App } from "../src/app.ts";
import { ImproperlyConfigured, InvalidSignatureError, OptionError, TaskRevokedError } from "../src/errors.ts";
import { AsyncResult, GroupResult } from "../src/result.ts";
import { encodeError } from "../src/serialization/error.ts";
import { Signature } from "../src/signature/signature.ts";
import { currentTask } from "../src/task-context.ts";
import { RecordingEngine } from "./kit/recording-engine.ts";

const engine = () => new RecordingEngine();

function shop(recording = engine()) {
  const app = new App("shop", {}, () => recording);
  return {
    app,
    recording,
    add: app.task("add", (x: number, y: number) => x + y),
    later: app.task("later", async (x: number) => x),
    bound: app.task({ name: "bound", bind: true }, function (self, x: number) {
      return [self === this, self.name, self.request.calledDirectly, self.request.args, x];
    }),
  };
}

describe("a direct call", () => {
  test("runs the function here and now", async () => {
    const { add, later, recording } = shop();
    expect(add(2, 2)).toBe(4);
    await expect(later(3)).resolves.toBe(3);
    expect(recording.submitted).toEqual([]);
  });

  test("gives a bound task itself, and a request of its own", () => {
    expect(shop().bound(5)).toEqual([true, "bound", true, [5], 5]);
    expect(currentTask()).toBeUndefined();
  });

  test("works through call, apply and bind, as with any function", () => {
    const { add } = shop();
    expect(add.call(undefined, 1, 2)).toBe(3);
    const plain: (...args: number[]) => unknown = add;
    expect(plain.apply(undefined, [1, 2])).toBe(3);
    expect(plain.apply([], [1, 2])).toBe(3);
    expect(plain.apply({})).toBeNaN();
    expect(add.bind(undefined, 1)(2)).toBe(3);
    expect(add).toBeInstanceOf(Function);
  });
});

describe("a signature", () => {
  const { app, add, later } = shop();

  test.each<[what: string, made: { toJSON(): unknown }, data: object]>([
    ["s()", add.s(), { kind: "task", task: "add" }],
    ["s(1)", add.s(1), { kind: "task", task: "add", args: [1] }],
    ["si(1, 2)", add.si(1, 2), { kind: "task", task: "add", args: [1, 2], immutable: true }],
    [
      "signature()",
      add.signature([1], { kwargs: { y: 2 }, countdownMs: 500 }),
      { kind: "task", task: "add", args: [1], kwargs: { y: 2 }, options: { countdown: 0.5 } },
    ],
    ["set()", add.s().set({ queue: "q" }), { kind: "task", task: "add", options: { queue: "q" } }],
    [
      "set() twice",
      add.s().set({ queue: "a", priority: 1 }).set({ queue: "b" }),
      { kind: "task", task: "add", options: { queue: "b", priority: 1 } },
    ],
    ["set() of nothing", add.s().set({}), { kind: "task", task: "add" }],
    ["immutable()", add.s(1).immutable(), { kind: "task", task: "add", args: [1], immutable: true }],
    ["as()", add.s(1).as<string>(), { kind: "task", task: "add", args: [1] }],
    ["map()", later.map(new Set([1, 2])), { kind: "map", task: "later", items: [1, 2] }],
    ["starmap()", add.starmap([[1, 2]]), { kind: "starmap", task: "add", items: [[1, 2]] }],
    ["chunks()", add.chunks([[1, 2]], 3), { kind: "chunks", task: "add", items: [[1, 2]], size: 3 }],
    [
      "pipe()",
      add.s(1, 2).pipe(add.s(3)),
      {
        kind: "chain",
        steps: [
          { kind: "task", task: "add", args: [1, 2] },
          { kind: "task", task: "add", args: [3] },
        ],
      },
    ],
    [
      "app.signature(name)",
      app.signature("add", [1], { queue: "q" }),
      { kind: "task", task: "add", args: [1], options: { queue: "q" } },
    ],
    ["app.signature(json)", app.signature('{"kind":"task","task":"add"}'), { kind: "task", task: "add" }],
    ["app.signature(data)", app.signature({ task: "add", args: [1] }), { kind: "task", task: "add", args: [1] }],
  ])("made by %s is data", (_what, made, data) => {
    expect(made.toJSON()).toStrictEqual(data);
    expect(JSON.parse(JSON.stringify(made))).toEqual(data);
  });

  test("a chain of pipes is flat, however long", () => {
    let chain = add.s(0, 0).pipe(add.s(1));
    for (let step = 2; step < 300; step += 1) chain = chain.pipe(add.s(step));
    expect(chain.data).toMatchObject({ kind: "chain" });
    expect("steps" in chain.data ? chain.data.steps.length : 0).toBe(300);
  });

  test("a chain with options of its own stays one step", () => {
    const chain = add.s(1, 2).pipe(add.s(3)).set({ queue: "q" }).pipe(add.s(4));
    expect(chain.data).toMatchObject({ steps: [{ kind: "chain", options: { queue: "q" } }, { task: "add" }] });
  });

  test("is never changed by what is made of it", () => {
    const first = add.s(1);
    const text = JSON.stringify(first);
    first.set({ queue: "q" });
    first.immutable();
    first.pipe(add.s(2));
    first.clone().set({ priority: 1 });
    expect(JSON.stringify(first)).toBe(text);
  });

  test("is not changed when the list that it was made of is", () => {
    const items = [1];
    const args: [number] = [1];
    const kwargs = { y: 1 };
    const signatures = [later.map(items), add.signature(args, { kwargs })];
    const texts = signatures.map((signature) => JSON.stringify(signature));
    items.push(2);
    args[0] = 9;
    kwargs.y = 9;
    expect(signatures.map((signature) => JSON.stringify(signature))).toEqual(texts);
  });

  test("shares nothing with its clone", () => {
    const signature = add.signature([{ a: 1 }]);
    const clone = signature.clone();
    expect(clone.data).toEqual(signature.data);
    expect(clone.data.args?.[0]).not.toBe(signature.data.args?.[0]);
    expect(clone.app).toBe(app);
  });

  test("keeps its app out of its JSON", () => {
    expect(add.s(1).app).toBe(app);
    expect(Object.keys(add.s(1))).toEqual(["data"]);
    expect(Signature.from(add.s(1)).app).toBeUndefined();
  });

  test("that belongs to no app cannot be sent", () => {
    const unbound = app.signature(Signature.from(add.s(1, 2)));
    expect(unbound.app).toBe(app);
    const free = Signature.from({ kind: "task", task: "add" }) as typeof unbound;
    expect(() => free.delay()).toThrow(
      new ImproperlyConfigured("this signature belongs to no app; bind it with `app.signature(json)`"),
    );
  });

  test("of wrong options is refused where it is made", () => {
    expect(() => add.s().set({ priority: 11 })).toThrow(OptionError);
    expect(() => add.signature([], { ...{ queue: "q", queu: 1 } })).toThrow(
      "unknown option `queu`; did you mean `queue`?",
    );
    expect(() => add.chunks([], 0)).toThrow('chunks of "add": `size` must be 1 or more; got 0');
    expect(() => app.signature({ kind: "task" })).toThrow(InvalidSignatureError);
  });
});

describe("sending", () => {
  test("gives the engine the signature, arguments and options of the call", () => {
    const { add, recording } = shop();
    add.delay(1, 2);
    add.applyAsync([1], { kwargs: { y: 2 }, queue: "q" });
    add.s(2).set({ priority: 1 }).delay(1);
    const task = { kind: "task", task: "add" };
    expect(recording.submitted).toEqual([
      { signature: task, args: [1, 2], kwargs: {}, options: {} },
      { signature: task, args: [1], kwargs: { y: 2 }, options: { queue: "q" } },
      { signature: { ...task, args: [2], options: { priority: 1 } }, args: [1], kwargs: {}, options: {} },
    ]);
  });

  test("gives a submission whose id is known at once, and whose handle when it is stored", async () => {
    const { add, recording } = shop();
    let store: () => void = () => undefined;
    recording.stored = new Promise((resolve) => {
      store = () => resolve(undefined);
    });
    const submission = add.delay(1, 2);
    expect(submission.id).toBe("id-1");
    let handle: AsyncResult<number> | undefined;
    const awaited = submission.then((value) => {
      handle = value;
    });
    await Promise.resolve();
    expect(handle).toBeUndefined();
    store();
    await awaited;
    expect(handle).toBeInstanceOf(AsyncResult);
    expect(String(handle)).toBe("id-1");
    expect(handle).not.toHaveProperty("then");
  });

  test("that fails rejects the submission and its get alike", async () => {
    const { add, recording } = shop();
    recording.stored = Promise.reject(new Error("no broker"));
    const submission = add.delay(1, 2);
    await expect(submission).rejects.toThrow("no broker");
    await expect(submission.get()).rejects.toThrow("no broker");
    expect(recording.waited).toEqual([]);
  });

  test("a group gives a GroupResult", async () => {
    const { add, recording } = shop();
    recording.isGroup = true;
    expect(await add.chunks([[1, 2]], 1).delay()).toBeInstanceOf(GroupResult);
  });
});

describe("a result", () => {
  const failure = encodeError(new RangeError("stored"));
  const raised = encodeError(new TypeError("raised"));

  test.each([
    ["PENDING", [false, false, false]],
    ["STARTED", [false, false, false]],
    ["SUCCESS", [true, true, false]],
    ["FAILURE", [true, false, true]],
    ["REVOKED", [true, false, false]],
    ["IGNORED", [true, false, false]],
    ["my own", [false, false, false]],
  ])("in state %s is ready, successful, failed: %j", async (state, [ready, successful, failed]) => {
    const { app, recording } = shop();
    recording.record = { state };
    const result = app.asyncResult("x");
    expect(await result.state()).toBe(state);
    expect([await result.ready(), await result.successful(), await result.failed()]).toEqual([
      ready,
      successful,
      failed,
    ]);
  });

  test("gives its value, and nothing for a task that asked to be ignored", async () => {
    const { app, recording } = shop();
    recording.record = { state: "SUCCESS", value: [1] };
    expect(await app.asyncResult("x").get({ timeout: "2s" })).toEqual([1]);
    expect(recording.waited).toEqual([{ id: "x", timeoutMs: 2000 }]);
    recording.record = { state: "IGNORED" };
    expect(await app.asyncResult("x").get()).toBeUndefined();
  });

  test("throws what was raised rather than what is stored, or returns it", async () => {
    const { app, recording } = shop();
    recording.record = { state: "FAILURE", error: failure };
    await expect(app.asyncResult("x").get()).rejects.toMatchObject({ name: "RangeError", message: "stored" });
    recording.record = { state: "FAILURE", error: failure, raised };
    await expect(app.asyncResult("x").get()).rejects.toMatchObject({ name: "TypeError", message: "raised" });
    await expect(app.asyncResult("x").get({ propagate: false })).resolves.toMatchObject({ name: "TypeError" });
    recording.record = { state: "REVOKED" };
    await expect(app.asyncResult("x").get()).rejects.toThrow(new TaskRevokedError("task x was revoked"));
  });

  test("refuses two timeouts before it waits", async () => {
    const { app, recording } = shop();
    await expect(app.asyncResult("x").get({ timeout: 1, timeoutMs: 1 })).rejects.toThrow(OptionError);
    expect(recording.waited).toEqual([]);
  });
});

test("T8 a worker's call is checked against the parameters", () => {
  const { add, bound } = shop();
  expect(add.bindArguments([1], { y: 2 })).toEqual([1, 2]);
  expect(bound.bindArguments([1], {})).toEqual([1]);
  expect(() => add.bindArguments([1], {})).toThrow(new TypeError('task "add" takes (x, y); `y` is missing'));
  expect(() => bound.bindArguments([1, 2], {})).toThrow(new TypeError('task "bound" takes 1 argument: (x); got 2'));
});
