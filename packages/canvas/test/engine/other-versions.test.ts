import { afterEach, expect, test } from "@jest/globals";
import type { RunKey } from "@umbel/core";
import { GRAPH_VERSION } from "../../src/graph/graph.ts";
import { until } from "../kit/redis-server.ts";
import { Shop } from "../kit/shop.ts";

let shop: Shop;

afterEach(async () => {
  await shop.close();
});

/** Makes a stored run one of another version. */
async function restamp(id: string, from: number, to: number): Promise<void> {
  const { redis } = shop.place;
  const [graph = ""] = (await shop.place.keys()).filter(
    (key) => key.includes(id.slice(0, 28)) && key.endsWith(":graph"),
  );
  const meta = (await redis.hget(graph, "m")) ?? "";
  expect(meta).toContain(`"version":${from}`);
  await redis.hset(graph, "m", meta.replace(`"version":${from}`, `"version":${to}`));
}

test.each([
  ["an older", GRAPH_VERSION - 1, /an older version of umbel .* workers of that version can end it/],
  ["a newer", GRAPH_VERSION + 1, /a newer version of umbel .*; update this worker/],
])(
  "a run that %s version stored is left to workers of that version, and keeps nobody else waiting",
  async (_age, other, message) => {
    shop = new Shop();
    const { app, tasks, place } = shop;
    const foreign = await tasks.give.delay(1);
    const lost = await tasks.give.delay(2);
    await place.redis.del(`${place.prefix}:{default}:default:wait`);
    const queued = await tasks.give.delay(3);
    for (const { id } of [foreign, queued]) await restamp(id, GRAPH_VERSION, other);
    const errors: string[] = [];
    await shop.work({ overdueMs: 200, onError: (error) => errors.push(error.message) });
    // The janitor meets the foreign run first.
    expect(await lost.get({ timeout: 20 })).toBe(2);
    // It and the one whose job was taken.
    await until("both are told of", async () => errors.filter((error) => message.test(error)).length >= 2);
    const { store } = await shop.engine.runtime();
    const runKey = queued.id.slice(0, 28) as RunKey;
    expect((await store.inspect(runKey)).flights.map(({ holder }) => holder)).toEqual([""]);
    expect((await app.runs.list()).runs.map(({ id }) => id)).toEqual([lost.id]);
    await restamp(queued.id, other, GRAPH_VERSION);
    expect(await queued.get({ timeout: 20 })).toBe(3);
  },
  60_000,
);
