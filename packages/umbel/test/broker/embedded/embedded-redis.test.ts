import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, unlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from "@jest/globals";
import { Redis } from "ioredis";
import { ProcessFile } from "../../../../../scripts/process-file.ts";
import { acquireEmbeddedRedis, type EmbeddedRedis } from "../../../src/broker/embedded/embedded-redis.ts";
import { readEmbeddedStatus } from "../../../src/broker/embedded/status.ts";
import { stopEmbeddedRedis } from "../../../src/broker/embedded/stop.ts";
import { isRunning, TestProject, until } from "./project-of-test.ts";

jest.setTimeout(60_000);

let project: TestProject;
let program: ProcessFile;

beforeAll(async () => {
  program = await ProcessFile.of(join(import.meta.dirname, "user-process.ts"));
});

afterAll(() => program.remove());

beforeEach(() => {
  project = new TestProject();
  mkdirSync(project.path);
});

afterEach(() => project.clean());

async function use<Result>(share: EmbeddedRedis, work: (redis: Redis) => Promise<Result>): Promise<Result> {
  const redis = new Redis({ ...share.connectionOptions, maxRetriesPerRequest: null });
  redis.on("error", () => undefined);
  try {
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

async function serverPid(): Promise<number> {
  const status = await readEmbeddedStatus(project.path);
  return status.kind === "stopped" ? 0 : (status.pid ?? 0);
}

test("a server is reached by its socket and password only, keeps what it is told, and is gone after release", async () => {
  const share = await acquireEmbeddedRedis(project.path);
  const pid = await serverPid();
  await use(share, async (redis) => {
    expect(await redis.config("GET", "port")).toEqual(["port", "0"]);
    expect(await redis.config("GET", "maxmemory-policy")).toEqual(["maxmemory-policy", "noeviction"]);
    expect(await redis.config("GET", "appendonly")).toEqual(["appendonly", "yes"]);
    await redis.set("key", "kept");
  });
  const stranger = new Redis({ path: share.socketPath, lazyConnect: true, retryStrategy: null });
  stranger.on("error", () => undefined);
  await expect(stranger.connect()).rejects.toThrow();
  stranger.disconnect();
  expect(statSync(join(project.path, ".flow")).mode & 0o777).toBe(0o700);
  expect(statSync(join(project.path, ".flow/redis.json")).mode & 0o777).toBe(0o600);
  expect(statSync(dirname(share.socketPath)).mode & 0o777).toBe(0o700);
  expect(readFileSync(join(project.path, ".flow/.gitignore"), "utf8")).toBe("*\n");
  expect(readFileSync(`/proc/${pid}/cmdline`, "latin1")).not.toContain(share.password);

  await share.release();
  await share.release();
  expect(isRunning(pid)).toBe(false);
  expect(project.traces(share.socketPath)).toEqual([]);

  const again = await acquireEmbeddedRedis(project.path);
  expect(await use(again, (redis) => redis.get("key"))).toBe("kept");
  await again.release();
});

test("shares of one process are one server, which goes with the last of them", async () => {
  const shares = await Promise.all([1, 2, 3].map(() => acquireEmbeddedRedis(project.path)));
  const pid = await serverPid();
  expect(new Set(shares.map(({ password }) => password)).size).toBe(1);
  expect(project.leases()).toHaveLength(3);
  await Promise.all(shares.slice(1).map((share) => share.release()));
  expect(isRunning(pid)).toBe(true);
  await shares[0]?.release();
  expect(isRunning(pid)).toBe(false);
});

test("five processes at once share exactly one server, and the last one out ends it", async () => {
  const users = await Promise.all([1, 2, 3, 4, 5].map(() => project.startUser(program.path)));
  const [first, ...others] = users;
  expect(new Set(users.map((user) => user.serverPid)).size).toBe(1);
  expect(project.leases()).toHaveLength(5);
  expect(await first?.ask("set key shared")).toBe("OK");
  expect(await Promise.all(others.map((user) => user.ask("get key")))).toEqual([
    "shared",
    "shared",
    "shared",
    "shared",
  ]);
  await Promise.all(users.map((user) => user.ask("release")));
  await Promise.all(users.map((user) => user.exited()));
  expect(isRunning(first?.serverPid ?? 0)).toBe(false);
  expect(project.traces(first?.socketPath ?? "")).toEqual([]);
});

test("a user that was killed is no user; its server is adopted and ends with the next one", async () => {
  const user = await project.startUser(program.path);
  user.child.kill("SIGKILL");
  await user.exited();
  expect(isRunning(user.serverPid)).toBe(true);
  expect(await readEmbeddedStatus(project.path)).toMatchObject({ kind: "running", users: [] });
  const share = await acquireEmbeddedRedis(project.path);
  expect(await serverPid()).toBe(user.serverPid);
  await share.release();
  expect(isRunning(user.serverPid)).toBe(false);
  expect(project.traces(share.socketPath)).toEqual([]);
});

test("a script that comes to its end without release gives its share back", async () => {
  const user = await project.startUser(program.path);
  user.tell("leave");
  await user.exited();
  expect(isRunning(user.serverPid)).toBe(false);
  expect(project.traces(user.socketPath)).toEqual([]);
});

test("a server that was killed comes back at the same place, with the data, and connections go on", async () => {
  const [user, other] = await Promise.all([project.startUser(program.path), project.startUser(program.path)]);
  const share = await acquireEmbeddedRedis(project.path);
  await use(share, async (redis) => {
    await redis.set("key", "kept");
    await redis.config("SET", "appendfsync", "always");
    process.kill(user.serverPid, "SIGKILL");
    await redis.set("other", "after");
    expect(await redis.get("key")).toBe("kept");
  });
  expect(await user.ask("get key")).toBe("kept");
  expect(await other.ask("get other")).toBe("after");
  const pid = await serverPid();
  expect(pid).not.toBe(user.serverPid);
  await Promise.all([user.ask("release"), other.ask("release"), share.release()]);
  expect(isRunning(pid)).toBe(false);
  expect(project.traces(share.socketPath)).toEqual([]);
});

test("ensureRunning starts a server that nobody is connected to", async () => {
  const share = await acquireEmbeddedRedis(project.path);
  const before = await serverPid();
  process.kill(before, "SIGKILL");
  await until(() => !isRunning(before), "the server is gone");
  await Promise.all([share.ensureRunning(), share.ensureRunning()]);
  expect(await serverPid()).not.toBe(before);
  await share.release();
  await expect(share.ensureRunning()).rejects.toThrow("was released");
  expect(project.traces(share.socketPath)).toEqual([]);
});

test("a server whose socket was removed is replaced", async () => {
  const first = await acquireEmbeddedRedis(project.path);
  const before = await serverPid();
  unlinkSync(first.socketPath);
  const second = await acquireEmbeddedRedis(project.path);
  expect(second.password).toBe(first.password);
  expect(isRunning(before)).toBe(false);
  await first.release();
  await second.release();
  expect(project.traces(first.socketPath)).toEqual([]);
});

test("a .flow folder that was removed while in use comes back, and no second server stays", async () => {
  const first = await acquireEmbeddedRedis(project.path);
  const before = await serverPid();
  rmSync(join(project.path, ".flow"), { recursive: true });
  const second = await acquireEmbeddedRedis(project.path);
  expect(isRunning(before)).toBe(false);
  expect(second).toMatchObject({ socketPath: first.socketPath, password: first.password });
  await use(first, (redis) => redis.set("key", "value"));
  await first.release();
  const pid = await serverPid();
  await second.release();
  expect(isRunning(pid)).toBe(false);
  expect(project.traces(first.socketPath)).toEqual([]);
});

test("a project that was removed while in use leaves no server", async () => {
  const share = await acquireEmbeddedRedis(project.path);
  const pid = await serverPid();
  rmSync(project.path, { recursive: true });
  await share.release();
  expect(isRunning(pid)).toBe(false);
  expect(existsSync(project.path)).toBe(false);
  expect(existsSync(dirname(share.socketPath))).toBe(false);
});

test.each([["a".repeat(200)], ["sp ace \"quote\" 'single' \\ $HOME é 日本 #"], ["line\nbreak"]])(
  "a project may be called %j",
  async (name) => {
    const odd = new TestProject(name);
    mkdirSync(odd.path);
    try {
      const share = await acquireEmbeddedRedis(odd.path);
      expect(Buffer.byteLength(share.socketPath)).toBeLessThan(104);
      expect(await use(share, (redis) => redis.config("GET", "dir"))).toEqual(["dir", join(odd.path, ".flow")]);
      await share.release();
      expect(odd.traces(share.socketPath)).toEqual([]);
    } finally {
      await odd.clean();
    }
  },
);

test("a project by another way is the same project", async () => {
  const link = join(dirname(project.path), "link");
  symlinkSync(project.path, link);
  const [direct, linked] = await Promise.all([acquireEmbeddedRedis(project.path), acquireEmbeddedRedis(link)]);
  expect(linked.socketPath).toBe(direct.socketPath);
  await Promise.all([direct.release(), linked.release()]);
});

test("a server program that does not start is told with what it printed, and leaves nothing", async () => {
  await expect(acquireEmbeddedRedis(project.path, { binary: "/bin/false" })).rejects.toThrow(
    /\/bin\/false does not start: it ended with exit code 1; it printed to .*redis\.log: nothing/,
  );
  await expect(acquireEmbeddedRedis(project.path, { binary: "/no/such/program" })).rejects.toThrow("does not start");
  expect(project.traces("/none/none")).toEqual([]);
});

test("waiting ends when the caller gives up", async () => {
  await expect(acquireEmbeddedRedis(project.path, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  expect(project.traces("/none/none")).toEqual([]);
});

test("stop tells who uses it; by force it ends, and who used it does not start it again", async () => {
  let tell: (problem: Error) => void = () => undefined;
  const told = new Promise<Error>((resolve) => {
    tell = resolve;
  });
  const share = await acquireEmbeddedRedis(project.path, { user: "the user", onProblem: (error) => tell(error) });
  const pid = await serverPid();
  expect(await stopEmbeddedRedis(project.path)).toMatchObject({
    kind: "in-use",
    users: [{ name: "the user", pid: process.pid }],
  });
  const redis = new Redis({ ...share.connectionOptions });
  redis.on("error", () => undefined);
  await redis.ping();
  const ended = new Promise((resolve) => redis.once("end", resolve));
  expect(await stopEmbeddedRedis(project.path, { force: true })).toMatchObject({
    kind: "stopped",
    evicted: [{ name: "the user" }],
  });
  expect(isRunning(pid)).toBe(false);
  await ended;
  expect((await told).message).toContain("`flow redis stop --force` ended");
  expect(await stopEmbeddedRedis(project.path)).toEqual({ kind: "not-running" });
  expect(await readEmbeddedStatus(project.path)).toEqual({ kind: "stopped", project: project.path });
  await share.release();
  expect(project.traces(share.socketPath)).toEqual([]);
});

test("a server that nobody uses is stopped without force", async () => {
  const user = await project.startUser(program.path);
  user.child.kill("SIGKILL");
  await user.exited();
  expect(await stopEmbeddedRedis(project.path)).toEqual({ kind: "stopped", evicted: [] });
  expect(isRunning(user.serverPid)).toBe(false);
  expect(project.traces(user.socketPath)).toEqual([]);
});

test("status of a folder without a server makes nothing there", async () => {
  expect(await readEmbeddedStatus(project.path)).toEqual({ kind: "stopped", project: project.path });
  expect(existsSync(join(project.path, ".flow"))).toBe(false);
});
