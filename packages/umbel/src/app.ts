/** The App that people use: core's, with an engine on the broker that its URL names. */
import { CanvasEngine, type ExportGraphOptions, type RunGraphFormat } from "@umbel/canvas";
import {
  App as CoreApp,
  type AppOptions as CoreAppOptions,
  type ImportedNamed,
  ImproperlyConfigured,
  OptionError,
} from "@umbel/core";
import { type GivenConnection, readConnection } from "./broker/given-connection.ts";
import { createEagerEngine, createEngine } from "./engine.ts";
import type { WorkerMainOptions } from "./worker-main.ts";

/** What may be said of an App when it is made: where it is, and any of its settings. */
export interface AppOptions extends CoreAppOptions {
  /**
   * An ioredis `Redis` or `Cluster` that leads to the broker, instead of a URL. The App makes connections of its own like it,
   * and closes those; this one stays as it is and is yours to close.
   */
  connection?: GivenConnection;
}

/**
 * A registry of tasks, and the way to run them.
 *
 * The broker is the first of: `flow`'s `--broker`, the environment's `FLOW_BROKER`, the `broker` or `connection` given here,
 * and last `embedded:`, a private Redis of this project that every process of it shares.
 * @throws OptionError for an unknown option, or a connection that cannot be used
 */
export class App extends CoreApp {
  constructor(main?: string, options: AppOptions = {}) {
    const { broker, brokerUrl = broker, connection } = options;
    if (connection !== undefined) readConnection(connection);
    if (brokerUrl !== undefined && connection !== undefined) {
      throw new OptionError("both `broker` and `connection` say where the App's Redis is; leave one of them out");
    }
    super(main, options, createEngine, createEagerEngine);
  }

  override async importNamed(path: string, from: string | undefined): Promise<ImportedNamed> {
    const { importNamed } = await import("./load/import-named.ts");
    return await importNamed(path, from);
  }

  /**
   * Starts a worker of this App and serves until SIGINT, SIGTERM or `signal`, as `flow worker` does: the first lets it finish
   * what runs, the second leaves that to others. Closes the App.
   * @param argv the words of `flow worker`, such as `["worker", "-c", "4"]`; those of the process unless said
   * @throws OptionError for a word that `flow worker` does not take; OperationalError when the broker cannot be reached
   */
  async workerMain(argv: readonly string[] = process.argv.slice(2), options: WorkerMainOptions = {}): Promise<void> {
    const { workerMain } = await import("./worker-main.ts");
    await workerMain({ app: this, file: this.madeAt?.replace(/:\d+:\d+$/, "") }, argv, options);
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
