/**
 * The `.flow` folder of a project: what lies in it and who may read it. One rule: it holds a password and the users'
 * data, so it is open to its owner only, and it never gets into git.
 */
import { randomUUID } from "node:crypto";
import { chmod, mkdir, readFile, rename, stat, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { OperationalError } from "@umbel/core";
import { codeOf, describeSystemError } from "../system-error.ts";

/** The paths in a project's `.flow` folder. */
export interface FlowFolder {
  /** Real path of the project. */
  readonly project: string;
  readonly path: string;
  /** Where the server is, and its password. */
  readonly record: string;
  /** One file for each user. */
  readonly users: string;
  /** What the server prints. */
  readonly log: string;
}

/** Gives the paths; touches nothing. */
export function flowFolder(project: string): FlowFolder {
  const path = join(project, ".flow");
  return {
    project,
    path,
    record: join(path, "redis.json"),
    users: join(path, "users"),
    log: join(path, "redis.log"),
  };
}

/**
 * Makes the folder, open to its owner only, with a `.gitignore` that keeps all of it out of git. Safe to repeat.
 * @throws OperationalError when that is not allowed there
 */
export async function makeFlowFolder(folder: FlowFolder): Promise<void> {
  try {
    // Not recursive: a project that was removed is not brought back.
    await makeFolder(folder.path);
    await makeFolder(folder.users);
    // It may be there from before, and with other rights.
    const { mode } = await stat(folder.path);
    if ((mode & 0o777) !== 0o700) await chmod(folder.path, 0o700);
    await writeFile(join(folder.path, ".gitignore"), "*\n", { flag: "wx" }).catch((error: unknown) => {
      if (codeOf(error) !== "EEXIST") throw error;
    });
  } catch (cause) {
    throw new OperationalError(
      `cannot use ${folder.path}: ${describeSystemError(cause)}; work in a folder that is yours, or name a broker by --broker or FLOW_BROKER`,
      { cause },
    );
  }
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
    if (codeOf(error) !== "EEXIST") throw error;
  });
}

/** Reads a file of the folder as JSON; `undefined` when it is not there, or was not written by us. */
export async function readJsonFile(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw new OperationalError(`cannot read ${path}: ${describeSystemError(error)}`, { cause: error });
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Writes a file that only its owner may read, whole or not at all: a reader sees the old text or the new. */
export async function writeJsonFile(path: string, value: unknown): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeFile(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600, flag: "wx" });
    await rename(draft, path);
  } catch (cause) {
    await removeFile(draft);
    throw new OperationalError(`cannot write ${path}: ${describeSystemError(cause)}`, { cause });
  }
}

/** Removes a file; that it is gone already is fine. */
export async function removeFile(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (codeOf(error) !== "ENOENT") throw error;
  });
}
