/**
 * `npm run check`: everything that must hold but tests and examples, as many steps at once as there are cores. One rule:
 * every step runs, also after one that failed, so one call shows all that is wrong. The last line is `N passed, N failed`.
 */
import { execFile } from "node:child_process";
import { availableParallelism } from "node:os";

/** The longest first: what comes later runs beside it. */
const STEPS = [
  "lint",
  "typecheck",
  "check:imports",
  "check:generated",
  "check:instantiations",
  "check:format",
  "check:mutations",
  "check:held",
];

const left = [...STEPS];
let failed = 0;

/** Runs one step after another until none is left. */
async function takeSteps() {
  for (let step = left.shift(); step !== undefined; step = left.shift()) await run(step);
}

/** Runs one step; what it says is shown if it failed. */
async function run(step) {
  const startedAt = performance.now();
  const { error, output } = await new Promise((resolve) => {
    execFile("npm", ["run", "--silent", step], { maxBuffer: 64 * 1024 * 1024 }, (problem, stdout, stderr) => {
      resolve({ error: problem, output: `${stdout}${stderr}` });
    });
  });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${error === null ? "ok    " : "FAILED"} npm run ${step} (${seconds} s)`);
  if (error === null) return;
  failed += 1;
  process.stdout.write(`${output}\n`);
}

await Promise.all(Array.from({ length: availableParallelism() }, takeSteps));
console.log(`${STEPS.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
