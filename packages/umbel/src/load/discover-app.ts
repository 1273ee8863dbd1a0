/**
 * Finds the App that `-A path[:export]` means. One rule: what is found is never a guess between two; where more than one
 * could be meant, people are asked to name it.
 */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { type App, didYouMean, isApp, isTask } from "@umbel/core";
import { findInFolder, findWithExtension, TRIED_NAMES } from "./candidates.ts";
import { importModule, showFile, type UserModule } from "./import-module.ts";
import { ModuleError } from "./module-error.ts";

/** An App and the module that gave it. */
export interface DiscoveredApp {
  readonly app: App;
  readonly module: UserModule;
}

/**
 * Loads a module and gives its App: the export that is named, else `app`, else `default`, else the only App that it
 * exports, else the App of the tasks that it exports.
 * @param spec a path, of a file (its extension may be left out) or of a folder, and perhaps `:` and an export's name
 * @param directory what the path is relative to
 * @throws ModuleError when there is no such module, it throws, or it has no such App; says what was tried
 */
export async function discoverApp(spec: string, directory: string): Promise<DiscoveredApp> {
  const { path, exportName } = await splitSpec(spec, directory);
  const module = await importModule(await findFile(path, spec));
  return { app: exportName === undefined ? pickApp(module) : namedApp(module, exportName), module };
}

async function splitSpec(spec: string, directory: string): Promise<{ path: string; exportName?: string }> {
  const [, before, exportName] = /^(.+):([\p{ID_Start}$_][\p{ID_Continue}$]*)$/u.exec(spec) ?? [];
  const whole = resolve(directory, spec);
  // A path may hold a colon; a file with just this name is the plainer meaning.
  if (before === undefined || exportName === undefined || (await exists(whole))) return { path: whole };
  return { path: resolve(directory, before), exportName };
}

async function findFile(path: string, spec: string): Promise<string> {
  const stats = await stat(path).catch(() => undefined);
  const found = stats?.isDirectory() === true ? await findInFolder(path) : await findWithExtension(path);
  if (found.kind === "found") return found.file;
  if (stats?.isDirectory() === true) {
    throw new ModuleError(
      `-A ${spec}: the folder ${showFile(path)} holds none of ${TRIED_NAMES}; name the file: -A ${spec}/FILE`,
    );
  }
  throw new ModuleError(`-A ${spec}: no such file; tried ${found.tried.map(showFile).join(", ")}`);
}

function namedApp(module: UserModule, name: string): App {
  const value = module.exports.get(name);
  if (isApp(value)) return value;
  const file = showFile(module.file);
  if (module.exports.has(name)) {
    throw new ModuleError(`the export \`${name}\` of ${file} is no App${describeExports(module)}`);
  }
  const guess = didYouMean(name, module.exports.keys());
  throw new ModuleError(`${file} has no export \`${name}\`${guess === "" ? describeExports(module) : guess}`);
}

function pickApp(module: UserModule): App {
  for (const name of ["app", "default"]) {
    const value = module.exports.get(name);
    if (isApp(value)) return value;
  }
  const named = [...module.exports].filter(([, value]) => isApp(value));
  const values = [...module.exports.values()];
  const apps = new Set(values.filter(isApp));
  if (apps.size === 0) for (const task of values.filter(isTask)) apps.add(task.app);
  const [only, ...others] = apps;
  if (only !== undefined && others.length === 0) return only;
  if (only === undefined) throw new ModuleError(`${showFile(module.file)} exports no App${describeExports(module)}`);
  const choice = named.map(([name]) => name);
  throw new ModuleError(
    choice.length === 0
      ? `${showFile(module.file)} exports tasks of ${apps.size} Apps and no App; export the one that is meant as \`app\``
      : `${showFile(module.file)} exports ${choice.length} Apps (${choice.join(", ")}); name one: -A ${showFile(module.file)}:${choice[0]}`,
  );
}

function describeExports({ exports }: UserModule): string {
  if ([...exports.values()].some(isForeignApp)) {
    return "; it has one of another copy of umbel: install `umbel` once, and run the `flow` of that folder (npx flow)";
  }
  const names = [...exports.keys()];
  return names.length === 0 ? "; it exports nothing" : `; it exports ${names.join(", ")}`;
}

/** An App made by a class that is called so and is not ours. */
function isForeignApp(value: unknown): boolean {
  if (typeof value !== "object" || value === null || isApp(value)) return false;
  return value.constructor.name === "App" && "tasks" in value && "engine" in value;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
