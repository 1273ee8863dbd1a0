/** The flows of examples/flows, formatted, checked and run by one worker; what they give stands in their expected.json. */
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { CanvasEngine, type CanvasWorker, startWorker } from "@umbel/canvas";
import type { AnyTask, ResultRecord } from "@umbel/core";
import { isTask } from "@umbel/core";
import { check, compile, format, type ImportAnswer, importsOf, type Resolver } from "@umbel/dsl";
import { Redis } from "ioredis";
import { journal } from "../../../examples/flows/deploy.ts";
import { alarms } from "../../../examples/flows/report.ts";
import { makeSite } from "../../../examples/flows/site.ts";
import { openTestRedis } from "../src/kit/test-redis.ts";

interface Run {
  readonly flow: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly result?: unknown;
  readonly error?: string;
  /** What errbacks did. */
  readonly then?: readonly string[];
}

const folder = join(import.meta.dirname, "../../../examples/flows");
const read = (name: string): string => readFileSync(join(folder, name), "utf8");
const names = readdirSync(folder).filter((name) => name.endsWith(".flow"));
const runs = JSON.parse(read("expected.json")) as readonly Run[];

const modules = new Map<string, readonly AnyTask[]>();
const tasks = new Map<string, AnyTask>();
const testRedis = openTestRedis();
const site = makeSite();
let engine: CanvasEngine;
let worker: CanvasWorker;

beforeAll(async () => {
  for (const name of names) {
    for (const { specifier } of importsOf(read(name), name)) {
      if (specifier.endsWith(".flow")) continue;
      const exports = (await import(join(folder, specifier))) as Readonly<Record<string, unknown>>;
      const found = Object.values(exports).filter(isTask);
      modules.set(specifier, found);
      for (const task of found) tasks.set(task.name, task);
    }
  }
  site.listen(0, "127.0.0.1");
  await once(site, "listening");
  const connections: Redis[] = [];
  const openBroker = () =>
    Promise.resolve({
      address: testRedis.url,
      connect: () => {
        const connection = new Redis({ path: testRedis.url.replace("unix://", ""), maxRetriesPerRequest: null });
        connections.push(connection);
        return connection;
      },
      release: async () => {
        for (const connection of connections) connection.disconnect();
      },
    });
  engine = new CanvasEngine({ tasks }, { prefix: testRedis.prefix, openBroker });
  worker = await startWorker({ tasks }, engine, { queues: ["default"], concurrency: 100 });
});

afterAll(async () => {
  await worker.close();
  await engine.close();
  site.close();
  site.closeAllConnections();
  await testRedis.close();
});

const resolver: Resolver = {
  task: () => undefined,
  taskNames: () => [],
  import: (specifier): ImportAnswer => {
    const found = modules.get(specifier);
    if (found !== undefined) return { kind: "tasks", tasks: found };
    return { kind: "flow", file: specifier, text: read(specifier) };
  },
};

describe("the example flow", () => {
  test.each(names)("%s is formatted and has no mistake", (name) => {
    const text = read(name);
    expect(format(text, name).text).toBe(text);
    expect(check(text, { file: name, resolver }).diagnostics).toEqual([]);
  });

  test.each(runs.map((run) => [run.flow, JSON.stringify(run.params ?? {}), run] as const))(
    "%s with %s gives what is expected",
    async (_name, _params, run) => {
      const record = await resultOf(run);
      expect([record.value, (record.raised ?? record.error)?.message]).toEqual([run.result, run.error]);
    },
    30_000,
  );

  test("each is run", () => {
    const library = "release-steps.flow";
    expect([...new Set(runs.map(({ flow }) => `${flow}.flow`)), library].sort()).toEqual([...names].sort());
  });
});

async function resultOf({ flow, params = {}, then = [] }: Run): Promise<ResultRecord> {
  const address = site.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const values = { ...params, ...(flow === "scrape" && { site: `http://127.0.0.1:${port}/` }) };
  const given = Object.fromEntries(Object.entries(values).map(([name, text]) => [name, { text }]));
  const { signature, diagnostics } = compile(read(`${flow}.flow`), { file: `${flow}.flow`, resolver, params: given });
  expect(diagnostics).toEqual([]);
  if (signature === undefined) throw new Error("there is no signature");
  journal.length = 0;
  alarms.length = 0;
  const submission = engine.submit({ signature, args: [], kwargs: {}, options: {} });
  await submission.stored;
  const record = await engine.wait(submission.resultId, { timeoutMs: 20_000 });
  if (then.length > 0) {
    // Errbacks run when the workflow has failed already.
    const told = flow === "deploy" ? journal : alarms;
    while (told.length < then.length) await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual(then.map((text) => expect.stringContaining(text)));
  }
  return record;
}
