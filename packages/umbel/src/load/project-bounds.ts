/** The bounds of what a flow may import. One rule: a path is judged where it really lies, whatever links lead there. */
import { realpath } from "node:fs/promises";
import { isAbsolute, relative, sep } from "node:path";
import { findProject } from "../broker/project.ts";
import { ModuleError } from "./module-error.ts";

/**
 * Refuses a file that a flow names by its path and that lies outside of the flow's project. A package is none of that: the
 * project says itself which it has.
 * @param folder the folder of the flow that is run
 * @throws ModuleError
 */
export async function requireInside(specifier: string, path: string, folder: string): Promise<void> {
  const isPath = isAbsolute(specifier) || specifier.startsWith(".") || specifier.startsWith("file:");
  if (!isPath) return;
  const project = await findProject(folder);
  const way = relative(project, await realpath(path));
  if (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way)) return;
  const reason = `it lies outside of the project ${project}; move it there, or add --allow-outside`;
  throw new ModuleError(`"${specifier}": ${reason}`, { reason });
}
