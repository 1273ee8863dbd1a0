/**
 * The types of a flow's tasks, kept from one check to the next. One rule: the compiler runs only where a file has changed
 * since, and only when it is asked for (`flow check`); others take what is there and still true.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { TaskDeclaration, TaskTypes } from "@umbel/dsl";
import { findProject } from "../broker/project.ts";
import { isTypeScript } from "./typescript.ts";

/** Types by `file:line` of the definition. */
export type TypeCatalogue = Readonly<Record<string, TaskTypes>>;

interface Kept {
  readonly version: number;
  /** When each file was changed, in milliseconds since the epoch. */
  readonly files: Readonly<Record<string, number>>;
  readonly tasks: TypeCatalogue;
}

/** Grows with the form of what is kept. */
const VERSION = 1;

/**
 * Gives the types of tasks. Where they cannot be had (no TypeScript, no compiler, a folder that cannot be written), there
 * are none, and flows are checked without.
 * @param mayCompile whether the compiler may run
 */
export async function typesOfTasks(
  tasks: Iterable<TaskDeclaration>,
  folder: string,
  mayCompile: boolean,
): Promise<TypeCatalogue> {
  const files = [...new Set([...tasks].flatMap(({ definedAt }) => fileOf(definedAt) ?? []))].sort();
  const [first] = files;
  if (first === undefined) return {};
  const name = `${createHash("sha256").update(files.join("\n")).digest("hex").slice(0, 16)}.json`;
  const path = join(await findProject(folder), "node_modules/.cache/umbel/types", name);
  const kept = await readKept(path);
  if (kept !== undefined && (await isCurrent(kept))) return kept.tasks;
  if (!mayCompile) return {};
  const { findTypeScript } = await import("./typescript-compiler.ts");
  const typescript = findTypeScript(first);
  if (typescript === undefined) return {};
  const { readTaskTypes } = await import("./read-task-types.ts");
  const read = readTaskTypes(typescript, files);
  const times = await Promise.all(read.files.map(async (file) => [file, await changedAt(file)] as const));
  await keep(path, { version: VERSION, files: Object.fromEntries(times), tasks: read.tasks });
  return read.tasks;
}

/** The types of a task in a catalogue. */
export function typesIn(catalogue: TypeCatalogue, { definedAt }: TaskDeclaration): TaskTypes | undefined {
  return catalogue[definedAt?.replace(/:\d+$/, "") ?? ""];
}

function fileOf(definedAt: string | undefined): string | undefined {
  const file = definedAt?.replace(/:\d+:\d+$/, "");
  return file !== undefined && isTypeScript(file) ? file : undefined;
}

async function readKept(path: string): Promise<Kept | undefined> {
  try {
    const kept = JSON.parse(await readFile(path, "utf8")) as Kept;
    return kept.version === VERSION ? kept : undefined;
  } catch {
    // Nothing is kept yet, or what is there is broken: it is made anew.
    return undefined;
  }
}

async function isCurrent({ files }: Kept): Promise<boolean> {
  const times = await Promise.all(Object.keys(files).map(changedAt));
  return times.every((time, index) => time === Object.values(files)[index]);
}

async function changedAt(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.mtimeMs ?? 0;
}

async function keep(path: string, kept: Kept): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, JSON.stringify(kept));
  } catch {
    // Where nothing can be kept, the compiler runs each time.
  }
}
