/** The App that people use: core's, with an engine on the broker that its URL names. */
import { CanvasEngine, type ExportGraphOptions, type RunGraphFormat } from "@umbel/canvas";
import { type AppOptions, App as CoreApp, type ImportedNamed, ImproperlyConfigured } from "@umbel/core";
import { createEagerEngine, createEngine } from "./engine.ts";

/**
 * A registry of tasks, and the way to run them.
 *
 * The broker is the first of: `flow`'s `--broker`, the environment's `FLOW_BROKER`, the `broker` given here, and last
 * `embedded:`, a private Redis of this project that every process of it shares.
 * @throws OptionError for an unknown option
 */
export class App extends CoreApp {
  constructor(main?: string, options: AppOptions = {}) {
    super(main, options, createEngine, createEagerEngine);
  }

  override async importNamed(path: string, from: string | undefined): Promise<ImportedNamed> {
    const { importNamed } = await import("./load/import-named.ts");
    return await importNamed(path, from);
  }

  /**
   * Gives the graph of a run as it is now: coloured by the states of its tasks, with what they have added to it.
   * @param run a result or submission of it, or the id of one of its tasks
   * @throws UnknownTaskIdError, RunExpiredError; OptionError for an unknown format; OperationalError
   *
   * ```ts
   * await app.exportGraph(result, { format: "svg" });
   * ```
   */
  async exportGraph(
    run: string | { readonly id: string },
    options: ExportGraphOptions<RunGraphFormat>,
  ): Promise<string> {
    const { engine } = this;
    if (!(engine instanceof CanvasEngine)) {
      throw new ImproperlyConfigured("the engine of this App keeps no graphs; use one that umbel makes");
    }
    return await engine.exportGraph(typeof run === "string" ? run : run.id, options);
  }
}
