/**
 * Peer: work whose results are gathered, on BullMQ's flows: a parent runs when its children have, and reads their values.
 * Prints one JSON line when the root has ended.
 * usage: node bench/bullmq-flows.mjs --case map-reduce|nested --n 90000 --concurrency 50 --port 6402
 */
import { FlowProducer, Worker } from "bullmq";
import { Redis } from "ioredis";
import { now } from "./clock.mjs";
import { peerOptions } from "./peer-options.mjs";

const CHUNK = 100;
const queueName = "flows";
const opts = { removeOnComplete: true };

const sumOf = (numbers) => numbers.reduce((sum, number) => sum + number, 0);
const childrenOf = async (job) => Object.values(await job.getChildrenValues());

/** What a job does, by its name. */
const tasks = {
  add: ({ data: { a, b } }) => a + b,
  squares: ({ data: { items } }) => items.map((item) => item * item),
  total: async (job) => sumOf(await childrenOf(job)),
  "total of lists": async (job) => sumOf((await childrenOf(job)).map(sumOf)),
};

/** Each case: its tree, and what its root gives. */
const cases = {
  "map-reduce": (n) => {
    const items = Array.from({ length: n }, (_, i) => i);
    const children = [];
    for (let from = 0; from < n; from += CHUNK) {
      children.push({ name: "squares", queueName, data: { items: items.slice(from, from + CHUNK) }, opts });
    }
    return [{ name: "total of lists", queueName, data: {}, opts, children }, ((n - 1) * n * (2 * n - 1)) / 6];
  },
  nested: (n) => {
    const side = Math.round(Math.sqrt(n));
    const children = Array.from({ length: side }, (_, a) => ({
      name: "total",
      queueName,
      data: {},
      opts,
      children: Array.from({ length: side }, (_, b) => ({ name: "add", queueName, data: { a, b }, opts })),
    }));
    return [{ name: "total", queueName, data: {}, opts, children }, side * side * (side - 1)];
  },
};

const { caseName, n, concurrency, port } = peerOptions();
const connect = () => new Redis({ port, maxRetriesPerRequest: null });
const connections = [connect(), connect()];
const flow = new FlowProducer({ connection: connections[0] });
const worker = new Worker(queueName, async (job) => await tasks[job.name](job), {
  connection: connections[1],
  concurrency,
});
worker.on("error", (error) => console.error(error));
await worker.waitUntilReady();

const startedAt = now();
const [tree, expected] = cases[caseName](n);
let rootId;
const early = new Map();
const rootEnds = new Promise((resolve) => {
  worker.on("completed", (job, value) => {
    if (rootId === undefined) early.set(job.id, value);
    else if (job.id === rootId) resolve(value);
  });
});
rootId = (await flow.add(tree)).job.id;
const value = early.get(rootId) ?? (await rootEnds);
const seconds = now() - startedAt;
if (value !== expected) throw new Error(`the result of ${caseName} is ${value} and not ${expected}`);
console.log(JSON.stringify({ peer: "bullmq", case: caseName, n, seconds: +seconds.toFixed(4) }));

await worker.close();
await flow.close();
for (const connection of connections) await connection.quit();
