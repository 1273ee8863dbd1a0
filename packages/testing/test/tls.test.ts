/** An App that speaks TLS to a Redis, as a user who may touch its prefix alone. The certificate in `tls/` is for this test only. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { CanvasEngine, startWorker } from "@umbel/canvas";
import { Redis } from "ioredis";
import { App, chord, OperationalError } from "umbel";
import { freePorts, startServer, type TestServer } from "../src/kit/redis-server.ts";

const certificate = join(import.meta.dirname, "tls/certificate.pem");
const key = join(import.meta.dirname, "tls/key.pem");
const files = `ca=${certificate}&cert=${certificate}&key=${key}`;

/** As docs/brokers.md has it. */
const RULES = ["~shop:*", "&shop:*", "+@all", "-@dangerous", "+info"];

let server: TestServer;
let admin: Redis;
let host = "";

beforeAll(async () => {
  const [port = 0] = await freePorts(1);
  host = `localhost:${port}`;
  server = await startServer({
    port,
    settings: [
      "port 0",
      `tls-port ${port}`,
      `tls-cert-file ${certificate}`,
      `tls-key-file ${key}`,
      `tls-ca-cert-file ${certificate}`,
    ],
  });
  const tls = { ca: readFileSync(certificate), cert: readFileSync(certificate), key: readFileSync(key) };
  admin = new Redis({ port, host: "localhost", tls, maxRetriesPerRequest: null });
  admin.on("error", () => undefined);
  await admin.call("ACL", "SETUSER", "shop", "on", ">se cret", ...RULES);
}, 30_000);

afterAll(async () => {
  admin.disconnect();
  await server.stop();
});

test("a chord of 10,000 ends, and nothing was asked for that is not its user's", async () => {
  const app = new App("shop", { broker: `rediss://shop:se%20cret@${host}?${files}`, prefix: "shop" });
  const add = app.task("add", (x: number, y: number) => x + y);
  const sum = app.task("sum", (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0));
  const { engine } = app;
  if (!(engine instanceof CanvasEngine)) throw new Error("no engine of @umbel/canvas");
  const worker = await startWorker(app, engine, { queues: ["default"], concurrency: 20 });
  try {
    const members = Array.from({ length: 10_000 }, (_, index) => add.s(index, index));
    expect(await chord(members, sum.s()).delay().get({ timeout: 60 })).toBe(99_990_000);
  } finally {
    await worker.close();
    await app.close();
  }
  expect(await admin.call("ACL", "LOG")).toEqual([]);
  const foreign = (await admin.keys("*")).filter((one) => !one.startsWith("shop:"));
  expect(foreign).toEqual([]);
}, 90_000);

test.each([
  ["another prefix than the user's", `shop:se%20cret@`, files, "other", /NOPERM/],
  ["a wrong password", `shop:wrong@`, files, "shop", /the server refuses the user name or password/],
  ["no authority that signed the server's certificate", `shop:se%20cret@`, "", "shop", /self-signed certificate/],
])(
  "%s is refused, and told with the server's address",
  async (_what, login, query, prefix, reason) => {
    const app = new App("shop", { broker: `rediss://${login}${host}?${query}`, prefix });
    const error: unknown = await app
      .task("t", () => 1)
      .delay()
      .then(undefined, (thrown: unknown) => thrown);
    await app.close();
    expect(error).toBeInstanceOf(OperationalError);
    expect(String(error)).toMatch(reason);
    expect(String(error)).toContain(`rediss://${host}`);
    expect(String(error)).not.toContain("cret");
  },
  30_000,
);
