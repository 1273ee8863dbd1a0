/** `npm run quickstart`: gets a Redis if there is none and runs the first example, which prints 64. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureServer } from "./redis.mjs";

const root = join(import.meta.dirname, "..");

await ensureServer();
const { status } = spawnSync(
  process.execPath,
  [join(root, "packages/umbel/bin/flow.js"), "run", "examples/quickstart/quickstart.flow"],
  { cwd: root, stdio: "inherit" },
);
process.exitCode = status ?? 1;
