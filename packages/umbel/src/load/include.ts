/** The modules that an App names in `include`: they define more of its tasks. */
import type { App } from "@umbel/core";
import { importModule } from "./import-module.ts";
import { resolveImport } from "./resolve-import.ts";

/**
 * Imports them in their order.
 * @param file absolute path of the module that the App came from; what they are relative to
 * @throws ModuleError when one is not there, or throws
 */
export async function importIncluded(app: App, file: string): Promise<void> {
  for (const specifier of app.conf.include) await importModule(await resolveImport(specifier, file));
}
