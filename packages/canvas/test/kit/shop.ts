/** An App with small tasks, its engine and a worker on a prefix of its own. */
import { App } from "@umbel/core";
import { CanvasEngine, type CanvasEngineOptions } from "../../src/engine/engine.ts";
import { MemoryBroker } from "../../src/engine/memory/memory-broker.ts";
import { startWorker } from "../../src/worker/start-worker.ts";
import type { CanvasWorker, CanvasWorkerOptions } from "../../src/worker/worker.ts";
import { SocketBroker, TestPrefix } from "./redis-server.ts";

/** Defines the tasks that tests of the engine use. */
export function defineTasks(app: App) {
  return {
    add: app.task("add", (x: number, y: number) => x + y),
    mul: app.task("mul", (x: number, y: number) => x * y),
    sum: app.task("sum", (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)),
    echo: app.task("echo", (...values: unknown[]) => values),
    nothing: app.task("nothing", () => undefined),
    give: app.task("give", (value: number) => value),
    same: app.task("same", (value: unknown) => value),
    fail: app.task("fail", (...values: unknown[]): number => {
      throw new RangeError(`failed with ${JSON.stringify(values)}`);
    }),
    sleep: app.task("sleep", async (ms: number, value: number) => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      return value;
    }),
    request: app.task({ name: "request", bind: true }, (self) => self.request),
    spoil: app.task("spoil", (list: number[]) => {
      list.push(0);
      return list.length;
    }),
  };
}

/** What a test of the engine works with. */
export class Shop {
  readonly place: TestPrefix;
  readonly broker: SocketBroker;
  readonly engine: CanvasEngine;
  readonly app: App;
  readonly tasks: ReturnType<typeof defineTasks>;
  readonly #workers: CanvasWorker[] = [];
  readonly #owned: boolean;

  constructor(options: Partial<CanvasEngineOptions> = {}, place?: TestPrefix, broker = new SocketBroker()) {
    this.place = place ?? new TestPrefix();
    this.#owned = place === undefined;
    this.broker = broker;
    this.app = new App("shop", {}, () => this.engine);
    this.engine = new CanvasEngine(this.app, {
      openBroker: async () => this.broker,
      prefix: this.place.prefix,
      ...options,
    });
    this.tasks = defineTasks(this.app);
  }

  /** Starts a worker. */
  async work(options: Partial<CanvasWorkerOptions> = {}): Promise<CanvasWorker> {
    const worker = await startWorker(this.app, this.engine, { queues: ["default"], concurrency: 10, ...options });
    this.#workers.push(worker);
    return worker;
  }

  /** Ends workers and app, and removes every key if the prefix is this shop's own. */
  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.close({ force: true })));
    await this.app.close();
    // An app from which nothing was sent does not know its engine, though a worker may have opened it.
    await this.engine.close();
    if (this.#owned) await this.place.close();
  }
}

/** Every broker, and how a shop is opened on it. */
export const shopsOnEachBroker: readonly (readonly [broker: string, open: () => Shop])[] = [
  ["Redis", () => new Shop()],
  [
    "memory:",
    () => {
      const broker = new MemoryBroker();
      return new Shop({ openBroker: async () => broker });
    },
  ],
];
