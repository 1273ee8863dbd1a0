/**
 * One repetition of one case on Umbel: what a user would write, through the same Redis as the peer. The worker lives in
 * this process, as the peer's does. Prints one JSON line; the result is checked before its time counts.
 * usage: node bench/umbel.mjs --case group|chord|chain|latency --n 10000 --concurrency 50 --port 6402
 */
import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { startWorker } from "@umbel/canvas";
import { App, chain, chord, group } from "umbel";

const { values } = parseArgs({
  options: {
    case: { type: "string", default: "group" },
    n: { type: "string", default: "10000" },
    concurrency: { type: "string", default: "50" },
    port: { type: "string", default: "6379" },
  },
});
const n = Number(values.n);

process.env.FLOW_BROKER = `redis://127.0.0.1:${values.port}`;
const app = new App("bench", { prefix: `bench-${randomUUID()}` });
const add = app.task("add", (x, y) => x + y);
const total = app.task("total", (numbers) => numbers.reduce((sum, number) => sum + number, 0));

const sumOfDoubles = n * (n - 1);

/** Each case: how many warm-up calls, what is timed, and what must come out. */
const cases = {
  group: async () => {
    const result = await group(Array.from({ length: n }, (_, i) => add.s(i, i)))
      .delay()
      .get();
    check(result.length === n && result.every((value, i) => value === 2 * i));
  },
  chord: async () => {
    const header = Array.from({ length: n }, (_, i) => add.s(i, i));
    check((await chord(header, total.s()).delay().get()) === sumOfDoubles);
  },
  chain: async () => {
    const steps = Array.from({ length: n }, (_, i) => (i === 0 ? add.s(0, 1) : add.s(1)));
    check(
      (await chain(...steps)
        .delay()
        .get()) === n,
    );
  },
  latency: async () => {
    for (let i = 0; i < n; i += 1) check((await add.delay(i, 1).get()) === i + 1);
  },
};

function check(isRight) {
  if (!isRight) throw new Error(`the result of case ${values.case} is wrong`);
}

const worker = await startWorker(app, app.engine, { queues: ["default"], concurrency: Number(values.concurrency) });
for (let i = 0; i < 20; i += 1) await add.delay(i, 1).get();
const cpuBefore = process.cpuUsage();
const startedAt = performance.now();
await cases[values.case]();
const seconds = (performance.now() - startedAt) / 1000;
const { user, system } = process.cpuUsage(cpuBefore);
console.log(
  JSON.stringify({ peer: "umbel", case: values.case, n, seconds: +seconds.toFixed(4), cpu: (user + system) / 1e6 }),
);
await worker.close();
await app.close();
