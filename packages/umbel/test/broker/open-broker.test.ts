import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterEach, expect, test } from "@jest/globals";
import { OperationalError, OptionError } from "@umbel/core";
import { App } from "../../src/app.ts";
import { parseBrokerUrl } from "../../src/broker/broker-url.ts";
import { type OpenBrokerOptions, openBroker } from "../../src/broker/open-broker.ts";
import { TestProject } from "./embedded/project-of-test.ts";

const REDIS = process.env.UMBEL_TEST_REDIS ?? "";

let fake: Server | undefined;

afterEach(() => {
  fake?.close();
  fake = undefined;
});

const open = (url: string, options?: OpenBrokerOptions) => {
  const broker = parseBrokerUrl(url);
  if (broker.kind === "memory") throw new Error("not a Redis");
  return openBroker(broker, options);
};

/** Starts a server that gives each command the reply of its name, and `-ERR` to all others. */
async function serve(replies: Readonly<Record<string, string>>): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.on("data", (data) => {
      // Each command is an array of strings: the name is the first line behind a length of `$n`.
      for (const [, name = ""] of data.toString().matchAll(/\*\d+\r\n\$\d+\r\n(\w+)\r\n/g)) {
        const reply = replies[name.toUpperCase()];
        socket.write(reply === undefined ? `-ERR unknown command '${name}'\r\n` : reply);
      }
    });
  });
  fake = server;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;

test("an open broker gives connections that work and are the caller's to close", async () => {
  const broker = await open(REDIS);
  expect(broker).toMatchObject({ address: REDIS, isCluster: false, warnings: [] });
  const connection = broker.connect({ connectionName: "ours" });
  expect(await connection.ping()).toBe("PONG");
  expect(await connection.client("GETNAME")).toBe("ours");
  expect(connection.options).toMatchObject({ maxRetriesPerRequest: null });
  connection.disconnect();
  await broker.close();
});

test("the embedded broker is the project's, and goes when it is closed", async () => {
  const project = new TestProject();
  mkdirSync(join(project.path, "inside"), { recursive: true });
  writeFileSync(join(project.path, "package.json"), "{}");
  try {
    const broker = await open("embedded:", { directory: join(project.path, "inside") });
    expect(broker.address).toBe(`embedded: (${project.path})`);
    const connection = broker.connect();
    expect(await connection.ping()).toBe("PONG");
    connection.disconnect();
    await broker.close();
    await broker.close();
    expect(project.leases()).toEqual([]);
  } finally {
    await project.clean();
  }
});

test.each([
  ["redis://:hunter2@127.0.0.1:1", "cannot reach Redis at redis://127.0.0.1:1: connection refused; start it, or name"],
  ["unix:///no/such/redis.sock", "cannot reach Redis at unix:///no/such/redis.sock: no such file"],
  ["redis://no.such.host.invalid", "cannot reach Redis at redis://no.such.host.invalid:6379: no such host; "],
  ["redis+cluster://127.0.0.1:1", "cannot reach Redis at redis+cluster://127.0.0.1:1: no connection; "],
  ["redis+sentinel://127.0.0.1:1/main", "redis+sentinel://127.0.0.1:1/main: none of its sentinels can be reached; "],
])("%s cannot be reached, and its message says where and why", async (url, message) => {
  const error: unknown = await open(url).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(OperationalError);
  expect(error).toMatchObject({ message: expect.stringContaining(message), cause: expect.anything() });
  expect(String(error)).not.toContain("hunter2");
});

test("a server that wants another password is told so", async () => {
  const broker = await open(REDIS);
  const connection = broker.connect();
  await connection.call("ACL", "SETUSER", "ann", "on", ">right", "+@all", "~*");
  const url = REDIS.replace("unix://", "unix://ann:wrong@");
  await expect(open(url)).rejects.toThrow(/the server refuses the user name or password; /);
  await connection.call("ACL", "DELUSER", "ann");
  connection.disconnect();
});

test("a database that the server has is used, and one beyond its last is told, with the last", async () => {
  const broker = await open(`${REDIS}?db=63`);
  const connection = broker.connect();
  expect(await connection.call("CLIENT", "INFO")).toContain(" db=63 ");
  connection.disconnect();
  const error: unknown = await open(`${REDIS}?db=64`).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(OperationalError);
  expect(error).toMatchObject({
    message: `${REDIS}?db=64: there is no database 64, the last one is 63; name another, or raise \`databases\` in the server's configuration`,
    cause: expect.anything(),
  });
});

test.each([
  ["-ERR DB index is out of range", ": there is no database 17; name another, or raise"],
  [
    "-NOPERM User ann has no permissions to run the 'select' command",
    ": database 17 cannot be used: NOPERM User ann has no permissions to run the 'select' command; leave the number out, or",
  ],
])("a server that answers %s to the choice of a database is refused", async (reply, message) => {
  const port = await serve({ INFO: bulk("redis_version:7.0.15\r\nloading:0\r\n"), SELECT: `${reply}\r\n` });
  const broker = `redis://127.0.0.1:${port}/17`;
  await expect(open(broker)).rejects.toThrow(OperationalError);
  await expect(open(broker)).rejects.toThrow(`${broker}${message}`);
});

test("an App on a database that is not there rejects, and sends nothing to another", async () => {
  const app = new App("lost", { broker: `${REDIS}?db=9999`, prefix: "lost-database" });
  const task = app.task("t", () => 1);
  await expect(task.delay()).rejects.toThrow("there is no database 9999");
  await app.close();
  const elsewhere = (await open(REDIS)).connect();
  expect(await elsewhere.keys("lost-database*")).toEqual([]);
  elsewhere.disconnect();
});

test("a server that takes the connection and says nothing is waited for as long as asked", async () => {
  const port = await serve({ HELLO: "", AUTH: "", INFO: "", CLIENT: "", SELECT: "" });
  await expect(open(`redis://127.0.0.1:${port}`, { timeoutMs: 200 })).rejects.toThrow(": no answer within 0.2 s; ");
  await expect(open(`redis://127.0.0.1:${port}`, { signal: AbortSignal.timeout(100) })).rejects.toThrow(/abort/i);
});

test("a server that is too old is refused", async () => {
  const port = await serve({ INFO: bulk("redis_version:5.0.14\r\nloading:0\r\n") });
  await expect(open(`redis://127.0.0.1:${port}`)).rejects.toThrow(`redis://127.0.0.1:${port}: Redis 5.0.14 is too old`);
});

test("a server that evicts keys is a warning", async () => {
  const port = await serve({ INFO: bulk("redis_version:7.0.15\r\nloading:0\r\nmaxmemory_policy:allkeys-lru\r\n") });
  const broker = await open(`redis://127.0.0.1:${port}`);
  expect(broker.warnings).toEqual([expect.stringContaining("maxmemory-policy allkeys-lru")]);
});

test("a certificate that cannot be read is told", async () => {
  await expect(open("rediss://h?ca=/no/ca.pem")).rejects.toThrow(OptionError);
  await expect(open("rediss://h?ca=/no/ca.pem")).rejects.toThrow(
    "cannot read /no/ca.pem, which the broker's URL names",
  );
});
