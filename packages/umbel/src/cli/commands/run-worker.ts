/** `flow worker`: serves an App's tasks until it is told to stop. */
import { type App, isBuiltIn } from "@umbel/core";
import { findDefaultModule } from "../../load/default-module.ts";
import { type DiscoveredApp, discoverApp } from "../../load/discover-app.ts";
import { showFile } from "../../load/import-module.ts";
import { importIncluded } from "../../load/include.ts";
import { ModuleError } from "../../load/module-error.ts";
import { useBroker } from "../broker-choice.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit-codes.ts";
import { type ServeOptions, serveApp } from "./serve-app.ts";

/** The options of `flow worker`, as commander gives them. */
export interface WorkerOptions extends ServeOptions {
  readonly app?: string;
  readonly broker?: string;
}

/**
 * Serves until SIGINT or SIGTERM; then it ends what runs, or leaves it to others at the second signal.
 * @throws ModuleError when the App cannot be used; OperationalError when the broker cannot be reached at the start
 */
export async function runWorker(context: CommandContext, options: WorkerOptions): Promise<ExitCode> {
  useBroker(options.broker);
  const { app, file } = await loadApp(options.app, context.directory);
  return await serveApp(context, { app, file, user: "flow worker" }, options);
}

async function loadApp(spec: string | undefined, directory: string): Promise<{ app: App; file: string }> {
  const { app, module } = await discover(spec, directory);
  await importIncluded(app, module.file);
  if ([...app.tasks.keys()].some((name) => !isBuiltIn(name))) return { app, file: module.file };
  throw new ModuleError(
    `the App of ${showFile(module.file)} has no tasks; define one, or name the modules that do in its \`include\``,
  );
}

async function discover(spec: string | undefined, directory: string): Promise<DiscoveredApp> {
  if (spec !== undefined) return await discoverApp(spec, directory);
  const found = await findDefaultModule(directory);
  if (found.kind === "found") return await discoverApp(found.spec, found.directory);
  throw new ModuleError(`there is no App here: tried ${found.tried}; name its module: -A FILE.ts`);
}
