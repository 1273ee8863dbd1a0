/**
 * `npm test`: gets a Redis if there is none, builds (tests of the command run what was built), and runs Jest with the
 * arguments given: `npm test -- --selectProjects core -t "chain"`.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureServer } from "./redis.mjs";

const root = join(import.meta.dirname, "..");

const build = spawnSync("npm", ["run", "--silent", "build"], { cwd: root, stdio: "ignore" });
if (build.status !== 0) console.error("`npm run build` shows errors; the tests run all the same, on the sources");

await ensureServer();
const jest = spawnSync(
  process.execPath,
  [
    "--experimental-vm-modules",
    "--disable-warning=ExperimentalWarning",
    join(root, "node_modules/jest/bin/jest.js"),
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: "inherit" },
);
process.exitCode = jest.status ?? 1;
