import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";

const root = join(import.meta.dirname, "../../..");

/** Runs the benchmarks as `npm run bench -- …` does. */
async function bench(
  ...args: readonly string[]
): Promise<{ readonly exitCode: number; readonly lines: readonly string[] }> {
  const options = { cwd: root, timeout: 100_000, env: { ...process.env, NODE_OPTIONS: "" } };
  const { code, stdout } = await promisify(execFile)(process.execPath, ["bench/run.mjs", ...args], options).then(
    (output) => ({ code: 0, stdout: output.stdout }),
    (error: unknown) => error as { code: number; stdout: string },
  );
  return { exitCode: code, lines: stdout.trim().split("\n") };
}

// Without Celery, which not every machine has, and which takes its time to start.
const group = ["--case", "group", "--n", "200", "--reps", "1", "--peer", "bullmq", "--json"];

test("the benchmarks print a line of JSON for a case and its peer", async () => {
  const { exitCode, lines } = await bench(...group);
  expect(exitCode).toBe(0);
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({
      case: "group",
      n: 200,
      ours_s: expect.any(Number),
      peer: "BullMQ: addBulk + Worker",
      peer_s: expect.any(Number),
      ratio: expect.any(Number),
      ratio_min: expect.any(Number),
      ratio_max: expect.any(Number),
      cpu_ratio: expect.any(Number),
      bytes_per_node: expect.any(Number),
    }),
  ]);
}, 120_000);

test("the benchmarks say which case has failed and why, and go on", async () => {
  const { exitCode, lines } = await bench(...group, "--case", "latency", "--limit", "0.01");
  expect(exitCode).toBe(1);
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
    ["group", "latency"].map((name) =>
      expect.objectContaining({ case: name, ours_s: null, ratio: null, failed: "not finished within 0.01 s" }),
    ),
  );
}, 120_000);

test("the benchmarks refuse what they do not understand before anything starts", async () => {
  expect((await bench("--case", "grup")).exitCode).toBe(2);
}, 120_000);
