/**
 * `npm run scale [-- --case chain] [--n 100000]`: large canvases on a private Redis, each in a process of its own. Prints what
 * a node costs: milliseconds, commands, bytes on the wire and in the store. The tests hold that these do not grow with
 * the number of nodes; this shows that the largest ones end, and in how much time and memory.
 */
import { spawnSync } from "node:child_process";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { startWorker } from "@umbel/canvas";
import { Redis } from "ioredis";
import { App, chain, chord, group } from "umbel";
import { ensureServer, startServer } from "../scripts/redis.mjs";

const { values: options } = parseArgs({
  options: { case: { type: "string", multiple: true }, n: { type: "string" }, server: { type: "string" } },
});

const times = (count, make) => Array.from({ length: count }, (_, index) => make(index));

/** Each case: how many tasks unless said, the canvas, and what it gives. */
const cases = {
  chain: [100_000, ({ add }, n) => [chain(add.s(0, 0), ...times(n - 1, () => add.s(1))), n - 1]],
  chord: [
    100_000,
    ({ add, sum }, n) => [
      chord(
        times(n, (i) => add.s(i, 0)),
        sum.s(),
      ),
      (n * (n - 1)) / 2,
    ],
  ],
  groups: [
    90_000,
    ({ add, count }, n) => {
      const side = Math.round(Math.sqrt(n));
      const members = times(side, () => group(times(side, (i) => add.s(i, 0))));
      return [group(members).pipe(count.s()), side * side];
    },
  ],
  nested: [
    150,
    ({ add, sum }, n) => {
      let canvas = chord([add.s(0, 1)], sum.s());
      for (let depth = 1; depth < n / 3; depth += 1) canvas = chord([add.s(0, 1), canvas], sum.s());
      return [canvas, Math.ceil(n / 3)];
    },
  ],
  deep: [3000, (tasks, n) => cases.nested[1](tasks, n)],
  failing: [100_000, ({ add, fail }, n) => [chain(fail.s(), ...times(n - 1, () => add.s(1))), "failed"]],
  stream: [
    200_000,
    ({ app, add, count }, n) => {
      async function* members() {
        for (let i = 0; i < n; i += 1) yield add.s(i, 0);
      }
      return [group.stream(app, members()).pipe(count.s()), n];
    },
  ],
};

if (options.server === undefined) {
  await ensureServer();
  for (const name of options.case ?? Object.keys(cases)) {
    const server = await startServer();
    const more = options.n === undefined ? [] : ["--n", options.n];
    const args = [import.meta.filename, "--server", server.url, "--case", name, ...more];
    const { status } = spawnSync(process.execPath, args, { stdio: "inherit", timeout: 600_000 });
    await server.stop();
    if (status !== 0) process.exitCode = 1;
  }
} else {
  await measure(options.case[0]);
}

async function measure(name) {
  const [most, make] = cases[name];
  const n = Number(options.n ?? most);
  process.env.FLOW_BROKER = options.server;
  const app = new App("scale", { prefix: "scale" });
  const tasks = {
    app,
    add: app.task("add", (x, y) => x + y),
    sum: app.task("sum", (numbers) => numbers.reduce((total, number) => total + number, 0)),
    count: app.task("count", (list) => list.length),
    fail: app.task("fail", () => {
      throw new Error("failed");
    }),
  };
  const worker = await startWorker(app, app.engine, { queues: ["default"], concurrency: 50, logLevel: "silent" });
  await tasks.add.delay(1, 1).get();
  const redis = new Redis({ path: options.server.replace("unix://", "") });
  await redis.config("RESETSTAT");
  const delays = monitorEventLoopDelay({ resolution: 5 });

  const startedAt = performance.now();
  const [canvas, expected] = make(tasks, n);
  const builtAt = performance.now();
  const submission = canvas.delay();
  const compiledAt = performance.now();
  delays.enable();
  await submission;
  const storedAt = performance.now();
  delays.disable();
  const value = await submission.get().catch((error) => error.message);
  const endedAt = performance.now();
  if (value !== expected) throw new Error(`${name}: the result is ${value} and not ${expected}`);

  const stats = await redis.info("stats");
  const commandStats = await redis.info("commandstats");
  let commands = 0;
  for (const [, calls] of commandStats.matchAll(/:calls=(\d+)/g)) commands += Number(calls);
  const bytes = number(stats, "total_net_input_bytes") + number(stats, "total_net_output_bytes");
  const stored = number(await redis.info("memory"), "used_memory");
  const seconds = (from, to) => `${((to - from) / 1000).toFixed(2)} s`;
  console.log(
    [
      name.padEnd(8),
      `n=${String(n).padEnd(7)}`,
      `build ${seconds(startedAt, builtAt)}`,
      `compile ${seconds(builtAt, compiledAt)}`,
      `store ${seconds(compiledAt, storedAt)} (longest stop ${(delays.max / 1e6).toFixed(0)} ms)`,
      `run ${seconds(storedAt, endedAt)}`,
      `${(commands / n).toFixed(1)} commands`,
      `${(bytes / n).toFixed(0)} bytes a node`,
      `server ${(stored / 1e6).toFixed(0)} MB`,
      `client ${(process.resourceUsage().maxRSS / 1e3).toFixed(0)} MB`,
    ].join("  "),
  );
  redis.disconnect();
  await worker.close();
  await app.close();
}

function number(info, name) {
  return Number(new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1]);
}
