/**
 * Calls functions of `load/` in a process of its own, for tests: Jest has a module loader of its own, which is not the
 * one that users' modules meet. Reads `[[function, ...arguments], …]` from standard input and prints a list of results.
 */
import { text } from "node:stream/consumers";
import { isNativeError } from "node:util/types";
import { UmbelError } from "@umbel/core";
import { findDefaultModule } from "../../src/load/default-module.ts";
import { discoverApp } from "../../src/load/discover-app.ts";
import { importModule } from "../../src/load/import-module.ts";
import { tasksOf } from "../../src/load/module-tasks.ts";
import { resolveImport } from "../../src/load/resolve-import.ts";
import { userFrames } from "../../src/load/user-stack.ts";

const FUNCTIONS: Readonly<Record<string, (first: string, second: string) => Promise<unknown>>> = {
  discoverApp: async (spec, directory) => {
    const { app, module } = await discoverApp(spec, directory);
    return { app: app.main, file: module.file };
  },
  tasksOf: async (file) => tasksOf(await importModule(file)).map(({ name }) => name),
  findDefaultModule,
  resolveImport,
};

const calls: unknown = JSON.parse(await text(process.stdin));
const results: unknown[] = [];
for (const call of Array.isArray(calls) ? calls : []) {
  const [name, first, second]: readonly unknown[] = Array.isArray(call) ? [...(call as readonly unknown[])] : [];
  results.push(await run(String(name), String(first), String(second)));
}
process.stdout.write(JSON.stringify(results));

async function run(name: string, first: string, second: string): Promise<unknown> {
  try {
    return await FUNCTIONS[name]?.(first, second);
  } catch (error) {
    if (!(error instanceof UmbelError)) throw error;
    const frames = isNativeError(error.cause) ? userFrames(error.cause.stack ?? "") : [];
    return { error: error.message, frames: frames.filter((frame) => !frame.includes(import.meta.filename)) };
  }
}
