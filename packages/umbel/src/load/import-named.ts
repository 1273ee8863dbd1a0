/** Modules that are named where they are used: `./config.ts`, or `./config.ts:Production` for one of its exports. */
import { join } from "node:path";
import { didYouMean, type ImportedNamed } from "@umbel/core";
import { importModule, showFile } from "./import-module.ts";
import { ModuleError } from "./module-error.ts";
import { resolveImport } from "./resolve-import.ts";

/**
 * Imports a module, or one of its exports.
 * @param from the file of the module that asks; undefined for the current folder
 * @throws ModuleError when the module is not there or throws, or has no such export
 */
export async function importNamed(path: string, from: string | undefined): Promise<ImportedNamed> {
  const [, before = path, name] = /^(.+):([\p{ID_Start}$_][\p{ID_Continue}$]*)$/u.exec(path) ?? [];
  const file = await resolveImport(asSpecifier(before, from), from ?? join(process.cwd(), "package.json"));
  const { exports } = await importModule(file);
  if (name === undefined) return { exports: Object.fromEntries(exports), file: showFile(file) };
  const chosen = exports.get(name);
  if ((typeof chosen === "object" || typeof chosen === "function") && chosen !== null) {
    return { exports: chosen, file: `${showFile(file)}:${name}` };
  }
  throw new ModuleError(
    `${showFile(file)} has no export \`${name}\` that is an object or a class${didYouMean(name, exports.keys())}`,
  );
}

/** From the current folder, `config.ts` is a file, as it is for `-A`. */
function asSpecifier(path: string, from: string | undefined): string {
  return from !== undefined || /^[./]/.test(path) ? path : `./${path}`;
}
