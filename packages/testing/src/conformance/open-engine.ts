/** Opens what the conformance command runs cases by: an App with the task library, its worker, and a prefix of its own. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { CanvasEngine, type SliceSize, startWorker } from "@umbel/canvas";
import { parseNodeId } from "@umbel/core";
import { Cluster, Redis } from "ioredis";
import { App } from "umbel";
import { deleteKeys } from "../kit/redis-keys.ts";
import { defineConformanceTasks } from "../tasks/library.ts";
import { MemoryRecords, type Records, RedisRecords } from "../tasks/records.ts";
import { AppEngine } from "./app-engine.ts";
import type { ConformanceEngine } from "./engine.ts";

/** Slots of the worker: enough that no case waits for the sleeps of another. */
const SLOTS = 400;

/** How often it is asked whether a run has ended. */
const POLL_MS = 20;

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Opens an engine on a broker, with a fresh prefix.
 * @param slices how many members of a group make one job; said by nothing, the broker decides
 * @param within what the prefix begins with, where a user may touch nothing else
 * @throws OperationalError when it cannot be reached
 */
export async function openEngine(broker: string, slices?: SliceSize, within?: string): Promise<ConformanceEngine> {
  // Connections of a client hold no process, but whoever runs cases waits on more than submits and gets.
  const alive = setInterval(() => undefined, LONGEST_TIMER_MS);
  try {
    return await openOn(broker, slices, within, () => clearInterval(alive));
  } catch (error) {
    clearInterval(alive);
    throw error;
  }
}

async function openOn(
  broker: string,
  slices: SliceSize | undefined,
  within: string | undefined,
  onClose: () => void,
): Promise<ConformanceEngine> {
  // The environment's broker would win over the App's, but not over the one that was asked for here.
  process.env.FLOW_BROKER = broker;
  const prefix = `${within === undefined ? "" : `${within}:`}conformance-${randomUUID()}`;
  const app = new App("conformance", { prefix });
  const { engine } = app;
  if (!(engine instanceof CanvasEngine)) throw new Error("the App's engine is not the one of @umbel/canvas");
  const runtime = await engine.runtime();
  if (slices !== undefined) runtime.slicing.resize(slices);
  const { records, close } = keepRecords(runtime, prefix);
  defineConformanceTasks(app, records);
  const worker = await startWorker(app, engine, { queues: ["default"], concurrency: SLOTS });
  return new AppEngine({
    app,
    records,
    runEnded: async (resultId, signal) => {
      const place = parseNodeId(resultId) ?? (await runtime.aliases.find(resultId));
      if (place === undefined) return;
      for (;;) {
        const { exists, endedAt } = await runtime.store.inspect(place.runKey);
        if (!exists || endedAt !== undefined) return;
        await sleep(POLL_MS, undefined, { signal });
      }
    },
    close: async () => {
      await worker.close();
      await close();
      await app.close();
      onClose();
    },
  });
}

/** Where the library's tasks record: beside the runs, wherever those are. */
function keepRecords(
  runtime: object,
  prefix: string,
): { readonly records: Records; readonly close: () => Promise<void> } {
  const redis = redisOf(runtime);
  if (redis === undefined) return { records: new MemoryRecords(), close: async () => undefined };
  return { records: new RedisRecords(redis, prefix), close: () => deleteKeys(redis, prefix) };
}

/** The connection of a runtime that has one. */
function redisOf(runtime: object): Redis | Cluster | undefined {
  const commands: unknown = Reflect.get(runtime, "commands");
  if (commands instanceof Redis) return commands as Redis;
  return commands instanceof Cluster ? (commands as Cluster) : undefined;
}
