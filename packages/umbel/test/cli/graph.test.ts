/** `flow graph` as users type it; it needs no Redis. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from "@jest/globals";
import { App, exportGraph } from "../../src/index.ts";
import { FlowSession } from "./flow-session.ts";
import { expectGolden } from "./golden-file.ts";
import { UserProject } from "./user-project.ts";

jest.setTimeout(60_000);

const TASKS = `import { App } from "umbel";

const app = new App("shop");
export const add = app.task("add", (x: number, y: number) => x + y);
export const sum = app.task("sum", (numbers: number[]) => numbers.length);
console.log("loaded");
`;

const FLOW = "param numbers: list<int> = [0, 1, 2]\n\n[add(number, 1) for number in numbers] | sum()\n";

let project: UserProject;
let session: FlowSession;

beforeAll(() => {
  session = new FlowSession();
});

afterAll(() => session.close());

beforeEach(() => {
  project = new UserProject({ "tasks.ts": TASKS, "a.flow": FLOW });
});

afterEach(() => project.clean());

/** No broker can be reached, and none is asked. */
const here = () => ({ directory: project.path, environment: { FLOW_BROKER: "redis://127.0.0.1:1" } });

test("flow graph --help shows examples", async () => {
  const { exitCode, stdout } = await session.flow(["graph", "--help"]);
  expect(exitCode).toBe(0);
  expectGolden("graph-help.txt", stdout);
});

test("a flow is drawn as a tree, and what its modules print is no part of it", async () => {
  expect(await session.flow(["graph", "a.flow"], here())).toEqual({
    exitCode: 0,
    stdout: "group of 3\n  • add(0, 1)\n  • add(1, 1)\n  • add(2, 1)\n→ sum()\n",
    stderr: "loaded\n",
  });
});

test("params are values, an expression is drawn, too, and many members are one box unless said otherwise", async () => {
  const many = ["-p", `numbers=${JSON.stringify(Array.from({ length: 30 }, (_, number) => number))}`];
  const tree = "group of 30\n  • add × 30\n→ sum()\n";
  expect((await session.flow(["graph", "a.flow", ...many], here())).stdout).toBe(tree);
  const unfolded = await session.flow(["graph", "a.flow", ...many, "--no-fold", "--format", "mermaid"], here());
  expect(unfolded.stdout.match(/add\(/g)).toHaveLength(30);
  const expression = ["graph", "-e", "[add(1, 1), add(2, 2)] | sum()", "-A", "tasks.ts", "--fold", "1"];
  expect((await session.flow(expression, here())).stdout).toBe("group of 2\n  • add × 2\n→ sum()\n");
});

test("the name after -o tells the format, and the file holds what exportGraph gives", async () => {
  const result = await session.flow(["graph", "-e", "add(1, 2)", "-A", "tasks.ts", "-o", "out.svg"], here());
  expect(result).toEqual({ exitCode: 0, stdout: "", stderr: "loaded\n" });
  const add = new App().task("add", (x: number, y: number) => x + y);
  expect(readFileSync(join(project.path, "out.svg"), "utf8")).toBe(exportGraph(add.s(1, 2), { format: "svg" }));
});

test.each<[args: readonly string[], exitCode: number, message: string]>([
  [["a.flow", "--format", "mermiad"], 2, "error: --format mermiad: there is no such format; did you mean `mermaid`?"],
  [
    ["a.flow", "-o", "out.png"],
    2,
    "error: -o out.png: its name does not tell the format; name it by --format (mermaid,",
  ],
  [["a.flow", "-o", "no/such/out.svg"], 2, "error: -o no/such/out.svg: cannot write it: no such file"],
  [[], 2, "error: give a flow file, or text by `-e`; see `flow graph --help`"],
  [["-e", "ad(1, 2)", "-A", "tasks.ts"], 3, 'error[E201]: there is no task named "ad"'],
])("flow graph %j ends with exit code %i", async (args, exitCode, message) => {
  const result = await session.flow(["graph", ...args], here());
  expect(result).toMatchObject({ exitCode, stdout: "" });
  expect(result.stderr).toContain(message);
});
