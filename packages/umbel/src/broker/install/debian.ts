/**
 * Gets a server from Debian's or Ubuntu's own packages, as an ordinary user. One rule: what lies in the cache under its
 * final name is whole and has run once: it is unpacked and tried under another name, and then renamed.
 */
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { OperationalError } from "@umbel/core";
import { examineProgram, installFolder, type ServerProgram } from "../find-server.ts";
import { describeTooOld, type ServerVersion } from "../server-version.ts";
import { codeOf } from "../system-error.ts";
import { Apt } from "./apt.ts";
import { lastLines, type RunOptions, type RunResult, runOrThrow, runProgram } from "./run-program.ts";
import type { System } from "./system.ts";

/** How to install. */
export interface InstallOptions {
  /** Is told each step, in one line. */
  readonly report: (line: string) => void;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

/** The packages that hold a server: the first is named after the program, the others belong to it. */
interface Choice {
  readonly product: ServerVersion["product"];
  readonly program: string;
  readonly packages: readonly string[];
}

const CHOICES: readonly Choice[] = [
  { product: "Redis", program: "redis-server", packages: ["redis-server", "redis-tools"] },
  { product: "Valkey", program: "valkey-server", packages: ["valkey-server", "valkey-tools"] },
];

/** A folder that was left by an installation that was killed; none takes that long. */
const STALE_AFTER_MS = 3_600_000;

/**
 * Downloads the distribution's packages of a server, with every library that is missing here, and unpacks them into the
 * user's cache.
 * @throws OperationalError when the packages cannot be had, are too old, or do not run here
 */
export async function installFromDebian(system: System, options: InstallOptions): Promise<ServerProgram> {
  const folder = installFolder(options.environment);
  await mkdir(folder, { recursive: true });
  await removeStale(folder);
  const draft = await mkdtemp(join(folder, ".unpacking-"));
  try {
    const aptFolder = join(draft, "apt");
    await mkdir(aptFolder);
    const apt = new Apt(aptFolder, options);
    await apt.prepare();
    options.report(`reading the package lists of ${system.name}`);
    const update = await apt.update();
    const { choice, version } = await choose(apt, system, update);
    options.report(`downloading ${choice.packages.join(" and ")} ${version}`);
    const unpacked = join(draft, "server");
    await unpack(await apt.download(choice.packages), unpacked, options);
    await writeStarter(unpacked, choice.program);
    await addLibraries(apt, choice, unpacked, options);
    return await settle(
      unpacked,
      join(folder, `${choice.program}-${version.replaceAll(/[^A-Za-z0-9.+~-]/g, "_")}-${process.arch}`),
    );
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function choose(apt: Apt, system: System, update: RunResult): Promise<{ choice: Choice; version: string }> {
  const versions = await apt.findVersions(CHOICES.flatMap(({ packages }) => packages));
  const problems: string[] = [];
  for (const choice of CHOICES) {
    const version = versions.get(choice.packages[0] ?? "");
    if (version === undefined || choice.packages.some((name) => !versions.has(name))) continue;
    const tooOld = describeTooOld({ product: choice.product, version: upstreamVersion(version) });
    if (tooOld === undefined) return { choice, version };
    problems.push(tooOld);
  }
  const reason = problems.length > 0 ? problems.join("; ") : "its package lists hold no redis-server";
  const said = update.exitCode === 0 && problems.length > 0 ? "" : lastLines(update.stderr);
  throw new OperationalError(`cannot install a server from ${system.name}: ${reason}; ${system.advice}${said}`);
}

/** Debian's versions are `epoch:upstream-revision`. */
function upstreamVersion(version: string): string {
  return /^(?:\d+:)?(\d+(?:\.\d+)*)/.exec(version)?.[1] ?? "0";
}

async function unpack(files: readonly string[], folder: string, options: RunOptions): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const file of files) await runOrThrow("dpkg-deb", ["--extract", file, join(folder, "root")], options);
}

/**
 * Adds the libraries that the server misses. What dpkg says is installed may be missing all the same, in a container
 * that was made small: so it is tried, and if need be all of them are taken.
 */
async function addLibraries(apt: Apt, choice: Choice, unpacked: string, options: InstallOptions): Promise<void> {
  const starter = join(unpacked, "redis-server");
  let examined = await examineProgram(starter);
  if (typeof examined !== "string") return;
  const libraries = await apt.findLibraries(choice.packages);
  const installed = await listInstalled(options);
  const [there, missing] = [
    libraries.filter((name) => installed.has(name)),
    libraries.filter((name) => !installed.has(name)),
  ];
  for (const names of [missing, there]) {
    if (names.length === 0) continue;
    options.report(`downloading ${names.join(", ")}`);
    await unpack(await apt.download(names), unpacked, options);
    await writeStarter(unpacked, choice.program);
    examined = await examineProgram(starter);
    if (typeof examined !== "string") return;
  }
  throw new OperationalError(`the ${choice.program} of this system's packages cannot be used here: ${examined}`);
}

async function listInstalled(options: InstallOptions): Promise<Set<string>> {
  const { stdout } = await runProgram("dpkg-query", ["-W", "-f", `\${db:Status-Status} \${Package}\\n`], options);
  const lines = stdout.split("\n").filter((line) => line.startsWith("installed "));
  return new Set(lines.map((line) => line.slice("installed ".length)));
}

/** Writes `redis-server`, a script that runs the unpacked program with the libraries that lie beside it. */
async function writeStarter(unpacked: string, program: string): Promise<void> {
  const folders = (await findLibraryFolders(join(unpacked, "root"))).map((path) => `$here/${relative(unpacked, path)}`);
  const lines = [
    "#!/bin/sh",
    "# Made by `flow redis install`.",
    `here=\${0%/*}`,
    ...(folders.length === 0
      ? []
      : [`LD_LIBRARY_PATH="${folders.join(":")}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"`, "export LD_LIBRARY_PATH"]),
    `exec "$here/root/usr/bin/${program}" "$@"`,
  ];
  const path = join(unpacked, "redis-server");
  await writeFile(path, `${lines.join("\n")}\n`);
  await chmod(path, 0o755);
}

async function findLibraryFolders(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const libraries = entries.filter((entry) => !entry.isDirectory() && /^lib.*\.so(\.|$)/.test(entry.name));
  return [...new Set(libraries.map((entry) => entry.parentPath))].sort();
}

async function settle(unpacked: string, target: string): Promise<ServerProgram> {
  try {
    await rename(unpacked, target);
  } catch (error) {
    // Another installation was faster, with the same version.
    if (codeOf(error) !== "ENOTEMPTY" && codeOf(error) !== "EEXIST") throw error;
  }
  const examined = await examineProgram(join(target, "redis-server"));
  if (typeof examined !== "string") return examined;
  throw new OperationalError(`${examined}; remove ${target} and try again`);
}

async function removeStale(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(".unpacking-")) continue;
    const path = join(folder, name);
    const stats = await stat(path).catch(() => undefined);
    if (stats !== undefined && Date.now() - stats.mtimeMs > STALE_AFTER_MS)
      await rm(path, { recursive: true, force: true });
  }
}
