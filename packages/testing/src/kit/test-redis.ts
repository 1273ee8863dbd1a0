/**
 * The private Redis of a Jest run, as one test sees it. One rule: each test has a prefix of its own, and when it ends
 * no key may have it any more.
 */
import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { deleteKeys, listKeys } from "./redis-keys.ts";

/** What a test that needs Redis is given. */
export interface TestRedis {
  /** The server's URL: `unix:///…`. */
  readonly url: string;
  /** A prefix that nobody else has. */
  readonly prefix: string;
  /** A connection to look behind the scenes. */
  readonly redis: Redis;
  /** Gives the keys that are there with this prefix, sorted. */
  leftovers(): Promise<string[]>;
  /** Removes what is left of the prefix, and closes the connection. */
  close(): Promise<void>;
}

/** Gives the URL of the server that `npm test` started. @throws Error outside of it, or in a package without Redis */
export function testRedisUrl(): string {
  const url = process.env.UMBEL_TEST_REDIS;
  if (url === undefined) {
    throw new Error(
      "UMBEL_TEST_REDIS is not set: run by `npm test`, and name the package in `withRedis` of jest.config.js",
    );
  }
  return url;
}

/** Connects to the server that `npm test` started. @throws Error as `testRedisUrl` does */
export function openTestRedis(): TestRedis {
  const url = testRedisUrl();
  const redis = new Redis({ path: url.replace(/^unix:\/\//, ""), maxRetriesPerRequest: 1 });
  const prefix = `test-${randomUUID()}`;
  return {
    url,
    prefix,
    redis,
    leftovers: () => listKeys(redis, prefix),
    close: async () => {
      await deleteKeys(redis, prefix);
      redis.disconnect();
    },
  };
}
