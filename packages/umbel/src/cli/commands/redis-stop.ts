/** `flow redis stop`: ends the Redis of this project, if nobody needs it. */
import { stopEmbeddedRedis } from "../../broker/embedded/stop.ts";
import { findProject } from "../../broker/project.ts";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { describeUsers } from "./redis-status.ts";

/** Ends the Redis of the current folder's project; one that is in use only by force. */
export async function stopRedis({ terminal, directory, signal }: CommandContext, force: boolean): Promise<ExitCode> {
  const project = await findProject(directory);
  const result = await stopEmbeddedRedis(project, { force, signal });
  switch (result.kind) {
    case "not-running":
      terminal.note(`the Redis of ${project} does not run`);
      return EXIT.done;
    case "stopped":
      terminal.note(`the Redis of ${project} is stopped; its data stays in ${project}/.flow`);
      if (result.evicted.length > 0)
        terminal.warn(`these used it and have to be started again:\n${describeUsers(result.evicted)}`);
      return EXIT.done;
    case "in-use":
      terminal.error(`the Redis of ${project} is in use; end these, or add --force:\n${describeUsers(result.users)}`);
      return EXIT.failed;
  }
}
