/** `flow redis status`: whether the Redis of this project runs, and who uses it. */
import { type EmbeddedStatus, readEmbeddedStatus } from "../../broker/embedded/status.ts";
import type { User } from "../../broker/embedded/users.ts";
import { findProject } from "../../broker/project.ts";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";

/** Prints the status of the current folder's project. */
export async function showStatus({ terminal, directory }: CommandContext): Promise<ExitCode> {
  terminal.result(describeStatus(await readEmbeddedStatus(await findProject(directory))));
  return EXIT.done;
}

/** Gives one line for each user. */
export function describeUsers(users: readonly User[]): string {
  return users.map(({ name, pid, since }) => `  ${name} (process ${pid}, since ${since})`).join("\n");
}

function describeStatus(status: EmbeddedStatus): string {
  if (status.kind === "stopped") return `the Redis of ${status.project} does not run`;
  const version = status.version === undefined ? "Redis" : `${status.version.product} ${status.version.version}`;
  const pid = status.pid === undefined ? "" : `, process ${status.pid}`;
  const state =
    status.kind === "silent"
      ? "does not answer"
      : `runs${status.uptimeSeconds === undefined ? "" : ` for ${describeSeconds(status.uptimeSeconds)}`}`;
  const lines = [`the Redis of ${status.project} ${state} (${version}${pid})`, `socket: ${status.socketPath}`];
  if (status.memoryBytes !== undefined) lines.push(`memory: ${(status.memoryBytes / 1_048_576).toFixed(1)} MiB`);
  lines.push(status.users.length === 0 ? "users: none" : `users:\n${describeUsers(status.users)}`);
  return lines.join("\n");
}

function describeSeconds(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h`;
}
