/**
 * Bytes in Redis for a node that waits, one that runs, and one that has ended, its result included. The peer keeps its
 * ended jobs here: without them it has no results either.
 */
import { Redis } from "ioredis";
import { group } from "umbel";
import { bullmq } from "../peers.mjs";
import { usedMemory } from "../used-memory.mjs";

export const memoryWaiting = memoryCase("memory-waiting", { n: 100_000 }, async ({ n, tasks, used }) => {
  await additions(n, tasks).delay();
  return await used();
});

export const memoryRunning = memoryCase("memory-running", { n: 5000, concurrency: 5000 }, async (bench) => {
  const { n, app, used, work } = bench;
  let running = 0;
  const { promise: gate, open, full, isFull } = gates();
  const hold = app.task("hold", async (x, y) => {
    running += 1;
    if (running === n) isFull();
    await gate;
    return x + y;
  });
  const submission = group(Array.from({ length: n }, (_, i) => hold.s(i, i))).delay();
  await submission;
  const worker = await work();
  await full;
  const held = await used();
  open();
  await submission.get();
  await worker.close();
  return held;
});

export const memoryDone = memoryCase("memory-done", { n: 100_000 }, async ({ n, tasks, used, work, check }) => {
  const submission = additions(n, tasks).delay();
  const worker = await work();
  const result = await submission.get();
  check(result.length === n && result.every((value, i) => value === 2 * i));
  await worker.close();
  return await used();
});

function memoryCase(name, comparison, hold) {
  return {
    name,
    comparisons: [{ ...comparison, peers: [bullmq("addBulk + Worker", "bullmq-memory.mjs", name)] }],
    repetitions: 1,
    counts: { time: false, cpu: false },
    worker: "none",
    run: async (bench) => {
      const redis = new Redis({ port: bench.port });
      const held = await hold({ ...bench, used: () => usedMemory(redis) });
      redis.disconnect();
      return { held };
    },
  };
}

function additions(n, { add }) {
  return group(Array.from({ length: n }, (_, i) => add.s(i, i)));
}

/** A gate that tasks wait at, and the news that all of them do. */
function gates() {
  let open;
  let isFull;
  const promise = new Promise((resolve) => {
    open = resolve;
  });
  const full = new Promise((resolve) => {
    isFull = resolve;
  });
  return { promise, open, full, isFull };
}
