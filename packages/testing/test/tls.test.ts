/** An App that speaks TLS to a Redis, as a user who may touch its prefix alone. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { CanvasEngine, startWorker } from "@umbel/canvas";
import { App, chord, OperationalError } from "umbel";
import { startTlsServer, type TestTlsServer, TLS_PREFIX } from "../src/kit/redis-tls.ts";

let server: TestTlsServer;

beforeAll(async () => {
  server = await startTlsServer();
}, 30_000);

afterAll(() => server.stop());

test("a chord of 10,000 ends, and nothing was asked for that is not its user's", async () => {
  const app = new App("shop", { broker: server.url, prefix: TLS_PREFIX });
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
  expect(await server.admin.call("ACL", "LOG")).toEqual([]);
  const foreign = (await server.admin.keys("*")).filter((one) => !one.startsWith("shop:"));
  expect(foreign).toEqual([]);
}, 90_000);

test.each([
  ["another prefix than the user's", "shop:se%20cret@", true, "other", /NOPERM/],
  ["a wrong password", "shop:wrong@", true, "shop", /the server refuses the user name or password/],
  ["no authority that signed the server's certificate", "shop:se%20cret@", false, "shop", /self-signed certificate/],
])(
  "%s is refused, and told with the server's address",
  async (_what, login, hasFiles, prefix, reason) => {
    const { host, files } = server;
    const app = new App("shop", { broker: `rediss://${login}${host}?${hasFiles ? files : ""}`, prefix });
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
