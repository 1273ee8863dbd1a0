/**
 * Holds that the list of conformance cases that pass only grows: every id that git has seen in it is still there.
 * Outside of a git repository there is no past to hold it against.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const list = "packages/testing/cases/held.txt";

const held = new Set(readFileSync(join(root, list), "utf8").split("\n"));
const { status, stdout } = spawnSync("git", ["log", "--format=", "-p", "--no-color", "--no-ext-diff", "--", list], {
  cwd: root,
  encoding: "utf8",
});
const added = status === 0 ? stdout.split("\n").flatMap((line) => /^\+(?!\+\+ )(.+)$/.exec(line)?.[1] ?? []) : [];
const lost = [...new Set(added)].filter((id) => !held.has(id));
if (lost.length > 0) {
  console.error(`${list} may only grow; it has lost ${lost.join(", ")}`);
  process.exitCode = 1;
}
