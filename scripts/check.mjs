/**
 * `npm run check`: everything that must hold but tests and examples. One rule: every step runs, also after one that
 * failed, so one call shows all that is wrong. The last line is `N passed, N failed`.
 */
import { spawnSync } from "node:child_process";

const STEPS = [
  "typecheck",
  "lint",
  "check:format",
  "check:imports",
  "check:generated",
  "check:held",
  "check:instantiations",
  "check:mutations",
];

let failed = 0;
for (const step of STEPS) {
  const startedAt = performance.now();
  const { status, stdout, stderr } = spawnSync("npm", ["run", "--silent", step], { encoding: "utf8" });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${status === 0 ? "ok    " : "FAILED"} npm run ${step} (${seconds} s)`);
  if (status === 0) continue;
  failed += 1;
  process.stdout.write(`${stdout}${stderr}\n`);
}
console.log(`${STEPS.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
