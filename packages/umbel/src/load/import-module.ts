/**
 * Imports a module of the user's. One rule: whatever goes wrong in it is told with its file and with the user's own
 * frames, for it is the user's to repair.
 */
import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { relative } from "node:path";
import { pathToFileURL } from "node:url";
import { describeSystemError, isError } from "../broker/system-error.ts";
import { ModuleError } from "./module-error.ts";
import { enableTypeScript, isTypeScript } from "./typescript.ts";

/** A module that was run, and what it exports. */
export interface UserModule {
  /** Absolute path. */
  readonly file: string;
  readonly exports: ReadonlyMap<string, unknown>;
}

/**
 * Imports a file; a second time gives the same module.
 * @param file absolute path of a JavaScript or TypeScript file
 * @throws ModuleError when there is no such file, or it cannot be read as a module, or it throws; `cause` is what it threw
 */
export async function importModule(file: string): Promise<UserModule> {
  const stats = await stat(file).catch((cause: unknown) => {
    throw new ModuleError(`cannot read ${showFile(file)}: ${describeSystemError(cause)}`, { cause });
  });
  if (!stats.isFile()) throw new ModuleError(`${showFile(file)} is a folder and not a file`);
  if (isTypeScript(file)) await enableTypeScript();
  try {
    const namespace: unknown = await import(pathToFileURL(file).href);
    return {
      file,
      exports: new Map(typeof namespace === "object" && namespace !== null ? Object.entries(namespace) : []),
    };
  } catch (cause) {
    const reason = await describeThrown(file, cause);
    throw new ModuleError(`cannot load ${showFile(file)}: ${reason}`, { cause, reason });
  }
}

/** Gives a path as people write it: from the current folder where it lies in it, else in full. */
export function showFile(file: string): string {
  const path = relative(process.cwd(), file);
  return path.startsWith("..") || path === "" ? file : path;
}

async function describeThrown(file: string, cause: unknown): Promise<string> {
  if (!isError(cause)) return `it throws ${String(cause)}`;
  // "Transform failed with 1 error:\n/file.ts:1:16: ERROR: Unexpected …"
  const [, syntax] = /^Transform failed with \d+ errors?:\n(.*)$/s.exec(cause.message) ?? [];
  if (syntax !== undefined) return syntax;
  if (cause.name === "SyntaxError") return `${cause.message}${await findSyntaxError(file)}`;
  if (/^Cannot find (module|package) /.test(cause.message)) return cause.message;
  return `it throws ${cause.name}: ${cause.message}`;
}

/** Node tells the place of a syntax error only when it runs the file itself: the line and a caret, on standard error. */
async function findSyntaxError(file: string): Promise<string> {
  if (isTypeScript(file)) return "";
  return new Promise((resolve) => {
    execFile(process.execPath, ["--check", file], (_error, _stdout, stderr) => {
      const [place = ""] = stderr.split("\n\nSyntaxError");
      resolve(place === stderr ? "" : `\n${place}`);
    });
  });
}
