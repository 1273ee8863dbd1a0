/** Which system this is, as far as it matters for getting a redis-server. */
import { readFile } from "node:fs/promises";

/** The system, and what a person types there to get a server where we cannot. */
export interface System {
  /** `debian`: Debian, Ubuntu and their kin. `other`: nothing we can install on by ourselves. */
  readonly kind: "debian" | "macos" | "windows" | "other";
  /** Its name and version for people, such as `Debian GNU/Linux 12 (bookworm)`. */
  readonly name: string;
  /** What to do by hand, as the end of a sentence. */
  readonly advice: string;
}

/** What installs a server on each family of Linux; looked up by the `ID` and `ID_LIKE` of os-release. */
const COMMANDS: Readonly<Record<string, string>> = {
  alpine: "sudo apk add redis",
  arch: "sudo pacman -S valkey",
  fedora: "sudo dnf install valkey",
  rhel: "sudo dnf install redis",
  suse: "sudo zypper install redis",
  opensuse: "sudo zypper install redis",
  gentoo: "sudo emerge dev-db/redis",
  void: "sudo xbps-install redis",
  nixos: "nix-env -iA nixos.redis",
};

const CONTAINER = "docker run -d -p 127.0.0.1:6379:6379 redis:7-alpine";

/** Tells which system this is. */
export async function detectSystem(): Promise<System> {
  if (process.platform === "darwin") return { kind: "macos", name: "macOS", advice: "type `brew install redis`" };
  if (process.platform === "win32") {
    return { kind: "windows", name: "Windows", advice: "use Umbel inside WSL" };
  }
  return describeLinux(await readFile("/etc/os-release", "utf8").catch(() => ""));
}

/** Reads the text of `/etc/os-release`. */
export function describeLinux(osRelease: string): System {
  const fields = new Map<string, string>();
  for (const line of osRelease.split("\n")) {
    const [, key, value] = /^([A-Z_]+)=["']?(.*?)["']?$/.exec(line.trim()) ?? [];
    if (key !== undefined && value !== undefined) fields.set(key, value);
  }
  const ids = [fields.get("ID") ?? "", ...(fields.get("ID_LIKE") ?? "").split(/\s+/)];
  const name = fields.get("PRETTY_NAME") ?? fields.get("NAME") ?? process.platform;
  const command = ids
    .map((id) => (Object.hasOwn(COMMANDS, id) ? COMMANDS[id] : undefined))
    .find((one) => one !== undefined);
  const byHand = command ?? `${CONTAINER} && export FLOW_BROKER=redis://127.0.0.1:6379`;
  const isDebian = ids.includes("debian") || ids.includes("ubuntu");
  return { kind: isDebian ? "debian" : "other", name, advice: `type \`${byHand}\`` };
}
