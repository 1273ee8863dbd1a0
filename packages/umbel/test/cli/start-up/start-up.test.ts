/**
 * What commands load before they work: the time of their start is the number of their modules. One rule: modules are
 * counted, since a time says more of the machine than of the command.
 */
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, expect, test } from "@jest/globals";
import { flow } from "../flow-process.ts";
import { UserProject } from "../user-project.ts";

let project: UserProject | undefined;

afterEach(async () => {
  await project?.clean();
});

/** How many modules a command loads, by package; those of our own are together. */
async function loadedBy(args: readonly string[]): Promise<ReadonlyMap<string, number>> {
  project = new UserProject({
    "tasks.js": `import { App } from "umbel";
export const app = new App("shop", { broker: "memory:" });
export const add = app.task("add", (x, y) => x + y);
`,
  });
  const file = join(tmpdir(), `umbel-modules-${process.pid}-${Date.now()}`);
  const preload = pathToFileURL(join(import.meta.dirname, "count-modules.mjs")).href;
  try {
    const { exitCode, stderr } = await flow(args, {
      directory: project.path,
      environment: { NODE_OPTIONS: `--import ${preload}`, TEST_MODULES: file },
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const counts = new Map<string, number>();
    for (const path of new Set(readFileSync(file, "utf8").trim().split("\n"))) {
      const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? "umbel";
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return counts;
  } finally {
    rmSync(file, { force: true });
  }
}

test.each<[command: string, args: string[], most: number, packages: string[]]>([
  ["flow --help", ["--help"], 36, ["commander", "picocolors"]],
  // What needs no Redis loads neither BullMQ nor ioredis, and what has no TypeScript no tsx.
  ["flow list", ["list"], 260, ["acorn", "commander", "fastest-levenshtein", "lru-cache", "picocolors", "uuid"]],
  [
    "flow run on memory:",
    ["run", "--quiet", "-A", "tasks.js", "-e", "add(1, 2)"],
    380,
    ["acorn", "chevrotain", "commander", "fastest-levenshtein", "lru-cache", "picocolors", "uuid"],
  ],
])("%s loads so many modules and no more", async (_command, args, most, packages) => {
  const counts = await loadedBy(args);
  expect([...counts.keys()].filter((name) => name !== "umbel").sort()).toEqual(packages);
  expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(most);
});
