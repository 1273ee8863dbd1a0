/** `flow redis install`: prints the path of a server that can be used, after getting one if need be. */
import { installServer } from "../../broker/install/install-server.ts";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";

/**
 * Gets a server for this user.
 * @throws OperationalError when that is not possible here; says the command to type
 */
export async function installRedis({ terminal, environment, signal }: CommandContext): Promise<ExitCode> {
  const { program, wasThere } = await installServer({ environment, signal, report: (line) => terminal.note(line) });
  const name = `${program.product} ${program.version}`;
  terminal.note(wasThere ? `${name} is there already; nothing to install` : `${name} is installed`);
  terminal.result(program.path);
  return EXIT.done;
}
