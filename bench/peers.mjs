/** What a user would run instead of Umbel. One rule: a peer is given all that helps it, and the same Redis. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { measure, nodeProgram, timedProgram } from "./measure.mjs";

/** Debian's own, which is where its python3-celery can be imported. */
const PYTHON = "/usr/bin/python3";

/** Celery is slow enough that more would take most of the time, and steady. */
const CELERY_REPETITIONS = 3;

/** Raw BullMQ: a program of this folder that takes `--case`, `--n`, `--concurrency` and `--port`. */
export function bullmq(label, file, caseName, ...more) {
  return {
    name: "bullmq",
    label: `BullMQ: ${label}`,
    measure: ({ n, concurrency, context }) =>
      measure(
        nodeProgram(
          file,
          "--case",
          caseName,
          "--n",
          n,
          "--concurrency",
          concurrency,
          "--port",
          context.redis.port,
          ...more,
        ),
        context,
      ),
  };
}

/** Celery with two processes, on this Redis. */
export function celery(caseName) {
  let startCpu;
  const run = (n, context) => {
    const script = join(import.meta.dirname, "celery_peer.py");
    const args = ["--case", caseName, "--n", n, "--pool", "prefork", "--concurrency", 2, "--port", context.redis.port];
    return measure(timedProgram(PYTHON, script, ...args), context);
  };
  return {
    name: "celery",
    label: "Celery: prefork -c 2",
    repetitions: CELERY_REPETITIONS,
    // Of a program that may not be changed, only its whole life can be counted: a run of one task is what starting costs.
    measure: async ({ n, context }) => {
      startCpu ??= (await run(1, context)).cpu;
      const measured = await run(n, context);
      return { ...measured, cpu: Math.max(measured.cpu - startCpu, 0) };
    },
  };
}

/** Says whether Celery can be run. */
export function hasCelery() {
  return spawnSync(PYTHON, ["-c", "import celery, redis"], { stdio: "ignore" }).status === 0;
}
