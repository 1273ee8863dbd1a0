/** The commands that read flow files and run nothing: fmt, explain, tokens, check --json, run FILE --help. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { explainCode } from "../../src/cli/commands/explain-code.ts";
import { type FormatOptions, formatFlows } from "../../src/cli/commands/format-flows.ts";
import { listTokens } from "../../src/cli/commands/list-tokens.ts";
import { flow, startFlow } from "./flow-process.ts";
import { expectGolden } from "./golden-file.ts";
import { runCommand } from "./recording-terminal.ts";
import { UserProject } from "./user-project.ts";

jest.setTimeout(60_000);

const TASKS = `import { App } from "umbel";

export const app = new App("shop");
export const add = app.task("add", (x: number, y: number) => x + y);
export const total = app.task("total", (numbers: number[]) => numbers.length);
console.log("loaded");
`;

const SIZED = `#!/usr/bin/env -S flow run
## Adds up numbers.
## Twice.

import "./tasks.ts"

## What is added to each.
param plus: int
## The numbers,
## in any order.
param numbers: list<int> = [1, 2]
param pause: duration = 1h + 30m
param label: string?

[add(number, plus) with {countdown: pause} for number in numbers] | total() | add(if label == null then 1 else 2)
`;

const LOOSE = "add( 1,2 )|add( 3 )   # why\n";
const TIDY = "add(1, 2) | add(3)  # why\n";

let project: UserProject;

beforeAll(() => {
  project = new UserProject({
    "tasks.ts": TASKS,
    "sized.flow": SIZED,
    "broken.flow": "ad(1, 2) | mull(\n",
    "wrong.flow": 'let größe = "é"\nlet x = "é" + ad(1)\nad(1) | totl()\nlet x = 1\n',
    "tidy.flow": TIDY,
    "plain.flow": "add(1, 2)\n",
  });
});

afterAll(() => project.clean());

const here = () => ({ directory: project.path, environment: { FLOW_BROKER: "redis://127.0.0.1:1" } });
const read = (file: string): string => readFileSync(join(project.path, file), "utf8");

describe("flow fmt", () => {
  const run = (files: readonly string[], options: FormatOptions = {}) =>
    runCommand(project.path, (context) => formatFlows(context, files, options));

  test("writes files in the one style, tells which it changed, and is done the second time", async () => {
    project.write({ "a.flow": LOOSE });
    expect(await run(["a.flow", "tidy.flow"])).toEqual({ exitCode: 0, stdout: "a.flow\n", stderr: "" });
    expect(read("a.flow")).toBe(TIDY);
    expect(await run(["a.flow"])).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  });

  test("--check changes nothing and fails where something would change, --diff shows what", async () => {
    project.write({ "b.flow": LOOSE });
    expect(await run(["b.flow", "tidy.flow"], { check: true })).toEqual({
      exitCode: 3,
      stdout: "b.flow\n",
      stderr: "",
    });
    const diff = await run(["b.flow"], { check: true, diff: true });
    expect(diff).toMatchObject({ exitCode: 3, stderr: "" });
    expectGolden("fmt-diff.txt", diff.stdout);
    expect(read("b.flow")).toBe(LOOSE);
    expect(await run(["tidy.flow"], { check: true })).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  });

  test("leaves a broken file and one that is not there, says why, and goes on with the others", async () => {
    project.write({ "c.flow": LOOSE });
    const result = await run(["broken.flow", "nope.flow", "c.flow"]);
    expect(result).toMatchObject({ exitCode: 3, stdout: "c.flow\n" });
    expect(result.stderr).toContain("error[E102]: this `(` is never closed\n --> broken.flow:1:16");
    expect(result.stderr).toContain("error: cannot read nope.flow: no such file");
    expect(read("broken.flow")).toBe("ad(1, 2) | mull(\n");
  });
});

test("flow explain prints a page, whatever way a code is copied, and lists all", async () => {
  const run = (code?: string) => runCommand(project.path, (context) => explainCode(context, code));
  const page = await run("E309");
  expectGolden("explain.txt", page.stdout);
  expect(await run("error[E309]:")).toEqual(page);
  expect(await run("e309")).toEqual(page);
  expect((await run()).stdout).toMatch(/^E101 {2}Unexpected text\n(?:[EW]\d{3} {2}.+\n)+$/);
  await expect(run("E399")).rejects.toThrow(/^there is no code "E399".*`flow explain` lists all of them$/);
});

test("flow tokens lists the pieces of a file with their places", async () => {
  const run = (options: { readonly json?: boolean }) =>
    runCommand(project.path, (context) => listTokens(context, "sized.flow", options));
  expectGolden("tokens.txt", (await run({})).stdout);
  const [first] = JSON.parse((await run({ json: true })).stdout) as unknown[];
  expect(first).toEqual({
    kind: "comment",
    text: "#!/usr/bin/env -S flow run",
    start: { offset: 0, line: 1, column: 1 },
    end: { offset: 26, line: 1, column: 27 },
  });
});

test("flow check --json is one object in Terraform's form, also for files that cannot be read", async () => {
  const { exitCode, stdout, stderr } = await flow(["check", "wrong.flow", "nope.flow", "plain.flow", "--json"], here());
  expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: "loaded\n" });
  expectGolden("check.json", stdout);
});

test("flow run FILE --help tells what the flow is and which params it has", async () => {
  const sized = await flow(["run", "sized.flow", "--help"], here());
  expect(sized).toMatchObject({ exitCode: 0, stderr: "loaded\n" });
  expectGolden("flow-params.txt", sized.stdout);
  const plain = await flow(["run", "-h", "plain.flow"], here());
  expect(plain.stdout).toContain("Usage: flow run plain.flow\n\nIt has no params.");
});

test("flow fmt - prints what comes by standard input, formatted", async () => {
  const { child, result } = startFlow(["fmt", "-"], here());
  child.stdin.end(LOOSE);
  expect(await result).toEqual({ exitCode: 0, stdout: TIDY, stderr: "" });
});
