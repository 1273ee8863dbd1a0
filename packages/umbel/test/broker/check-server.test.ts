import { expect, test } from "@jest/globals";
import { OperationalError } from "@umbel/core";
import { checkServer } from "../../src/broker/check-server.ts";

const check = (...lines: string[]) =>
  checkServer({ info: () => Promise.resolve(lines.join("\r\n")) }, "redis://h:6379");

test.each([
  ["redis_version:6.2.0"],
  ["redis_version:7.0.15"],
  ["redis_version:10.0.0"],
  ["redis_version:7.2.4", "valkey_version:7.2.5"],
  ["server_name:something else"],
])("%s %s can serve", async (...lines) => {
  expect(await check(...lines, "maxmemory_policy:noeviction")).toEqual([]);
});

test.each([
  [["redis_version:6.0.16"], "redis://h:6379: Redis 6.0.16 is too old: Umbel needs Redis 6.2 or Valkey 7.2, or newer"],
  [["redis_version:5.0.14"], "Redis 5.0.14 is too old"],
  [["redis_version:7.2.4", "valkey_version:7.1.0"], "Valkey 7.1.0 is too old"],
])("%s is refused", async (lines, message) => {
  await expect(check(...lines)).rejects.toThrow(OperationalError);
  await expect(check(...lines)).rejects.toThrow(message);
});

test("another eviction policy than noeviction is a warning", async () => {
  expect(await check("redis_version:7.0.0", "maxmemory_policy:allkeys-lru")).toEqual([
    expect.stringContaining("maxmemory-policy allkeys-lru"),
  ]);
});

test("a server that refuses INFO is taken as it is", async () => {
  const info = () => Promise.reject(new Error("NOPERM this user has no permissions to run the 'info' command"));
  expect(await checkServer({ info }, "redis://h")).toEqual([]);
});
