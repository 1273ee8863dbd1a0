/**
 * One repetition: a program in a process of its own, on an empty Redis. One rule: whatever is measured is measured alike for
 * every side, from outside where a program may not be changed.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { runProcess } from "./run-process.mjs";
import { watch } from "./watch.mjs";

const root = join(import.meta.dirname, "..");
const meter = pathToFileURL(join(import.meta.dirname, "cpu-meter.mjs")).href;

/** The command of a Node program of this folder. */
export function nodeProgram(file, ...args) {
  return [process.execPath, "--import", meter, join(import.meta.dirname, file), ...args.map(String)];
}

/**
 * The command of any program whose CPU is that of its whole life, and of all processes that it waited for: the shell
 * tells it. What starting costs is in it.
 */
export function timedProgram(...command) {
  return ["sh", "-c", '"$@"; code=$?; times >&3; exit $code', "sh", ...command.map(String)];
}

/**
 * Runs a program that prints a JSON line with `seconds`.
 * @returns `seconds`; `cpu`, seconds of its processes and of Redis; `bytes`, what Redis holds when it has ended, or held
 *   at the moment for which the program says it (`held`); `figures`
 * @throws NotFinished, Error
 */
export async function measure(command, { redis, limitSeconds, signal, isWatched = false }) {
  const redisBefore = await redis.cpuSeconds();
  const stopWatching = isWatched ? watch(redis) : undefined;
  let seen;
  try {
    const output = await runProcess(command, { cwd: root, limitSeconds, signal }).finally(async () => {
      seen = await stopWatching?.();
    });
    const redisCpu = (await redis.cpuSeconds()) - redisBefore;
    const line = parseLine(output.stdout);
    const held = line.held ?? (await redis.memory());
    // What a program leaves of its own in a server, such as compiled scripts, is no data: data are what emptying frees.
    const floor = await redis.empty();
    return {
      seconds: line.seconds,
      cpu: cpuOf(output.meter) + (line.other_cpu ?? 0) + redisCpu,
      bytes: Math.max(held - floor, 0),
      figures: { ...figuresOf(line), ...(seen === undefined ? {} : peaks(seen, floor)) },
    };
  } finally {
    await redis.empty();
  }
}

function peaks({ memory, jobsAlive }, floor) {
  return { redis_peak_mb: (memory - floor) / 1e6, jobs_alive: jobsAlive };
}

function parseLine(stdout) {
  const line = stdout.trim().split("\n").at(-1) ?? "";
  if (!line.startsWith("{")) throw new Error(`the program printed no result but ${JSON.stringify(line)}`);
  return JSON.parse(line);
}

/** What a program says besides its time; the unchanged ones say it otherwise. */
function figuresOf(line) {
  const names = ["p50_ms", "p95_ms", "p99_ms"];
  return {
    ...Object.fromEntries(names.filter((name) => name in line).map((name) => [name, line[name]])),
    ...line.figures,
  };
}

/** Seconds as the meter writes them, or the shell's `times`: user and system, of itself and of its children. */
function cpuOf(text) {
  if (!text.includes("m")) return Number(text);
  let seconds = 0;
  for (const [, minutes, rest] of text.matchAll(/(\d+)m([\d.]+)s/g)) seconds += 60 * Number(minutes) + Number(rest);
  return seconds;
}
