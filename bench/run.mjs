/**
 * `npm run bench [-- --quick] [--json] [--case chain] [--help]`: Umbel beside what a user would write instead: raw BullMQ,
 * its flows, Celery. Each repetition has a process of its own; all use one private Redis without persistence. Machines are
 * noisy: read the ratio (over 1: Umbel is faster), never one time. See docs/benchmarks.md.
 */
import { loadavg } from "node:os";
import { compare } from "./compare.mjs";
import { readOptions } from "./options.mjs";
import { makePlan } from "./plan.mjs";
import { PrivateRedis } from "./private-redis.mjs";
import { printHead, printNotes, printRow } from "./table.mjs";

/** `--quick` begins no further repetition of the last case after this; the first of each is always made. */
const QUICK_SECONDS = 38;

const options = readOptions(process.argv.slice(2));
const [load = 0] = loadavg();
const { steps, lacksCelery } = makePlan(options);
if (lacksCelery) console.error("Celery is left out; to have it: apt-get install python3-celery python3-redis");

const controller = new AbortController();
for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => controller.abort(new Error(`ended by ${name}`)));
const redis = await PrivateRedis.start();
try {
  if (!options.isJson) printHead();
  for (const [index, { subject, comparison }] of steps.entries()) {
    const repetitions = options.repetitions ?? (options.isQuick ? 3 : (subject.repetitions ?? 5));
    const shareOfTime = (QUICK_SECONDS * 1000 * (index + 1)) / steps.length;
    const rows = await compare(subject, comparison, {
      repetitions,
      context: { redis, limitSeconds: options.limitSeconds, signal: controller.signal },
      isLate: () => options.isQuick && performance.now() > shareOfTime,
    });
    for (const row of rows) {
      if (row.failed !== undefined) process.exitCode = 1;
      if (options.isJson) console.log(JSON.stringify(row));
      else printRow(row);
    }
  }
  if (!options.isJson) printNotes(load);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await redis.stop();
}
