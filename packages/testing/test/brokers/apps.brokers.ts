/** Apps on every kind of broker: a sample of the conformance cases, and a chord of 10,000 with two workers. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { CanvasEngine, startWorker } from "@umbel/canvas";
import { App, chord } from "umbel";
import { readAllCases, readHeld } from "../../src/conformance/case-files.ts";
import { openEngine } from "../../src/conformance/open-engine.ts";
import { reportLine } from "../../src/conformance/report.ts";
import { concurrency, runCases } from "../../src/conformance/runner.ts";
import { startCluster } from "../../src/kit/redis-cluster.ts";
import { startSentinels } from "../../src/kit/redis-sentinels.ts";
import { startTlsServer, TLS_PREFIX } from "../../src/kit/redis-tls.ts";
import { testRedisUrl } from "../../src/kit/test-redis.ts";

/** A broker that is up. */
interface Broker {
  readonly url: string;
  stop(): Promise<void>;
}

const brokers: readonly (readonly [kind: string, start: () => Promise<Broker>])[] = [
  ["one Redis", async () => ({ url: testRedisUrl(), stop: async () => undefined })],
  ["sentinels", () => startSentinels({ downAfterMs: 15_000 })],
  ["TLS", startTlsServer],
  ["a cluster", () => startCluster({ nodeTimeoutMs: 15_000 })],
];

describe.each(brokers)("on %s", (_kind, start) => {
  let broker: Broker;
  beforeAll(async () => {
    broker = await start();
  }, 60_000);
  afterAll(() => broker.stop());

  test("every third conformance case holds", async () => {
    const held = new Set(await readHeld());
    const sample = (await readAllCases()).filter(({ id }) => held.has(id)).filter((_case, place) => place % 3 === 0);
    expect(sample.length).toBeGreaterThan(120);
    const before = process.env.FLOW_BROKER;
    const engine = await openEngine(broker.url, undefined, TLS_PREFIX);
    try {
      const reports = await runCases(sample, engine, { level: 4, concurrency });
      expect(reports.filter(({ differences }) => differences.length > 0).map(reportLine)).toEqual([]);
    } finally {
      await engine.close();
      if (before === undefined) delete process.env.FLOW_BROKER;
      else process.env.FLOW_BROKER = before;
    }
  });

  test("a chord of 10,000 ends, and right", async () => {
    const app = new App("shop", { broker: broker.url, prefix: `${TLS_PREFIX}:chord` });
    const add = app.task("add", (x: number, y: number) => x + y);
    const sum = app.task("sum", (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0));
    const { engine } = app;
    if (!(engine instanceof CanvasEngine)) throw new Error("no engine of @umbel/canvas");
    const work = () => startWorker(app, engine, { queues: ["default"], concurrency: 20 });
    const workers = [await work(), await work()];
    try {
      const members = Array.from({ length: 10_000 }, (_, index) => add.s(index, index));
      expect(await chord(members, sum.s()).delay().get({ timeout: 60 })).toBe(99_990_000);
    } finally {
      for (const worker of workers) await worker.close();
      await app.close();
    }
  });
});
