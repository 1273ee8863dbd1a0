/**
 * Gets a redis-server where there is none. One rule: nothing is installed for the whole system; where that is the only
 * way, people are told the command and type it themselves.
 */
import { OperationalError } from "@umbel/core";
import { type ServerProgram, searchServer } from "../find-server.ts";
import { type InstallOptions, installFromDebian } from "./debian.ts";
import { lastLines, runProgram } from "./run-program.ts";
import { detectSystem, type System } from "./system.ts";

/** What an installation came to. */
export interface Installed {
  readonly program: ServerProgram;
  /** Whether there was one already, so that nothing was done. */
  readonly wasThere: boolean;
}

/**
 * Gives a server program, installing one for this user if there is none: on Debian and Ubuntu from the distribution's
 * packages into the user's cache, on macOS by Homebrew.
 * @throws OperationalError when that is not possible here; says the one command to type
 */
export async function installServer(options: InstallOptions): Promise<Installed> {
  const search = await searchServer(options.environment);
  if (search.program !== undefined) return { program: search.program, wasThere: true };
  for (const line of search.passedOver) options.report(line);
  const system = await detectSystem();
  switch (system.kind) {
    case "debian":
      return { program: await installFromDebian(system, options), wasThere: false };
    case "macos":
      return { program: await installByHomebrew(system, options), wasThere: false };
    case "windows":
    case "other":
      throw new OperationalError(`cannot install a redis-server on ${system.name} without you; ${system.advice}`);
  }
}

async function installByHomebrew(system: System, options: InstallOptions): Promise<ServerProgram> {
  options.report("running `brew install redis`");
  const { exitCode, stderr } = await runProgram("brew", ["install", "redis"], { ...options, shown: true });
  const { program } = await searchServer(options.environment);
  if (program !== undefined) return program;
  throw new OperationalError(
    `\`brew install redis\` ended with exit code ${exitCode} and there is still no redis-server; ${system.advice}${lastLines(stderr)}`,
  );
}
