/** The App that people use: core's, with an engine on the broker that its URL names. */
import { type AppOptions, App as CoreApp } from "@umbel/core";
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
}
