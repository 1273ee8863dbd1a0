import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { App, Task } from "../../src/index.ts";

const folder = mkdtempSync(join(import.meta.dirname, ".tmp-request-"));
writeFileSync(
  join(folder, "requests.mjs"),
  `import { Request } from "umbel";
  export class Noted extends Request {
    onSuccess(value) { this.task.notes.push(this.task.name + " gives " + value); }
  }
  export const notAClass = { a: 1 };`,
);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const named = (name: string) =>
  class extends Task {
    notes: string[] = [];
    override Request = `./${basename(folder)}/requests.mjs:${name}`;
    override run(x: number, y: number): number {
      return x + y;
    }
  };

test("T15 a request may be named by its module, relative to the task's", async () => {
  const app = new App("shop");
  const add = app.registerTask(named("Noted"), { name: "add" });
  expect(await (await add.apply([1, 2])).get()).toBe(3);
  expect(add.notes).toEqual(["add gives 3"]);
  const nowhere = app.registerTask(named("Notd"), { name: "nowhere" });
  await expect((await nowhere.apply([1, 2])).get()).rejects.toThrow(
    /has no export `Notd` that is an object or a class; did you mean `Noted`\?$/,
  );
  const wrong = app.registerTask(named("notAClass"), { name: "wrong" });
  await expect((await wrong.apply([1, 2])).get()).rejects.toThrow(
    /^`Request` of task "wrong" must be a class or name one, as "\.\/requests\.ts:MyRequest"; ".*requests\.mjs:notAClass" names none$/,
  );
});
