/**
 * Peer: single jobs behind many, on one queue of BullMQ alone. The worker has a process of its own. All of the many are
 * added first; then one job after another is sent and waited for, until none of the many is left. Prints one JSON line:
 * the median of those waits, and the longest.
 * usage: node bench/bullmq-fairness.mjs --n 20000 --concurrency 50 --port 6402
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Queue, QueueEvents } from "bullmq";
import { Redis } from "ioredis";
import { now } from "./clock.mjs";
import { forkWorker } from "./fork-worker.mjs";
import { peerOptions } from "./peer-options.mjs";
import { quantile } from "./statistics.mjs";

const BULK = 1000;
const REST_MS = 20;

const { n, concurrency, port } = peerOptions();
const connect = () => new Redis({ port, maxRetriesPerRequest: null });
const connections = [connect(), connect()];
const queue = new Queue("fairness", { connection: connections[0] });
const events = new QueueEvents("fairness", { connection: connections[1] });
await events.waitUntilReady();
const worker = await forkWorker("bullmq-adder.mjs", "fairness", port, concurrency);

// waitUntilFinished() needs the job that it waits for, so a few of these are kept.
const call = async () => {
  const job = await queue.add("add", { a: 1, b: 2 }, { removeOnComplete: { count: 1000 } });
  if ((await job.waitUntilFinished(events)) !== 3) throw new Error("the result of a single job is wrong");
};
for (let i = 0; i < 2; i += 1) await call();

for (let from = 0; from < n; from += BULK) {
  const length = Math.min(BULK, n - from);
  const jobs = Array.from({ length }, (_, i) => ({ name: "add", data: { a: from + i, b: 1 } }));
  await queue.addBulk(jobs.map((job) => ({ ...job, opts: { removeOnComplete: true } })));
}
const startedAt = now();
const times = [];
while ((await queue.getWaitingCount()) > 0) {
  const sentAt = now();
  await call();
  times.push(now() - sentAt);
  await sleep(REST_MS);
}
const figures = { calls: times.length, slowest_ms: Math.max(...times) * 1000, rest_of_run_s: now() - startedAt };
console.log(JSON.stringify({ peer: "bullmq", case: "fairness", n, seconds: quantile(times, 0.5), figures }));

await worker.stop();
await events.close();
await queue.close();
for (const connection of connections) await connection.quit();
