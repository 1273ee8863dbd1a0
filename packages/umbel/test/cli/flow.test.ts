import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { acquireEmbeddedRedis } from "../../src/broker/embedded/embedded-redis.ts";
import { withLock } from "../../src/broker/embedded/lock.ts";
import { findServer } from "../../src/broker/find-server.ts";
import { isRunning, TestProject, until } from "../broker/embedded/project-of-test.ts";
import { flow, startFlow } from "./flow-process.ts";
import { expectGolden } from "./golden-file.ts";

jest.setTimeout(60_000);

let project: TestProject;

beforeEach(() => {
  project = new TestProject();
  mkdirSync(join(project.path, ".flow"), { recursive: true });
});

afterEach(() => project.clean());

test.each([
  ["help", ["--help"]],
  ["redis-help", ["redis", "--help"]],
  ["redis-stop-help", ["redis", "stop", "--help"]],
])("%s is printed to standard output", async (name, args) => {
  const { exitCode, stdout, stderr } = await flow(args);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expectGolden(`${name}.txt`, stdout);
});

test("the version is that of the package", async () => {
  expect(await flow(["--version"])).toEqual({ exitCode: 0, stdout: "0.1.0\n", stderr: "" });
});

test.each([
  [[], "Usage: flow"],
  [["redis"], "Usage: flow redis"],
  [["rediss"], "error: unknown command 'rediss'\n(Did you mean redis?)"],
  [["--nope"], "error: unknown option '--nope'"],
  [["redis", "stop", "--froce"], "error: unknown option '--froce'\n(Did you mean --force?)"],
  [["redis", "status", "more"], "error: too many arguments"],
])("wrong usage %j is exit code 2, said on standard error", async (args, message) => {
  const { exitCode, stdout, stderr } = await flow(args);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toContain(message);
});

test("a server that cannot be had is exit code 4, without a stack", async () => {
  const { exitCode, stdout, stderr } = await flow(["redis", "install"], {
    environment: { FLOW_REDIS_BIN: "/no/such" },
  });
  expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: "" });
  expect(stderr).toBe(
    "error: FLOW_REDIS_BIN: /no/such does not start: no such file; set it to a redis-server of your own, or unset it\n",
  );
});

test("--debug shows the stack with our own frames", async () => {
  const { stderr } = await flow(["redis", "install", "--debug"], { environment: { FLOW_REDIS_BIN: "/no/such" } });
  expect(stderr).toMatch(/OperationalError: FLOW_REDIS_BIN.*\n\s+at .*find-server\.js/s);
});

test("a server that is there is printed and nothing is installed", async () => {
  const cache = join(project.path, "cache");
  // Where the test runs there may be one in the user's cache only.
  const server = await findServer();
  const environment = { XDG_CACHE_HOME: cache, FLOW_REDIS_BIN: server?.path ?? "" };
  const { exitCode, stdout, stderr } = await flow(["redis", "install"], { environment });
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^\/.*(redis|valkey)-server\n$/);
  expect(stderr).toMatch(/^(Redis|Valkey) .* is there already; nothing to install\n$/);
  expect(existsSync(cache)).toBe(false);
});

test("status and stop follow the life of a project's Redis, from any folder in it", async () => {
  const directory = join(project.path, "src");
  mkdirSync(directory);
  const run = (...args: string[]) => flow(["redis", ...args], { directory });
  expect(await run("status")).toMatchObject({ exitCode: 0, stdout: `the Redis of ${project.path} does not run\n` });

  const share = await acquireEmbeddedRedis(project.path, { user: "the test", onProblem: () => undefined });
  const status = await run("status");
  expect(status.stdout).toContain(`the Redis of ${project.path} runs for`);
  expect(status.stdout).toContain(`users:\n  the test (process ${process.pid}, since 2`);
  expect(status.stdout).not.toContain(share.password);
  const [, pid] = /process (\d+)/.exec(status.stdout) ?? [];

  expect(await run("stop")).toMatchObject({
    exitCode: 1,
    stdout: "",
    stderr: expect.stringMatching(
      /^error: the Redis of .* is in use; end these, or add --force:\n {2}the test \(process/,
    ),
  });
  expect(isRunning(Number(pid))).toBe(true);
  expect(await run("stop", "--force")).toMatchObject({
    exitCode: 0,
    stderr: expect.stringMatching(/^the Redis of .* is stopped; its data stays in .*\nwarning: these used it/),
  });
  expect(isRunning(Number(pid))).toBe(false);
  await share.release();
  expect(await run("stop")).toMatchObject({ exitCode: 0, stderr: `the Redis of ${project.path} does not run\n` });
});

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s ends a command that waits with 130, and it leaves nothing",
  async (signal) => {
    const share = await acquireEmbeddedRedis(project.path);
    const files = readdirSync(join(project.path, ".flow"));
    await withLock(join(project.path, ".flow"), async () => {
      const { child, result } = startFlow(["redis", "stop"], { directory: project.path });
      await until(() => listensToSignals(child.pid ?? 0), "it listens to signals");
      child.kill(signal);
      expect(await result).toEqual({ exitCode: 130, stdout: "", stderr: "" });
    });
    expect(readdirSync(join(project.path, ".flow"))).toEqual(files);
    await share.release();
  },
);

/** Whether a process has a handler of its own for SIGHUP, the last one that `flow` sets. */
function listensToSignals(pid: number): boolean {
  const [, mask = "0"] = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return (BigInt(`0x${mask}`) & 1n) === 1n;
}
