/** Types of tasks as the compiler reads them, and how long they are kept. */
import { symlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { typesOfTasks } from "../../src/load/task-types.ts";
import { UserProject } from "../cli/user-project.ts";

jest.setTimeout(60_000);

const TASKS = `import { App } from "umbel";
interface Order { readonly id: string; readonly amount?: number; readonly mode: "fast" | "slow"; readonly next: Order | null }
const app = new App("shop");
export const add = app.task("add", async (x: number, y: number) => x + y);
export const order = app.task("order", (id: string, ...lines: string[]): Order => ({ id: id + lines[0], mode: "fast", next: null }));
export const when = app.task("when", (date: Date, flag: boolean, map: Map<string, number>) => [date, flag, map.size] as const);
export const later = app.task({ name: "later", bind: true }, function (self, items: unknown[], on: boolean | undefined) {
  return on === true ? items.length : self.request.id.split("").map((letter) => letter.length);
});
`;

let project: UserProject;
const definitions = () =>
  [4, 5, 6, 7].map((line) => ({
    name: `task${line}`,
    parameters: { kind: "unreadable" as const, reason: "" } as never,
    definedAt: `${join(project.path, "tasks.ts")}:${line}:1`,
  }));

beforeAll(() => {
  project = new UserProject({ "tasks.ts": TASKS });
  symlinkSync(
    join(import.meta.dirname, "../../../../node_modules/typescript"),
    join(project.path, "node_modules/typescript"),
  );
});

afterAll(() => project.clean());

test("the compiler reads them when it may, and they are kept until a file changes", async () => {
  const read = (mayCompile: boolean) => typesOfTasks(definitions(), project.path, mayCompile);
  expect(await read(false)).toEqual({});

  const types = await read(true);
  const number = { sort: "number" };
  const string = { sort: "string" };
  const at = (line: number) => types[`${join(project.path, "tasks.ts")}:${line}`];
  expect(at(4)).toEqual({
    parameters: [
      { name: "x", type: number },
      { name: "y", type: number },
    ],
    result: number,
  });
  expect(at(5)).toMatchObject({ parameters: [{ name: "id", type: string }], rest: string });
  expect(at(5)?.result).toMatchObject({
    sort: "object",
    keys: [
      { name: "id", type: string, isOptional: false },
      { name: "amount", isOptional: true },
      { name: "mode", type: { sort: "union" }, isOptional: false },
      // A type that holds itself is looked into only so far.
      { name: "next", isOptional: true },
    ],
  });
  expect(at(6)).toEqual({
    parameters: [
      { name: "date", type: { sort: "any" } },
      { name: "flag", type: { sort: "bool" } },
      { name: "map", type: { sort: "any" } },
    ],
    result: { sort: "list", of: { sort: "any" } },
  });
  expect(at(7)).toMatchObject({
    parameters: [{ name: "items", type: { sort: "list", of: { sort: "any" } } }, { name: "on" }],
    result: { sort: "union", of: [number, { sort: "list", of: number }] },
  });

  expect(await read(false)).toEqual(types);
  utimesSync(join(project.path, "tasks.ts"), 1, 1);
  expect(await read(false)).toEqual({});
});
