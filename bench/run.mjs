/**
 * `npm run bench [-- --quick] [--json] [--case chain] [--reps 5]`: Umbel against what a BullMQ user writes by hand
 * (bullmq.mjs, unchanged), interleaved, each repetition in a process of its own, on one private Redis without
 * persistence. Machines are noisy: read the ratio (over 1: Umbel is faster), never one time.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ensureServer, findServer } from "../scripts/redis.mjs";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    case: { type: "string", multiple: true },
    reps: { type: "string" },
  },
});

const cases = [
  { name: "group", n: options.quick ? 5000 : 10_000, peer: "addBulk + Worker" },
  { name: "chord", n: options.quick ? 5000 : 10_000, peer: "FlowProducer" },
  { name: "chain", n: 1000, peer: "nested flow" },
  { name: "latency", n: options.quick ? 200 : 500, peer: "add to QueueEvents" },
].filter(({ name }) => options.case === undefined || options.case.includes(name));
const repetitions = Number(options.reps ?? (options.quick ? 3 : 5));

const root = join(import.meta.dirname, "..");
await ensureServer();
const directory = mkdtempSync(join(tmpdir(), "umbel-bench-"));
const port = await freePort();
const redis = spawn(
  await findServer(),
  ["--port", String(port), "--save", "", "--appendonly", "no", "--dir", directory],
  { stdio: "ignore" },
);

try {
  await answers(port);
  for (const { name, n, peer } of cases) {
    const ours = [];
    const theirs = [];
    for (let repetition = 0; repetition < repetitions; repetition += 1) {
      theirs.push(measure("bullmq.mjs", name, n));
      ours.push(measure("umbel.mjs", name, n));
    }
    report(name, n, peer, ours, theirs);
  }
} finally {
  redis.kill();
  rmSync(directory, { recursive: true, force: true });
}

function measure(program, name, n) {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [join(root, "bench", program), "--case", name, "--n", String(n), "--concurrency", "50", "--port", String(port)],
    { cwd: root, encoding: "utf8", timeout: 120_000 },
  );
  const line = stdout.trim().split("\n").at(-1) ?? "";
  if (status !== 0 || !line.startsWith("{")) throw new Error(`${program} --case ${name} failed:\n${stderr || stdout}`);
  return JSON.parse(line).seconds;
}

function report(name, n, peer, ours, theirs) {
  const ratios = ours.map((seconds, i) => theirs[i] / seconds);
  if (options.json) {
    const line = {
      case: name,
      n,
      ours_s: median(ours),
      peer,
      peer_s: median(theirs),
      ratio: +median(ratios).toFixed(2),
    };
    console.log(JSON.stringify(line));
    return;
  }
  const range = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
  console.log(
    `${name.padEnd(8)} n=${String(n).padEnd(6)} umbel ${median(ours).toFixed(2)} s   ${peer} ${median(theirs).toFixed(2)} s   ratio ${median(ratios).toFixed(2)} (${range})`,
  );
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port: free } = probe.address();
      probe.close(() => resolve(free));
    });
  });
}

async function answers(redisPort) {
  const { Redis } = await import("ioredis");
  const probe = new Redis({ port: redisPort, maxRetriesPerRequest: 50, retryStrategy: () => 100 });
  await probe.ping();
  probe.disconnect();
}
