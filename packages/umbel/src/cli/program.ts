/**
 * The commands of `flow`, their options and their help. One rule: only words are here; what a command does is imported
 * when it runs, so that `flow --help` loads nothing.
 */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { declareRedis } from "./commands/redis.ts";
import type { CommandContext } from "./context.ts";
import type { ExitCode } from "./exit-codes.ts";

/** A command that was chosen and not yet run. */
export type ChosenCommand = (context: CommandContext) => Promise<ExitCode>;

/** Takes the command that the command line chooses. */
export type Choose = (command: ChosenCommand) => void;

/** Makes the parser of command lines; `choose` is called once by its `parse()`, unless it throws a CommanderError. */
export function makeProgram(choose: Choose): Command {
  const program = new Command("flow")
    .description("Runs workflows of TypeScript tasks on Redis: Celery's programming model, with a language of its own.")
    .version(readVersion(), "--version", "print the version")
    .helpOption("-h, --help", "print this help")
    .option("--debug", "show stacks with umbel's own frames")
    .showHelpAfterError("(type `flow --help` for what there is)")
    .exitOverride();
  declareRedis(program, choose);
  return program;
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const isManifest = typeof manifest === "object" && manifest !== null && "version" in manifest;
  return isManifest ? String(manifest.version) : "unknown";
}
