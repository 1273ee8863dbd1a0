/** Which files may be meant where people leave something out. */
import { stat } from "node:fs/promises";
import { join } from "node:path";

/** The names that a folder's tasks may have, the first found is taken. */
const NAMES = ["tasks", "app", "flow", "index"];

const EXTENSIONS = [".ts", ".mts", ".js", ".mjs"];

/** What was found, or what was looked for in vain. */
export type Found =
  | { readonly kind: "found"; readonly file: string }
  | { readonly kind: "none"; readonly tried: readonly string[] };

/** Looks in a folder for `tasks.ts`, `app.ts`, `flow.ts` and `index.ts`, each also as `.mts`, `.js` and `.mjs`. */
export async function findInFolder(folder: string): Promise<Found> {
  return findFirst(NAMES.flatMap((name) => EXTENSIONS.map((extension) => join(folder, `${name}${extension}`))));
}

/** Looks for a file whose extension was left out. */
export async function findWithExtension(path: string): Promise<Found> {
  return findFirst([path, ...[...EXTENSIONS, ".cts", ".cjs", ".tsx"].map((extension) => `${path}${extension}`)]);
}

async function findFirst(paths: readonly string[]): Promise<Found> {
  for (const path of paths) {
    const stats = await stat(path).catch(() => undefined);
    if (stats?.isFile() === true) return { kind: "found", file: path };
  }
  return { kind: "none", tried: paths };
}

/** What findInFolder looks for, for messages. */
export const TRIED_NAMES = "tasks.ts, app.ts, flow.ts, index.ts (each also as .mts, .js, .mjs)";
