/** The engine of a command that asks a broker for runs. One rule: it loads a module of the user's only to know the broker. */
import { CanvasEngine } from "@umbel/canvas";
import { type App, type RunInfo, UnknownRunError } from "@umbel/core";
import { App as UmbelApp } from "../app.ts";
import { findBroker, placesOf } from "../broker/lookup.ts";
import { findProject } from "../broker/project.ts";
import { engineOptions } from "../engine.ts";
import { findDefaultModule } from "../load/default-module.ts";
import { discoverApp } from "../load/discover-app.ts";
import { useBroker } from "./broker-choice.ts";
import { cleanUp } from "./clean-up.ts";
import type { CommandContext } from "./context.ts";
import { keepProcess } from "./keep-process.ts";
import type { Terminal } from "./terminal.ts";

/** What names the broker on a command line. */
export interface BrokerOptions {
  readonly app?: string;
  readonly broker?: string;
}

/** Gives the App of `-A`, else that of the module of this folder, else one with the defaults. @throws ModuleError */
export async function findApp(options: BrokerOptions, directory: string): Promise<App> {
  if (options.app !== undefined) return (await discoverApp(options.app, directory)).app;
  const found = await findDefaultModule(directory);
  return found.kind === "found" ? (await discoverApp(found.spec, found.directory)).app : new UmbelApp();
}

/**
 * Calls with an engine on the broker that is meant, and closes it.
 * @throws ModuleError; OperationalError when the broker cannot be reached
 */
export async function withEngine<Answer>(
  { terminal, directory, signal }: CommandContext,
  options: BrokerOptions,
  ask: (engine: CanvasEngine, app: App) => Promise<Answer>,
): Promise<Answer> {
  useBroker(options.broker);
  terminal.captureOutput();
  const app = await findApp(options, directory);
  const engine = new CanvasEngine(app, engineOptions(app, { user: "flow", signal, onProblem: () => undefined }));
  const close = () => cleanUp(terminal, [() => engine.close(), () => app.close()]);
  try {
    return await keepProcess(() => ask(engine, app).finally(close));
  } catch (error) {
    const { broker } = findBroker({ environment: process.env, ...placesOf(app) });
    throw broker.kind === "embedded" ? elsewhere(error, await findProject(directory)) : error;
  }
}

/**
 * Gives the run that is meant; where none is named, the youngest, and says which that is.
 * @throws UnknownRunError when there is none
 */
export async function findMeant(engine: CanvasEngine, run: string | undefined, terminal: Terminal): Promise<RunInfo> {
  if (run !== undefined) return await engine.runs.find(run);
  const [youngest] = (await engine.runs.list({ limit: 1 })).runs;
  if (youngest === undefined) throw new UnknownRunError("no run is stored; begin one by: flow run FILE");
  const { readableId, name, flow } = youngest;
  const title = name ?? flow;
  terminal.note(`the youngest run: ${readableId}${title === undefined ? "" : ` (${title})`}`);
  return youngest;
}

/** The error of a run that is not there, with where it may be: each project has a private Redis of its own. */
export function elsewhere(error: unknown, project: string): unknown {
  if (!(error instanceof UnknownRunError)) return error;
  return new UnknownRunError(
    `${error.message}; this is the private Redis of ${project}: for a run of another project, type it in that folder`,
  );
}
