import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";

const APP = 'import { App } from "@umbel/core";\n';
const TASK = '.task("add", (x: number, y: number): number => x + y);\n';

/** A folder of users' files, a call in it, and what comes of it; `DIR` stands for the folder. */
interface Case {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly call: readonly [string, string, string?];
  readonly result: unknown;
}

const found = (app: string, file: string) => ({ app, file: `DIR/${file}` });
const failed = (error: string | RegExp, frames: readonly unknown[] = []) => ({
  error: typeof error === "string" ? expect.stringContaining(error) : expect.stringMatching(error),
  frames,
});

const cases: readonly Case[] = [
  {
    name: "A10 -A finds the export `app`",
    files: { "tasks.ts": `${APP}export const other = new App("other"); export const app = new App("app");` },
    call: ["discoverApp", "tasks.ts", "DIR"],
    result: found("app", "tasks.ts"),
  },
  {
    name: "A10 -A finds the default export",
    files: { "tasks.ts": `${APP}export const other = new App("other"); export default new App("default");` },
    call: ["discoverApp", "./tasks.ts", "DIR"],
    result: found("default", "tasks.ts"),
  },
  {
    name: "A10 -A finds the only exported App, and the extension may be left out",
    files: { "tasks.ts": `${APP}export const mine = new App("mine"); export const also = mine;` },
    call: ["discoverApp", "tasks", "DIR"],
    result: found("mine", "tasks.ts"),
  },
  {
    name: "A10 -A finds the App of exported tasks",
    files: { "tasks.ts": `${APP}const hidden = new App("hidden"); export const add = hidden${TASK}` },
    call: ["discoverApp", "tasks.ts", "DIR"],
    result: found("hidden", "tasks.ts"),
  },
  {
    name: "A10 -A finds a named export",
    files: { "tasks.ts": `${APP}export const app = new App("app"); export const second = new App("second");` },
    call: ["discoverApp", "tasks.ts:second", "DIR"],
    result: found("second", "tasks.ts"),
  },
  {
    name: "A10 -A takes a folder",
    files: { "src/app.mjs": `${APP}export const app = new App("app");`, "src/index.ts": "export {};" },
    call: ["discoverApp", "src", "DIR"],
    result: found("app", "src/app.mjs"),
  },
  {
    name: "a colon may be part of a file's name",
    files: { "a:b": "", "a:b.mjs": `${APP}export const app = new App("app");` },
    call: ["discoverApp", "a:b.mjs", "DIR"],
    result: found("app", "a:b.mjs"),
  },
  {
    name: "A10 -A of nothing tells what was tried",
    files: {},
    call: ["discoverApp", "tasks", "DIR"],
    result: failed(/^-A tasks: no such file; tried DIR\/tasks, DIR\/tasks\.ts, DIR\/tasks\.mts, DIR\/tasks\.js/),
  },
  {
    name: "A10 -A of an empty folder tells what was tried",
    files: { "src/other.ts": "" },
    call: ["discoverApp", "src", "DIR"],
    result: failed("-A src: the folder DIR/src holds none of tasks.ts, app.ts, flow.ts, index.ts (each also as"),
  },
  {
    name: "A10 -A of two Apps asks for a name",
    files: { "tasks.ts": `${APP}export const one = new App("1"); export const two = new App("2");` },
    call: ["discoverApp", "tasks.ts", "DIR"],
    result: failed("DIR/tasks.ts exports 2 Apps (one, two); name one: -A DIR/tasks.ts:one"),
  },
  {
    name: "A10 -A of a module without an App tells its exports",
    files: { "tasks.ts": "export const add = (x: number) => x;" },
    call: ["discoverApp", "tasks.ts", "DIR"],
    result: failed("DIR/tasks.ts exports no App; it exports add"),
  },
  {
    name: "A10 -A of an export that is not there tells what may be meant",
    files: { "tasks.ts": `${APP}export const orders = new App("orders");` },
    call: ["discoverApp", "tasks.ts:order", "DIR"],
    result: failed("DIR/tasks.ts has no export `order`; did you mean `orders`?"),
  },
  {
    name: "A10 -A of an export that is no App tells so",
    files: { "tasks.ts": `${APP}export const app = new App("app"); export const size = 3;` },
    call: ["discoverApp", "tasks.ts:size", "DIR"],
    result: failed("the export `size` of DIR/tasks.ts is no App; it exports app, size"),
  },
  {
    name: "an App of another copy of umbel is told",
    files: { "tasks.ts": "class App { tasks = new Map(); engine = 1 }\nexport const app = new App();" },
    call: ["discoverApp", "tasks.ts", "DIR"],
    result: failed("exports no App; it has one of another copy of umbel: install `umbel` once"),
  },
  {
    name: "a folder without type: module is no trouble, with enums and .js for .ts",
    files: {
      "package.json": '{ "name": "plain" }',
      "tasks.ts": `${APP}import { Sort } from "./sort.js";\nexport const app = new App(Sort.Red);`,
      "sort.ts": 'export enum Sort { Red = "red" }',
    },
    call: ["discoverApp", "tasks.ts", "DIR"],
    result: found("red", "tasks.ts"),
  },
  {
    name: "a .cts file is an ES module too",
    files: { "tasks.cts": `${APP}export const app = new App("cts");` },
    call: ["discoverApp", "tasks.cts", "DIR"],
    result: found("cts", "tasks.cts"),
  },
  {
    name: "a module that throws is told with the user's frames only",
    files: {
      "tasks.ts": `${APP}function fail(text: string): never {\n  throw new TypeError(text);\n}\nfail("no luck");`,
    },
    call: ["discoverApp", "tasks.ts", "DIR"],
    result: failed("cannot load DIR/tasks.ts: it throws TypeError: no luck", [
      "at fail (DIR/tasks.ts:3:9)",
      "at DIR/tasks.ts:5:1",
    ]),
  },
  {
    name: "a module that throws something else than an Error is told",
    files: { "tasks.mjs": 'throw "a text";' },
    call: ["discoverApp", "tasks.mjs", "DIR"],
    result: failed("cannot load DIR/tasks.mjs: it throws a text"),
  },
  {
    name: "a module with a syntax error is told with its place",
    files: { "tasks.ts": "export const x: = 3;" },
    call: ["discoverApp", "tasks.ts", "DIR"],
    result: failed('cannot load DIR/tasks.ts: DIR/tasks.ts:1:16: ERROR: Unexpected "="'),
  },
  {
    name: "a JavaScript module with a syntax error is told with its place",
    files: { "tasks.mjs": "export const x = = 3;" },
    call: ["discoverApp", "tasks.mjs", "DIR"],
    result: failed(/^cannot load DIR\/tasks\.mjs: .*tasks\.mjs:1/s),
  },
  {
    name: "a module that imports what is not there is told",
    files: { "tasks.ts": 'import "./gone.ts";' },
    call: ["discoverApp", "tasks.ts", "DIR"],
    result: failed(/^cannot load DIR\/tasks\.ts: Cannot find module '(file:\/\/)?DIR\/gone\.ts' imported from/),
  },
  {
    name: "a task that is defined twice is told with both places",
    files: { "tasks.ts": `${APP}export const app = new App();\napp${TASK}app${TASK}` },
    call: ["discoverApp", "tasks.ts", "DIR"],
    result: failed(/it throws AlreadyRegistered: a task named "add" .*tasks\.ts:3.*tasks\.ts:4/, [
      expect.stringMatching(/^at .*DIR\/tasks\.ts:4/),
    ]),
  },
  {
    name: "a flow gets the tasks of exported Apps and exported tasks, each once",
    files: {
      "tasks.ts": `${APP}export const app = new App(); export const add = app${TASK}app.task("mul", (x: number) => x);
export const one = new App().task("one", () => 1);`,
    },
    call: ["tasksOf", "DIR/tasks.ts"],
    result: ["add", "mul", "one"],
  },
  {
    name: "a module without tasks is told",
    files: { "tasks.ts": "export const x = 1;" },
    call: ["tasksOf", "DIR/tasks.ts"],
    result: failed("DIR/tasks.ts exports no App and no task; write `export` in front of its App"),
  },
  {
    name: "a module whose App has no tasks is told",
    files: { "tasks.ts": `${APP}export const app = new App();` },
    call: ["tasksOf", "DIR/tasks.ts"],
    result: failed("DIR/tasks.ts exports an App without tasks; define one: "),
  },
  {
    name: "a module that is not there is told",
    files: {},
    call: ["tasksOf", "DIR/tasks.ts"],
    result: failed("cannot read DIR/tasks.ts: no such file"),
  },
  {
    name: "tasks.ts beside a flow is its module, before app.ts and package.json",
    files: { "tasks.ts": "", "app.ts": "", "package.json": '{ "umbel": { "app": "./x.ts" } }' },
    call: ["findDefaultModule", "DIR"],
    result: { kind: "found", spec: "DIR/tasks.ts", directory: "DIR" },
  },
  {
    name: "the nearest package.json names the module",
    files: { "package.json": '{ "umbel": { "app": "./src/tasks.ts:app" } }', "flows/x.flow": "" },
    call: ["findDefaultModule", "DIR/flows"],
    result: { kind: "found", spec: "./src/tasks.ts:app", directory: "DIR" },
  },
  {
    name: "no module at all is told with what was tried",
    files: { "package.json": "{}" },
    call: ["findDefaultModule", "DIR"],
    result: {
      kind: "none",
      tried: expect.stringMatching(
        /^tasks\.ts, app\.ts, .* in DIR, and `"umbel": \{ "app": … \}` of DIR\/package\.json$/,
      ),
    },
  },
  {
    name: "a wrong entry in package.json is told",
    files: { "package.json": '{ "umbel": "tasks.ts" }' },
    call: ["findDefaultModule", "DIR"],
    result: failed('DIR/package.json: "umbel" must be like { "app": "./tasks.ts" }; got "tasks.ts"'),
  },
  {
    name: "an import is relative to its flow file",
    files: { "flows/a.flow": "", "tasks.ts": "" },
    call: ["resolveImport", "../tasks.ts", "DIR/flows/a.flow"],
    result: "DIR/tasks.ts",
  },
  {
    name: "an import without its extension is told what to write",
    files: { "tasks.ts": "" },
    call: ["resolveImport", "./tasks", "DIR/a.flow"],
    result: failed('"./tasks" does not exist (DIR/tasks); write "./tasks.ts"'),
  },
  {
    name: "an import of a folder is told what to write",
    files: { "lib/index.ts": "" },
    call: ["resolveImport", "./lib/", "DIR/a.flow"],
    result: failed('"./lib/" is a folder (DIR/lib); write "./lib/index.ts"'),
  },
  {
    name: "an import of a file as a package is told what to write",
    files: { "tasks.ts": "" },
    call: ["resolveImport", "tasks.ts", "DIR/a.flow"],
    result: failed(/there is no package "tasks\.ts" for DIR\/a\.flow; write "\.\/tasks\.ts"/),
  },
  {
    name: "an import may name a package",
    files: {
      "flows/a.flow": "",
      "flows/node_modules/plain/package.json": '{ "main": "./main.js" }',
      "flows/node_modules/plain/main.js": "",
    },
    call: ["resolveImport", "plain", "DIR/flows/a.flow"],
    result: "DIR/flows/node_modules/plain/main.js",
  },
  {
    name: "an import may name a package of ES modules only",
    files: {
      "flows/a.flow": "",
      "flows/node_modules/@me/es/package.json":
        '{ "exports": { ".": { "types": "./x.d.ts", "import": "./main.js" }, "./more": { "import": "./more.js" } } }',
    },
    call: ["resolveImport", "@me/es/more", "DIR/flows/a.flow"],
    result: "DIR/flows/node_modules/@me/es/more.js",
  },
];

