import { expect, test } from "@jest/globals";
import type { SignatureData } from "@umbel/core";
import { Shop } from "../kit/shop.ts";

const task = (args: readonly unknown[], options = {}): SignatureData => ({ kind: "task", task: "same", args, options });
const long = "x".repeat(100_000);
const members = (count: number, arg: unknown): SignatureData & { kind: "group" } => ({
  kind: "group",
  members: Array.from({ length: count }, () => task([arg])),
});

/** What Redis keeps of a job besides its data: BullMQ's own times and options. */
const MOST_BYTES = 300;

test.each<[what: string, canvas: SignatureData, jobs: number]>([
  ["one small task", task([1]), 1],
  ["one task with 100 kB of arguments", task([long]), 1],
  ["a chain of 3,000 steps", { kind: "chain", steps: Array.from({ length: 3000 }, () => task([1])) }, 1],
  ["a group of 200 with 1 kB each", members(200, long.slice(0, 1000)), 2],
  [
    "a chord with a large body, links and errbacks",
    {
      kind: "chord",
      header: { kind: "group", members: Array.from({ length: 5 }, () => task([long], { countdown: 60, priority: 3 })) },
      body: { ...members(500, 1), options: { linkError: [task([1])], link: [task([long])] } },
    },
    5,
  ],
])("the jobs of %s carry pointers alone", async (_what, signature, least) => {
  const shop = new Shop();
  try {
    await shop.engine.submit({ signature, args: [], kwargs: {}, options: {} }).stored;
    const { redis } = shop.place;
    const keys = (await shop.place.keys()).filter((key) => key.includes("{default}"));
    const jobs: Record<string, string>[] = [];
    for (const key of keys) {
      if ((await redis.type(key)) !== "hash") continue;
      const job = await redis.hgetall(key);
      if (job.data !== undefined) jobs.push(job);
    }
    expect(jobs.length).toBeGreaterThanOrEqual(least);
    for (const job of jobs) {
      // Run, first node, how many, generation; and how far apart they are.
      expect(["r", "s", "n", "g", "d"]).toEqual(
        expect.arrayContaining(Object.keys(JSON.parse(job.data ?? "") as object)),
      );
      expect(job.data?.length).toBeLessThan(100);
      expect(Object.entries(job).flat().join("").length).toBeLessThan(MOST_BYTES);
    }
  } finally {
    await shop.close();
  }
});
