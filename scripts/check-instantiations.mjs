/**
 * Holds what the types of canvases cost: compiles the type tests alone and compares the compiler's count of type
 * instantiations with a budget. The count is the same on every machine; times are not.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A third more than when it was last set. Whoever raises it says in the commit what for. */
const BUDGET = 220_000;

const root = join(import.meta.dirname, "..");
const folder = join(root, "node_modules/.cache/instantiations");
mkdirSync(folder, { recursive: true });
writeFileSync(
  join(folder, "tsconfig.json"),
  JSON.stringify({
    extends: join(root, "tsconfig.test.json"),
    compilerOptions: { rootDir: root, composite: false, incremental: false, tsBuildInfoFile: null },
    include: [],
    files: [join(root, "packages/canvas/test/types.test-d.ts")],
    references: [],
  }),
);
const { status, stdout } = spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", folder, "--extendedDiagnostics"], {
  encoding: "utf8",
});
const count = Number(/^Instantiations:\s+(\d+)/m.exec(stdout)?.[1]);
if (status !== 0 || !(count <= BUDGET)) {
  console.error(status === 0 ? `the type tests need ${count} instantiations; the budget is ${BUDGET}` : stdout);
  process.exitCode = 1;
}
