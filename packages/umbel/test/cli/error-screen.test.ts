import { expect, test } from "@jest/globals";
import { OperationalError, OptionError, TaskRevokedError, TimeoutError, UnknownRunError } from "@umbel/core";
import { errorScreen, exitCodeOf } from "../../src/cli/error-screen.ts";
import { elsewhere } from "../../src/cli/open-runs.ts";
import { UsageError } from "../../src/cli/usage-error.ts";
import { ModuleError } from "../../src/load/module-error.ts";

function withStack<Thrown extends Error>(error: Thrown, ...frames: string[]): Thrown {
  error.stack = [`${error.name}: ${error.message}`, ...frames.map((frame) => `    at ${frame}`)].join("\n");
  return error;
}

const OURS = `run (${import.meta.dirname.replace(/test\/cli$/, "src")}/load/import-module.ts:3:4)`;
const NODE = "ModuleJob.run (node:internal/modules/esm/module_job:325:25)";
const USERS = "add (file:///home/ann/my%20tasks.ts:3:9)";

test.each([
  ["a UsageError", 2, new UsageError("x")],
  ["an OptionError", 2, new OptionError("x")],
  ["a ModuleError", 3, new ModuleError("x")],
  ["an OperationalError", 4, new OperationalError("x")],
  ["a TimeoutError", 5, new TimeoutError("x")],
  ["a TaskRevokedError", 6, new TaskRevokedError("x")],
  ["an Error", 1, new Error("x")],
  ["a value that is no Error", 1, "x"],
])("%s is exit code %i", (_, code, error) => {
  expect(exitCodeOf(error)).toBe(code);
});

test("of what a module threw, people see the message and their own frames", () => {
  const cause = withStack(new TypeError("no luck"), USERS, OURS, NODE);
  const error = withStack(new ModuleError("cannot load tasks.ts: it throws TypeError: no luck", { cause }), OURS);
  expect(errorScreen(error, { debug: false })).toBe(
    "cannot load tasks.ts: it throws TypeError: no luck\n    at add (/home/ann/my tasks.ts:3:9)",
  );
});

test("frames of users' packages stay, those of what we run on do not", () => {
  const error = withStack(
    new Error("x"),
    "query (/home/ann/node_modules/pg/lib/client.js:1:1)",
    "Queue.add (/home/ann/node_modules/bullmq/dist/queue.js:1:1)",
  );
  expect(errorScreen(error, { debug: false })).toBe(
    "Error: x\n    at query (/home/ann/node_modules/pg/lib/client.js:1:1)",
  );
});

test("an error without a frame of the user's is probably ours to repair", () => {
  const error = withStack(new TypeError("x"), OURS, NODE);
  expect(errorScreen(error, { debug: false })).toMatch(/^TypeError: x\nthis is probably a fault of umbel/);
});

test("with --debug everything is shown", () => {
  const error = new OperationalError("outer", { cause: withStack(new Error("inner"), OURS) });
  expect(errorScreen(error, { debug: true })).toMatch(/outer[\s\S]*inner[\s\S]*import-module/);
});

test("causes that form a circle come to an end", () => {
  const error = withStack(new Error("x"), USERS);
  error.cause = error;
  expect(errorScreen(error, { debug: false })).toBe("Error: x\n    at add (/home/ann/my tasks.ts:3:9)");
});

test("of a run that is not there, whose Redis was asked is told, and of what else nothing", () => {
  const error = elsewhere(new UnknownRunError('no run is called "a"'), "/home/ann/shop");
  expect(errorScreen(error, { debug: false })).toMatch(
    /^no run is called "a"; this is the private Redis of \/home\/ann\/shop: for a run of another project, type it in that folder/,
  );
  expect(exitCodeOf(error)).toBe(2);
  const other = new OptionError("x");
  expect(elsewhere(other, "/home/ann/shop")).toBe(other);
});
