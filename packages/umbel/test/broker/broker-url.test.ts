import { expect, test } from "@jest/globals";
import { OptionError } from "@umbel/core";
import { describeBroker } from "../../src/broker/broker.ts";
import { parseBrokerUrl } from "../../src/broker/broker-url.ts";

test.each([
  ["redis://localhost", { kind: "tcp", host: "localhost", port: 6379, db: 0 }, "redis://localhost:6379"],
  ["redis://10.0.0.1:7000/2", { kind: "tcp", host: "10.0.0.1", port: 7000, db: 2 }, "redis://10.0.0.1:7000/2"],
  ["redis://[::1]:7000?db=3", { kind: "tcp", host: "::1", port: 7000, db: 3 }, "redis://[::1]:7000/3"],
  ["redis://:secret@h", { kind: "tcp", host: "h", port: 6379, db: 0, password: "secret" }, "redis://h:6379"],
  [
    "redis://ann:p%40ss@w@h:1/",
    { kind: "tcp", host: "h", port: 1, db: 0, username: "ann", password: "p@ss@w" },
    "redis://h:1",
  ],
  ["REDIS://h", { kind: "tcp", host: "h", port: 6379, db: 0 }, "redis://h:6379"],
  ["rediss://h", { kind: "tcp", host: "h", port: 6379, db: 0, tls: {} }, "rediss://h:6379"],
  [
    "rediss://h?ca=/etc/ca.pem&servername=redis.example",
    { kind: "tcp", host: "h", port: 6379, db: 0, tls: { ca: "/etc/ca.pem", servername: "redis.example" } },
    "rediss://h:6379",
  ],
  [
    "redis+sentinel://:pw@a,b:7000/main/1?sentinelPassword=spw",
    {
      kind: "sentinel",
      sentinels: [
        { host: "a", port: 26379 },
        { host: "b", port: 7000 },
      ],
      primary: "main",
      db: 1,
      password: "pw",
      sentinelPassword: "spw",
    },
    "redis+sentinel://a:26379,b:7000/main/1",
  ],
  [
    "redis+cluster://a:7000,b:7001",
    {
      kind: "cluster",
      nodes: [
        { host: "a", port: 7000 },
        { host: "b", port: 7001 },
      ],
    },
    "redis+cluster://a:7000,b:7001",
  ],
  [
    "unix:///run/my%20redis.sock?db=1",
    { kind: "unix", path: "/run/my redis.sock", db: 1 },
    "unix:///run/my redis.sock?db=1",
  ],
  ["unix://:pw@/run/r.sock", { kind: "unix", path: "/run/r.sock", db: 0, password: "pw" }, "unix:///run/r.sock"],
  ["embedded:", { kind: "embedded" }, "embedded:"],
  ["memory:", { kind: "memory" }, "memory:"],
])("%s is a broker", (url, broker, printed) => {
  expect(parseBrokerUrl(url)).toEqual(broker);
  expect(describeBroker(parseBrokerUrl(url))).toBe(printed);
});

test.each([
  ["", 'broker "" is not a URL; write `redis://host:6379`'],
  ["localhost:6379", 'broker "localhost:6379" has the unknown scheme `localhost`; write `redis://host:6379`'],
  ["reddis://h", 'broker "reddis://h" has the unknown scheme `reddis`; did you mean `redis`?'],
  ["amqp://guest:guest@h", 'broker "amqp://***@h" has the scheme `amqp`; Umbel runs on Redis or Valkey'],
  ["redis+socket:///run/r.sock", "has the scheme `redis+socket`; write `unix:///path/of/the/socket`"],
  ["redis://", "names no host; write `redis://host:6379`"],
  ["redis://a,b", "names 2 hosts; name one, or use `redis+cluster://`"],
  ["redis://h:0", 'has the host "h:0"'],
  ["redis://h:66000", 'has the host "h:66000"'],
  ["redis://h/queue", "has a path; only a database number may stand there"],
  ["redis://h?tls=true", "has the unknown option `tls`; it takes `db`"],
  [
    "rediss://h?cert_=x",
    "has the unknown option `cert_`; it takes `db`, `ca`, `cert`, `key`, `servername`; did you mean `cert`?",
  ],
  ["redis://h?db=one", 'has the database "one"'],
  ["redis+sentinel://h", "does not name the primary"],
  ["redis+cluster://h/2", "a Redis Cluster has only database 0"],
  ["unix://run/r.sock", "a socket's path begins with three slashes"],
  ["unix:r.sock", "needs an absolute path"],
  ["memory://h", "takes nothing behind the colon; write `memory:`"],
  ["redis://:50%@h", "has a `%` that is not followed by two hex digits"],
])("%s is refused", (url, message) => {
  expect(() => parseBrokerUrl(url)).toThrow(OptionError);
  expect(() => parseBrokerUrl(url)).toThrow(message);
});

test.each([
  "redis://:hunter2@h:0",
  "redis://ann:hunter2@h/queue",
  "foo://:hunter2@h",
  "redis://:hunter2%@h",
  "redis://:hunt@er2/hunter2@h",
  "redis+sentinel://h/m?sentinelPassword=hunter2&x=1",
])("the message about %s shows no password", (url) => {
  const message = messageOf(() => parseBrokerUrl(url));
  expect(message).toContain("***");
  expect(message).not.toContain("hunter2");
});

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error.message;
  }
  throw new Error("nothing was thrown");
}
