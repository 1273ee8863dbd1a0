/**
 * One repetition of one case on Umbel: what a user would write, through the same Redis as the peer. The worker lives in
 * this process, as the peers' do, unless the case says otherwise. Prints one JSON line; the result is checked before its
 * time counts.
 * usage: node bench/umbel.mjs --case chord --n 10000 --concurrency 50 --port 6402
 */
import { parseArgs } from "node:util";
import { startWorker } from "@umbel/canvas";
import { cases } from "./cases.mjs";
import { now } from "./clock.mjs";
import { forkWorker } from "./fork-worker.mjs";
import { makeApp } from "./umbel-tasks.mjs";

const { values } = parseArgs({
  options: {
    case: { type: "string", default: "group" },
    n: { type: "string", default: "10000" },
    concurrency: { type: "string", default: "50" },
    port: { type: "string", default: "6379" },
  },
});

const subject = cases.find(({ name }) => name === values.case);
if (subject === undefined) throw new Error(`there is no case ${values.case}`);
const n = Number(values.n);
const concurrency = Number(values.concurrency);
const { app, tasks } = makeApp(values.port);
const work = () => startWorker(app, app.engine, { queues: ["default"], concurrency });

/** Refuses a wrong result. */
function check(isRight) {
  if (!isRight) throw new Error(`the result of case ${subject.name} is wrong`);
}

const { worker: where = "here" } = subject;
const worker = where === "here" ? await work() : undefined;
const otherWorker = where === "process" ? await forkWorker("umbel-worker.mjs", values.port, concurrency) : undefined;
const bench = { app, tasks, n, check, now, work, port: Number(values.port) };
await subject.prepare?.(bench);
const startedAt = now();
const said = await subject.run(bench);
const seconds = now() - startedAt;
const ended = await otherWorker?.stop();
const line = {
  peer: "umbel",
  case: subject.name,
  n,
  seconds: +(said?.seconds ?? seconds).toFixed(5),
  other_cpu: ended?.cpu ?? 0,
  ...(said?.held === undefined ? {} : { held: said.held }),
  figures: { ...said?.figures, ...(ended === undefined ? {} : { worker_rss_mb: ended.rss / 1e6 }) },
};
console.log(JSON.stringify(line));
await worker?.close();
await app.close();
