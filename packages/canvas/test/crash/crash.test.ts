import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { App, WorkerLostError } from "@umbel/core";
import { ProcessFile } from "../../../../scripts/process-file.ts";
import { CanvasEngine } from "../../src/engine/engine.ts";
import type { SliceSize } from "../../src/engine/slicing.ts";
import { chord } from "../../src/primitives/chord.ts";
import { SocketBroker, TestPrefix, until } from "../kit/redis-server.ts";

let program: ProcessFile;
beforeAll(async () => {
  program = await ProcessFile.of(new URL("./process.ts", import.meta.url).pathname);
});
afterAll(() => program.remove());

/** A process that was started, and what it has said. */
class Actor {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #lines: string[] = [];
  readonly #complaints: string[] = [];
  #hear: () => void = () => undefined;

  constructor(prefix: string, ...words: readonly string[]) {
    const [role = "", ...rest] = words;
    this.child = spawn(process.execPath, [program.path, role, prefix, ...rest], { stdio: ["ignore", "pipe", "pipe"] });
    createInterface({ input: this.child.stdout }).on("line", (line) => {
      this.#lines.push(line);
      this.#hear();
    });
    // Told only when something is missed: a worker whose queue was obliterated complains of each of its jobs.
    createInterface({ input: this.child.stderr }).on("line", (line) => this.#complaints.push(line));
    this.child.once("close", () => this.#hear());
  }

  /** Waits for a line. @throws Error when the process ends without it */
  async says(pattern: RegExp): Promise<string> {
    for (;;) {
      const line = this.#lines.find((one) => pattern.test(one));
      if (line !== undefined) return line;
      if (this.hasEnded)
        throw new Error(
          `the process ended without ${pattern}; it said ${[...this.#lines, ...this.#complaints].join("\n")}`,
        );
      await new Promise<void>((resolve) => {
        this.#hear = resolve;
      });
    }
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Resolves when it has ended. */
  get gone(): Promise<unknown> {
    return this.hasEnded ? Promise.resolve() : once(this.child, "exit");
  }

  /** Ends it as a crash would. Resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.hasEnded) return;
    const gone = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await gone;
  }
}

let place: TestPrefix;
let app: App;
let engine: CanvasEngine;
let actors: Actor[];

beforeEach(() => {
  place = new TestPrefix();
  app = new App("client", {}, () => engine);
  engine = openEngine();
  actors = [];
});

afterEach(async () => {
  await Promise.all(actors.map((actor) => actor.kill()));
  await app.close();
  await place.close();
});

const openEngine = (sliceSize?: SliceSize): CanvasEngine =>
  new CanvasEngine(app, {
    openBroker: async () => new SocketBroker(),
    prefix: place.prefix,
    ...(sliceSize === undefined ? {} : { sliceSize }),
  });

const start = (...words: string[]): Actor => {
  const actor = new Actor(place.prefix, ...words);
  actors.push(actor);
  return actor;
};

const squares = (count: number): number[] => Array.from({ length: count }, (_, index) => index * index);

const get = (id: string): Promise<unknown> => app.asyncResult(id).get({ timeout: 40 });

test("a chord of 1,000 tasks survives kill -9 of its client, of its worker in the middle, and of the next", async () => {
  const client = start("chord", "1000");
  const id = await client.says(/^[0-9a-f-]{36}$/);
  await client.kill();
  for (const progress of [/done 100$/, /done 200$/]) {
    const worker = start("worker");
    await worker.says(progress);
    await worker.kill();
  }
  start("worker");
  expect(await get(id)).toEqual(squares(1000));
}, 60_000);

test.each<[SliceSize, number[]]>([
  [16, [1, 2, 3, 4, 5, 6]],
  [1, [2, 7]],
  ["adaptive", [4, 8]],
])(
  "a chord with slices of %s survives that workers are killed before their commands %j",
  async (sliceSize, doomed) => {
    engine = openEngine(sliceSize);
    const members = Array.from({ length: 600 }, (_, index) => app.signature("square", [index]));
    const handle = await chord(members, app.signature("collect")).delay();
    const workers = doomed.map((commands) => start("doomed", String(commands)));
    await Promise.all(workers.map((worker) => worker.gone));
    expect(workers.map(({ child }) => child.signalCode)).toEqual(doomed.map(() => "SIGKILL"));
    start("worker");
    expect(await get(handle.id)).toEqual(squares(600));
  },
  60_000,
);

test("a chord survives that its queues are obliterated in the middle", async () => {
  const members = Array.from({ length: 300 }, (_, index) => app.signature("square", [index]));
  const handle = await chord(members, app.signature("collect")).delay();
  const worker = start("worker");
  await worker.says(/done 100$/);
  // Whatever BullMQ has of the queue; the graph is the truth.
  const jobs = (await place.keys()).filter((key) => key.includes("{default}"));
  expect(jobs.length).toBeGreaterThan(0);
  await place.redis.unlink(...jobs);
  expect(await get(handle.id)).toEqual(squares(300));
}, 60_000);

test("T16 acksLate: a task that kills its process each time fails, and lets others live", async () => {
  const deaths = async (name: string): Promise<{ readonly lost: number; readonly error: unknown }> => {
    const handle = await chord([app.signature(name), app.signature("add", [1, 1])], app.signature("collect")).delay();
    let lost = 0;
    let hasEnded = false;
    const result = handle.get({ timeout: 40, propagate: false }).finally(() => {
      hasEnded = true;
    });
    const workerDied = (): boolean => actors.at(-1)?.hasEnded !== false;
    await until(
      "the run has ended",
      () => {
        if (!hasEnded && workerDied()) {
          lost += 1;
          start("worker");
        }
        return hasEnded;
      },
      40_000,
    );
    expect(await handle.state()).toBe("FAILURE");
    return { lost, error: await result };
  };
  start("worker");
  expect(await deaths("deadly once")).toEqual({
    lost: 1,
    error: new WorkerLostError(
      'the worker that ran task "deadly once" was lost, and the task may run only once (`acksLate: false`)',
    ),
  });
  expect(await deaths("deadly and kept")).toEqual({
    lost: 1,
    error: new WorkerLostError(
      'a worker was lost while it ran task "deadly and kept"; it is not tried again (`rejectOnWorkerLost: false`)',
    ),
  });
  expect(await deaths("deadly")).toEqual({
    lost: 2,
    error: new WorkerLostError(
      '2 workers were lost while they ran task "deadly"; it is not tried again (`maxDeliveries`)',
    ),
  });
}, 60_000);
