/**
 * Peer: what n jobs of BullMQ take in Redis while they wait, while they run, and when they have ended and are kept, since
 * their results go with them. Prints one JSON line: `seconds` that adding them took, and `held`, what Redis held then.
 * usage: node bench/bullmq-memory.mjs --case memory-waiting|memory-running|memory-done --n 100000 --port 6402
 */
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { now } from "./clock.mjs";
import { peerOptions } from "./peer-options.mjs";
import { usedMemory } from "./used-memory.mjs";

const BULK = 1000;

const { caseName, n, concurrency, port } = peerOptions();
const connect = () => new Redis({ port, maxRetriesPerRequest: null });
const connections = [connect(), connect()];
const queue = new Queue("memory", { connection: connections[0] });
await queue.waitUntilReady();

const startedAt = now();
for (let from = 0; from < n; from += BULK) {
  const length = Math.min(BULK, n - from);
  await queue.addBulk(Array.from({ length }, (_, i) => ({ name: "add", data: { a: from + i, b: from + i } })));
}
const seconds = now() - startedAt;
const held =
  caseName === "memory-waiting" ? await usedMemory(connections[0]) : await heldWhenRun(caseName === "memory-running");
console.log(JSON.stringify({ peer: "bullmq", case: caseName, n, seconds: +seconds.toFixed(4), held }));

await queue.close();
for (const connection of connections) await connection.quit();

/** Runs them all; gives what Redis holds when all of them have begun, or when all have ended. */
async function heldWhenRun(whileTheyRun) {
  let open = () => undefined;
  const gate = whileTheyRun ? new Promise((resolve) => (open = resolve)) : undefined;
  let begun = 0;
  let ended = 0;
  let said = () => undefined;
  const reached = new Promise((resolve) => (said = resolve));
  const worker = new Worker(
    "memory",
    async ({ data: { a, b } }) => {
      begun += 1;
      if (whileTheyRun && begun === n) said();
      await gate;
      return a + b;
    },
    { connection: connections[1], concurrency },
  );
  const all = new Promise((resolve) => {
    worker.on("completed", () => {
      ended += 1;
      if (ended === n) resolve();
    });
  });
  worker.on("error", (error) => console.error(error));
  await (whileTheyRun ? reached : all);
  const used = await usedMemory(connections[0]);
  open();
  await all;
  await worker.close();
  return used;
}
