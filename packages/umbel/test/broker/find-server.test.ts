import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { installFolder, searchServer } from "../../src/broker/find-server.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "umbel-test-"));
});

afterEach(() => rmSync(root, { recursive: true }));

/** Writes a program that only answers `--version`. */
function program(path: string, versionLine: string): string {
  const file = join(root, path);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, `#!/bin/sh\necho "${versionLine}"\n`);
  chmodSync(file, 0o755);
  return file;
}

const REDIS_7 = "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=ae4d7c971a948f0";
const REDIS_6_0 = "Redis server v=6.0.16 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64 build=a3fdef44459b3ad6";
const VALKEY_8 = "Valkey server v=8.0.1 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=1";

test("the first program on PATH that is new enough is taken, and the older one is told of", async () => {
  program("old/redis-server", REDIS_6_0);
  const path = program("new/valkey-server", VALKEY_8);
  const search = await searchServer({ PATH: `${join(root, "old")}:${join(root, "new")}`, HOME: root });
  expect(search.program).toEqual({ path, product: "Valkey", version: "8.0.1" });
  expect(search.passedOver).toEqual([
    expect.stringMatching(/old\/redis-server: Redis 6\.0\.16 is too old: Umbel needs/),
  ]);
});

test("FLOW_REDIS_BIN comes before PATH", async () => {
  const path = program("mine/redis", REDIS_7);
  program("new/valkey-server", VALKEY_8);
  const { program: found } = await searchServer({ FLOW_REDIS_BIN: path, PATH: join(root, "new"), HOME: root });
  expect(found?.path).toBe(path);
});

test.each([
  ["redis-server", "is not an absolute path"],
  ["/no/such/redis-server", "does not start: "],
  ["/bin/echo", "is neither Redis nor Valkey: its `--version` says"],
])("FLOW_REDIS_BIN=%s is an error, even if there is one on PATH", async (path, message) => {
  program("new/redis-server", REDIS_7);
  await expect(searchServer({ FLOW_REDIS_BIN: path, PATH: join(root, "new"), HOME: root })).rejects.toThrow(message);
});

test("what was installed into the cache is found, the newest first", async () => {
  const environment = { PATH: "", XDG_CACHE_HOME: root };
  expect(installFolder(environment)).toBe(join(root, "umbel/redis"));
  program("umbel/redis/redis-7.0.9-amd64/redis-server", REDIS_7.replace("7.0.15", "7.0.9"));
  const newest = program("umbel/redis/redis-7.0.15-amd64/redis-server", REDIS_7);
  program("umbel/redis/.unpacking-1/redis-server", REDIS_7);
  expect((await searchServer(environment)).program?.path).toBe(newest);
});

test("nothing is found on an empty machine", async () => {
  expect(await searchServer({ PATH: "", HOME: root })).toEqual({ passedOver: [] });
});
