/**
 * Which file `import "…"` of a flow file means. One rule: as in JavaScript, `./` and `../` are relative to the importing
 * file, and a bare name is a package that is installed there.
 */
import { readFile, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { codeOf } from "../broker/system-error.ts";
import { findInFolder, findWithExtension } from "./candidates.ts";
import { ModuleError } from "./module-error.ts";

/**
 * Gives the file that an import means.
 * @param fromFile absolute path of the file that holds the import
 * @throws ModuleError when there is none; names the file that is probably meant
 */
export async function resolveImport(specifier: string, fromFile: string): Promise<string> {
  if (specifier.startsWith("file:")) return fileURLToPath(specifier);
  if (!isAbsolute(specifier) && !/^\.{1,2}(\/|$)/.test(specifier)) return resolvePackage(specifier, fromFile);
  const path = resolve(dirname(fromFile), specifier);
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isFile() === true) return path;
  const meant = stats?.isDirectory() === true ? await findInFolder(path) : await findWithExtension(path);
  const what = stats?.isDirectory() === true ? "is a folder" : "does not exist";
  const hint =
    meant.kind === "found" ? `; write "${specifier.replace(/\/$/, "")}${meant.file.slice(path.length)}"` : "";
  throw new ModuleError(`"${specifier}" ${what} (${path})${hint}`, { reason: `${path} ${what}${hint}` });
}

async function resolvePackage(specifier: string, fromFile: string): Promise<string> {
  try {
    return createRequire(fromFile).resolve(specifier);
  } catch (cause) {
    // Most packages of ES modules only have no way in for require().
    const file =
      codeOf(cause) === "ERR_PACKAGE_PATH_NOT_EXPORTED" ? await resolveEsPackage(specifier, fromFile) : undefined;
    if (file !== undefined) return file;
    const hint = (await isFile(resolve(dirname(fromFile), specifier)))
      ? `; write "./${specifier}"`
      : '; install it, or write "./" in front of a file';
    throw new ModuleError(`there is no package "${specifier}" for ${fromFile}${hint}`, { cause });
  }
}

/** The little of Node's resolution that createRequire() leaves out: `exports` that only `import` may use. */
async function resolveEsPackage(specifier: string, fromFile: string): Promise<string | undefined> {
  const [, name, rest] = /^((?:@[^/]+\/)?[^/]+)(\/.*)?$/.exec(specifier) ?? [];
  if (name === undefined) return undefined;
  for (let folder = dirname(fromFile); ; folder = dirname(folder)) {
    const packageFolder = join(folder, "node_modules", name);
    const text = await readFile(join(packageFolder, "package.json"), "utf8").catch(() => undefined);
    if (text !== undefined) {
      const target = pickTarget(readExports(text), `.${rest ?? ""}`);
      return target === undefined ? undefined : join(packageFolder, target);
    }
    if (dirname(folder) === folder) return undefined;
  }
}

function readExports(manifest: string): unknown {
  const content: unknown = JSON.parse(manifest);
  return typeof content === "object" && content !== null && "exports" in content ? content.exports : undefined;
}

function pickTarget(exports: unknown, subpath: string): string | undefined {
  if (typeof exports === "string") return subpath === "." ? exports : undefined;
  if (typeof exports !== "object" || exports === null) return undefined;
  const entries = Object.entries(exports);
  const isTable = entries.some(([key]) => key.startsWith("."));
  if (isTable) return pickCondition(entries.find(([key]) => key === subpath)?.[1]);
  return subpath === "." ? pickCondition(exports) : undefined;
}

function pickCondition(target: unknown): string | undefined {
  if (typeof target === "string") return target;
  if (typeof target !== "object" || target === null) return undefined;
  for (const [condition, value] of Object.entries(target)) {
    if (!["node", "import", "module-sync", "default"].includes(condition)) continue;
    const picked = pickCondition(value);
    if (picked !== undefined) return picked;
  }
  return undefined;
}

async function isFile(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.isFile() ?? false;
}
