/**
 * Debian's package manager, as an ordinary user. One rule: nothing of the system is changed: state, lists, cache and
 * logs lie in a folder of ours, and packages are only downloaded. Where from, and with whose signature, is what the
 * system's own sources say.
 */
import { copyFile, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { OperationalError } from "@umbel/core";
import { codeOf } from "../system-error.ts";
import { type RunOptions, type RunResult, runOrThrow, runProgram } from "./run-program.ts";

/** What the system's apt is set up to do besides, for which we have no use or no right. */
const SETTINGS = `
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Invoke;
#clear DPkg::Post-Invoke;
#clear Acquire::IndexTargets::deb::DEP-11;
#clear Acquire::IndexTargets::deb::DEP-11-icons;
#clear Acquire::IndexTargets::deb::DEP-11-icons-small;
#clear Acquire::IndexTargets::deb::DEP-11-icons-large;
#clear Acquire::IndexTargets::deb::DEP-11-icons-hidpi;
#clear Acquire::IndexTargets::deb::DEP-11-icons-large-hidpi;
#clear Acquire::IndexTargets::deb::CNF;
#clear Acquire::IndexTargets::deb::Contents-deb;
Acquire::IndexTargets::deb-src::Sources::DefaultEnabled "false";
Acquire::Languages "none";
Acquire::AllowInsecureRepositories "false";
Acquire::Retries "2";
APT::Get::AllowUnauthenticated "false";
`;

/** Debian's package manager with a state of its own. */
export class Apt {
  readonly #folder: string;
  readonly #options: RunOptions;

  /** @param folder an empty folder, for all that apt writes */
  constructor(folder: string, options: RunOptions) {
    this.#folder = folder;
    this.#options = options;
  }

  /** Makes the folders that apt needs. */
  async prepare(): Promise<void> {
    for (const name of ["state/lists/partial", "cache/archives/partial", "log", "packages"]) {
      await mkdir(join(this.#folder, name), { recursive: true });
    }
    await writeFile(join(this.#folder, "apt.conf"), SETTINGS);
    // apt keeps its locks beside this file, so it must be a copy.
    const status = join(this.#folder, "status");
    await copyFile("/var/lib/dpkg/status", status).catch(async (error: unknown) => {
      if (codeOf(error) !== "ENOENT") throw error;
      await writeFile(status, "");
    });
  }

  /** Fetches the package lists. Some may fail, of sources that are not needed here, and the result says so. */
  async update(): Promise<RunResult> {
    return runProgram("apt-get", [...this.#arguments(), "update"], this.#options);
  }

  /** Gives the version that each package would be installed in; those that no source has are left out. */
  async findVersions(names: readonly string[]): Promise<Map<string, string>> {
    const output = await runOrThrow("apt-cache", [...this.#arguments(), "policy", ...names], this.#options);
    const versions = new Map<string, string>();
    for (const block of output.split(/^(?=\S)/m)) {
      const [, name] = /^(\S+):$/m.exec(block) ?? [];
      const [, version] = /^ {2}Candidate: (\S+)$/m.exec(block) ?? [];
      if (name !== undefined && version !== undefined && version !== "(none)") versions.set(name, version);
    }
    return versions;
  }

  /** Gives the library packages that packages depend on, directly or by others, but the C library. */
  async findLibraries(names: readonly string[]): Promise<string[]> {
    const libraries = new Set<string>();
    let frontier = [...names];
    while (frontier.length > 0) {
      const kinds = ["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"].map(
        (kind) => `--no-${kind}`,
      );
      const output = await runOrThrow(
        "apt-cache",
        [...this.#arguments(), "depends", ...kinds, ...frontier],
        this.#options,
      );
      frontier = firstChoices(output).filter(
        (name) => name.startsWith("lib") && name !== "libc6" && !libraries.has(name),
      );
      for (const name of frontier) libraries.add(name);
    }
    return [...libraries];
  }

  /**
   * Downloads packages, checks them against the signed lists, and gives the paths of their files.
   * @throws OperationalError when one cannot be had, or is not what was signed
   */
  async download(names: readonly string[]): Promise<string[]> {
    const directory = join(this.#folder, "packages");
    const before = new Set(await readdir(directory));
    const options = { ...this.#options, directory };
    await runOrThrow("apt-get", [...this.#arguments(), "download", ...new Set(names)], options);
    const files = (await readdir(directory)).filter((name) => name.endsWith(".deb") && !before.has(name));
    if (files.length === 0) throw new OperationalError(`apt-get downloaded nothing of ${names.join(", ")}`);
    return files.map((name) => join(directory, name));
  }

  #arguments(): string[] {
    const settings = {
      "Dir::State": join(this.#folder, "state"),
      "Dir::State::lists": join(this.#folder, "state/lists"),
      "Dir::State::status": join(this.#folder, "status"),
      "Dir::Cache": join(this.#folder, "cache"),
      "Dir::Cache::archives": join(this.#folder, "cache/archives"),
      "Dir::Log": join(this.#folder, "log"),
      // For root, apt would download as the user `_apt`, who may not write to our folder.
      "APT::Sandbox::User": "root",
    };
    const pairs = Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
    // `-c` is read after the system's settings, so that it can take some of them back.
    return ["-c", join(this.#folder, "apt.conf"), ...pairs, "-q"];
  }
}

/** Reads `apt-cache depends`: of alternatives, marked by a bar, the first is taken; `<names>` are no real packages. */
function firstChoices(output: string): string[] {
  const names: string[] = [];
  let isAlternative = false;
  for (const line of output.split("\n")) {
    const [, bar, name] = /^ ([ |])(?:Pre)?Depends: (\S+)$/.exec(line) ?? [];
    if (name === undefined) continue;
    if (!isAlternative && !name.startsWith("<")) names.push(name);
    isAlternative = bar === "|";
  }
  return names;
}
