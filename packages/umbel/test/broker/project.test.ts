import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { findProject } from "../../src/broker/project.ts";

let root: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "umbel-test-")));
  mkdirSync(join(root, "a/b/c"), { recursive: true });
});

afterEach(() => rmSync(root, { recursive: true }));

test("a project is the nearest ancestor with a package.json", async () => {
  writeFileSync(join(root, "package.json"), "{}");
  writeFileSync(join(root, "a/package.json"), "{}");
  expect(await findProject(join(root, "a/b/c"))).toBe(join(root, "a"));
});

test("a project is the nearest ancestor with a .flow folder", async () => {
  writeFileSync(join(root, "a/package.json"), "{}");
  mkdirSync(join(root, "a/b/.flow"));
  expect(await findProject(join(root, "a/b/c"))).toBe(join(root, "a/b"));
});

test("without either it is the folder itself", async () => {
  expect(await findProject(join(root, "a/b/c"))).toBe(join(root, "a/b/c"));
});

test("two ways to one folder are one project", async () => {
  writeFileSync(join(root, "a/package.json"), "{}");
  symlinkSync(join(root, "a/b"), join(root, "link"));
  expect(await findProject(join(root, "link/c"))).toBe(join(root, "a"));
});
