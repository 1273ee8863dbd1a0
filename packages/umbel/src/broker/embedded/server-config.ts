/** The settings of the project's server, as text for its standard input. */
import type { FlowFolder } from "./flow-folder.ts";
import type { ServerAccess } from "./server-record.ts";

/**
 * Gives the settings: reached by the unix socket only, with a password, nothing evicted, every write logged to disk.
 */
export function serverConfig(folder: FlowFolder, { socketPath, password }: ServerAccess): string {
  const settings = [
    ["port", "0"],
    ["unixsocket", socketPath],
    ["unixsocketperm", "600"],
    ["requirepass", password],
    ["dir", folder.path],
    ["daemonize", "no"],
    // Empty is standard output, which is the log file: so it also holds what the system says when a program cannot start.
    ["logfile", ""],
    ["appendonly", "yes"],
    // The append-only log is enough; snapshots would only cost.
    ["save", ""],
    ["maxmemory-policy", "noeviction"],
  ];
  return settings.map(([name, value]) => `${name} ${quote(value ?? "")}\n`).join("");
}

/** Redis's own quoting (`sdssplitargs`): any byte may be written as `\xHH`, so every path can be. */
function quote(value: string): string {
  const bytes = [...Buffer.from(value)].map((byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9 ./_+=:@,-]/.test(character) ? character : `\\x${byte.toString(16).padStart(2, "0")}`;
  });
  return `"${bytes.join("")}"`;
}
