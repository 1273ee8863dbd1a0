import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { OperationalError } from "@umbel/core";
import { conformance } from "../src/conformance/command.ts";
import type { ConformanceEngine } from "../src/conformance/engine.ts";
import { ScriptedEngine } from "./scripted-engine.ts";

let folder: string;
let two: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "umbel-cases-"));
  two = join(folder, "two.jsonl");
  const lines = [1, 2].map((result) => ({
    id: `c-${result}`,
    name: `gives-${result}`,
    canvas: { task: "identity" },
    expect: { result },
  }));
  writeFileSync(two, `${lines.map((line) => JSON.stringify(line)).join("\n")}\n`);
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Runs the command with an engine whose every result is 1. */
async function run(argv: string[], engine: ConformanceEngine = new ScriptedEngine()) {
  const out: string[] = [];
  const errors: string[] = [];
  const brokers: string[] = [];
  const code = await conformance(argv, {
    openEngine: async (broker, slices) => {
      brokers.push(slices === undefined ? broker : `${broker} in slices of ${slices}`);
      return engine;
    },
    print: (line) => out.push(line),
    printError: (line) => errors.push(line),
  });
  return { code, out, errors, brokers };
}

test("each case that differs is a line, and the counts come last", async () => {
  const engine = new ScriptedEngine();
  expect(await run([two], engine)).toEqual({
    code: 1,
    out: ["c-2 gives-2: result: expected 2, got 1", "1 passed, 1 failed"],
    errors: [],
    brokers: ["embedded:"],
  });
  expect(engine.closed).toBe(1);
});

test("--only runs one case, --broker says where", async () => {
  expect(await run(["--broker", "redis://host:1", "--only", "c-1", two])).toEqual({
    code: 0,
    out: ["1 passed, 0 failed"],
    errors: [],
    brokers: ["redis://host:1"],
  });
});

test.each(["1", "64", "adaptive"])("--slices %s says how many members make one job", async (slices) => {
  const { brokers } = await run(["--slices", slices, "--only", "c-1", two]);
  expect(brokers).toEqual([`embedded: in slices of ${slices}`]);
});

test("several files count together", async () => {
  expect((await run([two, two])).out.at(-1)).toBe("2 passed, 2 failed");
});

test.each<[string, string[]]>([
  ["no case file given", []],
  ['--level must be 1 to 5; got "6"', ["--level", "6", "f"]],
  ['--slices must be a whole number from 1 on, or adaptive; got "0"', ["--slices", "0", "f"]],
  ["Unknown option '--levl'", ["--levl", "1", "f"]],
  ["cannot read /nowhere.jsonl", ["/nowhere.jsonl"]],
])("wrong usage is exit code 2 and says: %s", async (message, argv) => {
  const { code, out, errors, brokers } = await run(argv);
  expect({ code, out, brokers }).toEqual({ code: 2, out: [], brokers: [] });
  expect(errors.join("\n")).toContain(message);
});

test("an id that no file has is wrong usage", async () => {
  expect(await run(["--only", "c-9", two])).toMatchObject({ code: 2, errors: [`no case "c-9" in ${two}`] });
});

test("a broker that cannot be reached is exit code 4 with its message", async () => {
  const errors: string[] = [];
  const code = await conformance([two], {
    openEngine: () => Promise.reject(new OperationalError("cannot reach Redis at redis://host:1")),
    print: () => {},
    printError: (line) => errors.push(line),
  });
  expect({ code, errors }).toEqual({ code: 4, errors: ["cannot reach Redis at redis://host:1"] });
});
