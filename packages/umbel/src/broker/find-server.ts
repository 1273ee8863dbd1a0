/**
 * Finds a redis-server or valkey-server program on this machine. One rule: what is found was run once with
 * `--version`, so a broken program or one that is too old is passed over and told of.
 */
import { execFile } from "node:child_process";
import { access, constants, readdir } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, isAbsolute, join } from "node:path";
import { promisify } from "node:util";
import { OperationalError } from "@umbel/core";
import { describeTooOld, parseVersionLine, type ServerVersion } from "./server-version.ts";
import { describeSystemError } from "./system-error.ts";

/** A server program that starts on this machine and is new enough. */
export interface ServerProgram extends ServerVersion {
  /** Absolute path of the program. */
  readonly path: string;
}

/** What a search found, and what it had to pass over. */
export interface ServerSearch {
  readonly program?: ServerProgram;
  /** Why each program that was passed over cannot be used; one line each. */
  readonly passedOver: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

const PROGRAMS = ["redis-server", "valkey-server"];

/** Where Homebrew puts programs; often missing in the PATH of editors and launch agents. */
const HOMEBREW_FOLDERS = ["/opt/homebrew/bin", "/usr/local/bin", "/home/linuxbrew/.linuxbrew/bin"];

const VERSION_TIMEOUT_MS = 10_000;

/**
 * Gives the first program that can be used: `$FLOW_REDIS_BIN`, then those on PATH, Homebrew's, and last what
 * `flow redis install` put into the user's cache; `undefined` when there is none.
 * @throws OperationalError when `$FLOW_REDIS_BIN` is set and cannot be used
 */
export async function findServer(environment: Environment = process.env): Promise<ServerProgram | undefined> {
  return (await searchServer(environment)).program;
}

/**
 * As findServer, but also tells what was passed over.
 * @throws OperationalError when `$FLOW_REDIS_BIN` is set and cannot be used
 */
export async function searchServer(environment: Environment = process.env): Promise<ServerSearch> {
  const wanted = environment.FLOW_REDIS_BIN?.trim();
  if (wanted) return { program: await examineWanted(wanted), passedOver: [] };
  const passedOver: string[] = [];
  for (const path of await listCandidates(environment)) {
    const examined = await examineProgram(path);
    if (typeof examined !== "string") return { program: examined, passedOver };
    passedOver.push(examined);
  }
  return { passedOver };
}

/** Gives the folder that `flow redis install` unpacks servers into, one folder each. */
export function installFolder(environment: Environment = process.env): string {
  const cache = environment.XDG_CACHE_HOME;
  // The XDG specification: a path that is not absolute must be ignored.
  const base = cache !== undefined && isAbsolute(cache) ? cache : join(environment.HOME || homedir(), ".cache");
  return join(base, "umbel", "redis");
}

/**
 * Runs a program with `--version`.
 * @returns the program, or one line that says why it cannot be used
 */
export async function examineProgram(path: string): Promise<ServerProgram | string> {
  let output: string;
  try {
    ({ stdout: output } = await promisify(execFile)(path, ["--version"], { timeout: VERSION_TIMEOUT_MS }));
  } catch (cause) {
    return `${path} does not start: ${describeFailure(cause)}`;
  }
  const version = parseVersionLine(output);
  if (version === undefined)
    return `${path} is neither Redis nor Valkey: its \`--version\` says "${firstLine(output)}"`;
  const tooOld = describeTooOld(version);
  return tooOld === undefined ? { path, ...version } : `${path}: ${tooOld}`;
}

async function examineWanted(path: string): Promise<ServerProgram> {
  const examined = isAbsolute(path) ? await examineProgram(path) : `${path} is not an absolute path`;
  if (typeof examined !== "string") return examined;
  throw new OperationalError(`FLOW_REDIS_BIN: ${examined}; set it to a redis-server of your own, or unset it`);
}

async function listCandidates(environment: Environment): Promise<string[]> {
  const onPath = (environment.PATH ?? "").split(delimiter).filter(isAbsolute);
  const folders = [...new Set([...onPath, ...HOMEBREW_FOLDERS])];
  const installed = await listInstalled(installFolder(environment));
  const paths = [...folders.flatMap((folder) => PROGRAMS.map((name) => join(folder, name))), ...installed];
  const executable = await Promise.all(paths.map(isExecutable));
  return paths.filter((_, index) => executable[index]);
}

async function listInstalled(folder: string): Promise<string[]> {
  // No such folder: nothing was ever installed.
  const names = await readdir(folder).catch(() => []);
  // A folder that is still being unpacked begins with a dot. The newest version comes first.
  const complete = names
    .filter((name) => !name.startsWith("."))
    .sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
  return complete.map((name) => join(folder, name, "redis-server"));
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function describeFailure(cause: unknown): string {
  const hasOutput = typeof cause === "object" && cause !== null && "stderr" in cause;
  const stderr = hasOutput && typeof cause.stderr === "string" ? cause.stderr : "";
  return firstLine(stderr) || firstLine(describeSystemError(cause));
}

function firstLine(text: string): string {
  return text.trim().split("\n", 1)[0] ?? "";
}