let root: string;
let results: unknown;

beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "umbel-test-")));
  // So that the folders' modules find our packages.
  symlinkSync(join(import.meta.dirname, "../../../../node_modules"), join(root, "node_modules"));
  const calls = cases.map(({ files, call }, index) => {
    mkdirSync(folder(index));
    for (const [name, text] of Object.entries(files)) {
      const path = join(folder(index), name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    return call.map((part) => part?.replaceAll("DIR", folder(index)));
  });
  const script = join(import.meta.dirname, "load-process.ts");
  const { stdout, stderr } = spawnSync(process.execPath, ["--conditions=source", "--import", "tsx", script], {
    input: JSON.stringify(calls),
    encoding: "utf8",
    cwd: join(import.meta.dirname, "../.."),
  });
  if (stdout === "") throw new Error(stderr);
  results = JSON.parse(stdout);
}, 60_000);

afterAll(() => rmSync(root, { recursive: true }));

const folder = (index: number) => join(root, `case${index}`);

test.each(cases.map(({ name, result }, index) => [name, index, result] as const))("%s", (_, index, result) => {
  const actual: unknown = Array.isArray(results) ? results[index] : undefined;
  const shown: unknown = JSON.parse(JSON.stringify(actual).replaceAll(folder(index), "DIR"));
  expect(shown).toEqual(result);
});
