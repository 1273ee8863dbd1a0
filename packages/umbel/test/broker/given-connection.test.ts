import { afterEach, expect, test } from "@jest/globals";
import { OptionError } from "@umbel/core";
import { type Cluster, Redis } from "ioredis";
import { App } from "../../src/app.ts";
import { describeBroker } from "../../src/broker/broker.ts";
import { readConnection } from "../../src/broker/given-connection.ts";
import { findBroker } from "../../src/broker/lookup.ts";
import { openBroker } from "../../src/broker/open-broker.ts";

const path = (process.env.UMBEL_TEST_REDIS ?? "").replace("unix://", "");

let made: (Redis | Cluster)[] = [];
const keep = <Connection extends Redis | Cluster>(connection: Connection): Connection => {
  made.push(connection);
  return connection;
};
afterEach(() => {
  for (const connection of made) connection.disconnect();
  made = [];
});

test.each([
  [
    "what is no connection",
    () => ({ connection: { host: "localhost" } as unknown as Redis }),
    "`connection` is no connection of ioredis; give `new Redis(…)` or `new Cluster(…)`, or the address as `broker`",
  ],
  [
    "one with a prefix of its own",
    () => ({ connection: keep(new Redis({ path, lazyConnect: true, keyPrefix: "mine:" })) }),
    '`connection` has the keyPrefix "mine:"; leave it out, and give the App a `prefix` instead',
  ],
  [
    "one beside a URL",
    () => ({ broker: "redis://here", connection: keep(new Redis({ path, lazyConnect: true })) }),
    "both `broker` and `connection` say where the App's Redis is; leave one of them out",
  ],
])("%s is refused when the App is made", (_what, options, message) => {
  expect(() => new App("shop", options())).toThrow(new OptionError(message));
});

test.each([
  [{ path: "/run/redis.sock" }, "unix:///run/redis.sock"],
  [{ host: "h", port: 1, db: 2, password: "hunter2" }, "redis://h:1/2"],
  [{ host: "::1", tls: {} }, "rediss://[::1]:6379"],
  [{ sentinels: [{ host: "a", port: 1 }, { host: "b" }], name: "main" }, "redis+sentinel://a:1,b:6379/main"],
])("%j is told as %s", (options, address) => {
  const connection = keep(new Redis({ ...options, lazyConnect: true }));
  expect(describeBroker(readConnection(connection))).toBe(address);
});

test("a connection comes behind the environment, and before a configured URL", () => {
  const appConnection = keep(new Redis({ path, lazyConnect: true }));
  const places = { appConnection, appBroker: "redis://configured" };
  expect(findBroker({ ...places, environment: { FLOW_BROKER: "redis://h" } }).source).toBe("FLOW_BROKER");
  expect(findBroker({ ...places, environment: {} })).toEqual({
    broker: { kind: "connection", connection: appConnection },
    source: "the App's `connection`",
  });
});

test("what is made like a connection is ours: it leaves out what our commands could not do with", async () => {
  const pattern = keep(new Redis({ path, lazyConnect: true, commandTimeout: 1, enableAutoPipelining: true, db: 3 }));
  const broker = await openBroker(readConnection(pattern));
  const connection = keep(broker.connect());
  expect(await connection.call("CLIENT", "INFO")).toContain(" db=3 ");
  expect(connection.options).toMatchObject({ enableAutoPipelining: false });
  expect(connection.options).not.toHaveProperty("commandTimeout", 1);
  expect(pattern.status).toBe("wait");
  await broker.close();
});
