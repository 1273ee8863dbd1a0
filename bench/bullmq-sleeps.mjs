/**
 * Peer: tasks that wait, on BullMQ alone: jobs added in bulk, and a Worker. Prints one JSON line when all have ended.
 * usage: node bench/bullmq-sleeps.mjs --case async5ms|async50ms|mixed --n 1000 --concurrency 100 --port 6402
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { now } from "./clock.mjs";
import { peerOptions } from "./peer-options.mjs";

const pauses = { async5ms: () => 5, async50ms: () => 50, mixed: (i) => (i % 100 === 50 ? 200 : 0) };
const BULK = 1000;

const { caseName, n, concurrency, port } = peerOptions();
const connect = () => new Redis({ port, maxRetriesPerRequest: null });
const connections = [connect(), connect()];
const queue = new Queue("sleeps", { connection: connections[0], defaultJobOptions: { removeOnComplete: true } });
const worker = new Worker(
  "sleeps",
  async ({ data: { i, ms } }) => {
    if (ms > 0) await sleep(ms);
    return i;
  },
  { connection: connections[1], concurrency },
);
worker.on("error", (error) => console.error(error));

let ended = 0;
let sum = 0;
const all = new Promise((resolve) => {
  worker.on("completed", (_job, i) => {
    sum += i;
    ended += 1;
    if (ended === n) resolve();
  });
});
await worker.waitUntilReady();

const startedAt = now();
const jobs = Array.from({ length: n }, (_, i) => ({ name: "sleep", data: { i, ms: pauses[caseName](i) } }));
for (let from = 0; from < n; from += BULK) await queue.addBulk(jobs.slice(from, from + BULK));
await all;
const seconds = now() - startedAt;
if (sum !== (n * (n - 1)) / 2) throw new Error(`the results of ${caseName} are wrong`);
console.log(JSON.stringify({ peer: "bullmq", case: caseName, n, seconds: +seconds.toFixed(4) }));

await worker.close();
await queue.close();
for (const connection of connections) await connection.quit();
