/** `flow env`: versions and settings. One rule: no secret is printed. */
import { release, type } from "node:os";
import type { App } from "@umbel/core";
import { App as UmbelApp } from "../../app.ts";
import { ModuleError } from "../../load/module-error.ts";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { loadNamedApp } from "../named-app.ts";
import { readVersion } from "../version.ts";

/** The options of `flow env`, as commander gives them. */
export interface EnvOptions {
  readonly app?: string;
  readonly all?: boolean;
  readonly json?: boolean;
}

/** Prints it. @throws ModuleError for an App that cannot be used */
export async function showEnv(context: CommandContext, options: EnvOptions): Promise<ExitCode> {
  const { terminal, directory } = context;
  terminal.captureOutput();
  const app = await appOrDefault(options.app, directory);
  const shown = { withDefaults: options.all === true };
  if (options.json === true) {
    terminal.result(
      JSON.stringify({ versions: Object.fromEntries(versions()), settings: app.conf.table(shown) }, undefined, 2),
    );
    return EXIT.done;
  }
  for (const [name, version] of versions()) terminal.result(`${name.padEnd(8)} ${version}`);
  const settings = app.conf.humanize(shown).trim();
  terminal.result(settings === "" ? "\nall settings have their defaults; see them by --all" : `\n${settings}`);
  return EXIT.done;
}

/** Gives what is installed. */
export function versions(): readonly (readonly [string, string])[] {
  return [
    ["umbel", readVersion()],
    ["node", process.versions.node],
    ["system", `${type()} ${release()} ${process.arch}`],
  ];
}

async function appOrDefault(spec: string | undefined, directory: string): Promise<App> {
  try {
    return (await loadNamedApp(spec, directory)).app;
  } catch (error) {
    if (spec === undefined && error instanceof ModuleError && error.message.startsWith("there is no App here"))
      return new UmbelApp();
    throw error;
  }
}
