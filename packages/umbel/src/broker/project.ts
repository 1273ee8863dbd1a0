/** Which project a folder belongs to. One rule: the answer is a real path, so two ways to one folder are one project. */
import { realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

/**
 * Gives the project of a folder: the folder itself or its nearest ancestor that holds a `.flow` folder or a
 * package.json, else the folder.
 * @throws Error (of `fs`) when the folder does not exist
 */
export async function findProject(directory: string): Promise<string> {
  const start = await realpath(directory);
  for (let folder = start; ; folder = dirname(folder)) {
    if ((await isFolder(join(folder, ".flow"))) || (await isFile(join(folder, "package.json")))) return folder;
    if (dirname(folder) === folder) return start;
  }
}

async function isFolder(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.isDirectory() ?? false;
}

async function isFile(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.isFile() ?? false;
}
