/**
 * `npm run mutate [-- NAME…]`: breaks each law of ARCHITECTURE.md once, in a copy, and sees that a test goes red. A mutation
 * is a file of `mutations/`: the law, what breaks, a text that stands in `file` exactly once, what replaces it, and the test
 * that must notice. `--check` only looks whether the texts are still there. The last line is `N killed, N survived`.
 */
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");
const folder = join(import.meta.dirname, "mutations");
const words = process.argv.slice(2);
const wanted = words.filter((word) => !word.startsWith("--"));
const mutations = readdirSync(folder)
  .sort()
  .map((file) => ({ id: file.replace(/\.json$/, ""), ...JSON.parse(readFileSync(join(folder, file), "utf8")) }))
  .filter(({ id }) => wanted.length === 0 || wanted.some((word) => id.includes(word)));

/** A test may wait for what a mutation keeps from coming. */
const LIMIT_MS = 120_000;

const stale = mutations.filter(({ file, find }) => readFileSync(join(root, file), "utf8").split(find).length !== 2);
for (const { id, file, find } of stale) {
  console.error(`scripts/mutations/${id}.json is to be brought up to date: this is not once in ${file}:\n${find}`);
}
if (stale.length > 0 || mutations.length === 0) process.exit(1);
if (words.includes("--check")) process.exit(0);

const copy = mkdtempSync(join(tmpdir(), "umbel-mutate-"));
const cleanUp = () => rmSync(copy, { recursive: true, force: true });
process.on("SIGINT", () => {
  cleanUp();
  process.exit(130);
});
process.on("exit", cleanUp);

copyTree();
// The tests' Redis is found by what is built.
run("node", ["node_modules/@typescript/native/bin/tsc", "-b", "packages/umbel"]);
let survived = 0;
for (const mutation of mutations) {
  const startedAt = performance.now();
  const path = join(copy, mutation.file);
  const original = readFileSync(path, "utf8");
  // A test that is red anyway would prove nothing.
  const before = runTest(mutation);
  writeFileSync(
    path,
    original.replace(mutation.find, () => mutation.replace),
  );
  if (mutation.file.endsWith(".lua")) generate();
  const isKilled = before.status === 0 && runTest(mutation).status !== 0;
  writeFileSync(path, original);
  if (mutation.file.endsWith(".lua")) generate();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const verdict = isKilled ? "killed  " : before.status === 0 ? "SURVIVED" : "RED BEFORE";
  console.log(`${verdict} ${mutation.id} (law ${mutation.law}: ${mutation.breaks}) ${seconds} s`);
  if (isKilled) continue;
  survived += 1;
  if (before.status !== 0) console.log(before.stderr.slice(-2000));
}
console.log(`${mutations.length - survived} killed, ${survived} survived`);
process.exitCode = survived === 0 ? 0 : 1;

/** Copies what git knows or would know, beside dependencies that are linked; our own packages are those of the copy. */
function copyTree() {
  const { stdout } = spawnSync("git", ["ls-files", "-co", "--exclude-standard"], { cwd: root, encoding: "utf8" });
  const files = stdout.split("\n").filter((file) => file !== "" && existsSync(join(root, file)));
  for (const file of files) cpSync(join(root, file), join(copy, file));
  link(join(root, "node_modules"), join(copy, "node_modules"), (name) => name !== "@umbel" && name !== "umbel");
  mkdirSync(join(copy, "node_modules", "@umbel"));
  for (const name of ["core", "canvas", "dsl", "testing"]) {
    symlinkSync(join(copy, "packages", name), join(copy, "node_modules", "@umbel", name));
  }
  symlinkSync(join(copy, "packages", "umbel"), join(copy, "node_modules", "umbel"));
  for (const name of readdirSync(join(root, "packages"))) {
    link(join(root, "packages", name, "node_modules"), join(copy, "packages", name, "node_modules"), () => true);
  }
}

function link(from, to, takes) {
  let names = [];
  try {
    names = readdirSync(from);
  } catch (error) {
    // Only some packages have dependencies of their own.
    if (error.code !== "ENOENT") throw error;
    return;
  }
  mkdirSync(to, { recursive: true });
  for (const name of names.filter(takes)) symlinkSync(join(from, name), join(to, name));
}

function generate() {
  run("node", ["scripts/generate.mjs"]);
}

function run(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: copy, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${stdout}${stderr}`);
}

function runTest({ file, test, name }) {
  const project = dirname(file).split("/")[1];
  const jest = ["node_modules/jest/bin/jest.js", "--selectProjects", project, "--testPathPatterns", test, "--bail"];
  return spawnSync(
    process.execPath,
    ["--experimental-vm-modules", "--disable-warning=ExperimentalWarning", ...jest, ...(name ? ["-t", name] : [])],
    { cwd: copy, encoding: "utf8", timeout: LIMIT_MS },
  );
}
