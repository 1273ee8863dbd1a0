/** The App that a command is about, with all of its tasks. */
import type { App } from "@umbel/core";
import { findDefaultModule } from "../load/default-module.ts";
import { discoverApp } from "../load/discover-app.ts";
import { importIncluded } from "../load/include.ts";
import { ModuleError } from "../load/module-error.ts";

/** Gives the App of `-A`, else that of the module of this folder. @throws ModuleError when there is none */
export async function loadNamedApp(
  spec: string | undefined,
  directory: string,
): Promise<{ readonly app: App; readonly file: string }> {
  const found = spec === undefined ? await findDefaultModule(directory) : ({ kind: "found", spec, directory } as const);
  if (found.kind === "none") {
    throw new ModuleError(`there is no App here: tried ${found.tried}; name its module: -A FILE.ts`);
  }
  const { app, module } = await discoverApp(found.spec, found.directory);
  await importIncluded(app, module.file);
  return { app, file: module.file };
}
