import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { openTestRedis, type TestRedis } from "../src/kit/test-redis.ts";
import { RedisRecords } from "../src/tasks/records.ts";

let server: TestRedis;
beforeEach(() => {
  server = openTestRedis();
});
afterEach(() => server.close());

test("records in Redis keep their order, and null", async () => {
  const records = new RedisRecords(server.redis, server.prefix);
  await records.append("case:k", "a");
  await records.append("case:k", null);
  await records.append("case:other", { id: "é" });
  expect(await records.read("case:k")).toEqual(["a", null]);
  expect(await records.read("case:other")).toEqual([{ id: "é" }]);
  expect(await records.read("case:none")).toEqual([]);
});

test("closing removes every key of the prefix and no other", async () => {
  const other = openTestRedis();
  await server.redis.set(`${server.prefix}:a`, 1);
  await server.redis.set(`bull:{${server.prefix}}:b`, 1);
  await other.redis.set(`${other.prefix}:c`, 1);
  expect(await server.leftovers()).toEqual([`bull:{${server.prefix}}:b`, `${server.prefix}:a`]);
  await server.close();
  const { prefix } = server;
  server = openTestRedis();
  expect(await server.redis.exists(`${prefix}:a`, `bull:{${prefix}}:b`)).toBe(0);
  expect(await other.leftovers()).toEqual([`${other.prefix}:c`]);
  await other.close();
});

test("no test needs port 6379, and the server keeps nothing on disk", async () => {
  expect(await server.redis.config("GET", "port")).toEqual(["port", "0"]);
  expect(await server.redis.config("GET", "save")).toEqual(["save", ""]);
});
