import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { check } from "@umbel/dsl";
import { readFlowFile } from "../../src/load/flow-source.ts";
import { loadFlowTasks } from "../../src/load/flow-tasks.ts";

let root: string;

beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "umbel-test-")));
  for (const folder of ["project/flows", "project-too"]) mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, "project/package.json"), "{}");
  for (const file of ["outside.flow", "project/inside.flow", "project-too/near.flow"]) {
    writeFileSync(join(root, file), "let size = 64\n");
  }
  symlinkSync(join(root, "outside.flow"), join(root, "project/link.flow"));
  writeFileSync(join(root, "project/through.flow"), 'import "../outside.flow" as _outside\nlet size = 64\n');
});

afterAll(() => rmSync(root, { recursive: true }));

test.each<[specifier: string, isInside: boolean]>([
  ["../inside.flow", true],
  ["../../outside.flow", false],
  ["../../project-too/near.flow", false],
  ["../link.flow", false],
  ["ROOT/project/inside.flow", true],
  ["ROOT/outside.flow", false],
  ["FILE/outside.flow", false],
  ["../through.flow", false],
])("an import of %s: %p, or else only with --allow-outside", async (written, isInside) => {
  const specifier = written.replace("ROOT", root).replace("FILE", pathToFileURL(root).href);
  const file = join(root, "project/flows/a.flow");
  writeFileSync(file, `import "${specifier}" as lib\n\nlet _size = lib.size\n`);
  const source = await readFlowFile(file, root);
  const errorsWith = async (options: { readonly allowOutside?: boolean }): Promise<readonly string[]> => {
    const { resolver } = await loadFlowTasks(source, undefined, root, options);
    return check(source.text, { file: source.name, resolver }).diagnostics.map(({ message }) => message);
  };
  const reason = `it lies outside of the project ${root}/project; move it there, or add --allow-outside`;
  expect((await errorsWith({})).map((message) => message.endsWith(reason))).toEqual(isInside ? [] : [true]);
  expect(await errorsWith({ allowOutside: true })).toEqual([]);
});
