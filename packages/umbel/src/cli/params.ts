/** The values that `-p` and `--params` give. */
import { readFile } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { text } from "node:stream/consumers";
import type { ParamValue, ParamValues } from "@umbel/dsl";
import { describeSystemError } from "../broker/system-error.ts";
import { UsageError } from "./usage-error.ts";

/**
 * Reads `name=value` each; what a value means is decided by the param's type.
 * @throws UsageError when one is malformed, or a name comes twice
 */
export function readParams(texts: readonly string[]): ParamValues {
  const values = new Map<string, ParamValue>();
  for (const text of texts) {
    const [, name, value] = /^([\p{ID_Start}_][\p{ID_Continue}]*)=(.*)$/su.exec(text) ?? [];
    if (name === undefined || value === undefined) {
      throw new UsageError(`-p ${text}: write it as name=value, such as \`-p n=3\``);
    }
    if (values.has(name)) throw new UsageError(`-p ${text}: \`${name}\` was given before`);
    values.set(name, { text: value });
  }
  // Unlike an object literal's, a name such as __proto__ stays a name here.
  return Object.fromEntries(values);
}

/**
 * Reads the values of a file and of `-p`, which win.
 * @param file JSON or YAML, an object; `-` is standard input
 * @throws UsageError when either is malformed
 */
export async function readAllParams(
  texts: readonly string[],
  file: string | undefined,
  directory: string,
): Promise<ParamValues> {
  const given = readParams(texts);
  if (file === undefined) return given;
  const values = await readObject(file, directory);
  const all = new Map<string, ParamValue>();
  for (const [name, value] of Object.entries(values)) all.set(name, { value: value as unknown });
  for (const [name, value] of Object.entries(given)) all.set(name, value);
  return Object.fromEntries(all);
}

async function readObject(file: string, directory: string): Promise<object> {
  const what = file === "-" ? "--params - (standard input)" : `--params ${file}`;
  const content = await read(file, directory).catch((error: unknown) => {
    throw new UsageError(`${what}: cannot be read: ${describeSystemError(error)}`);
  });
  let parsed: unknown;
  try {
    // Each JSON text is YAML too; but the messages of JSON.parse are better for JSON.
    if (extname(file) === ".json") parsed = JSON.parse(content);
    else parsed = (await import("yaml")).parse(content);
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "").replace(/:$/, "") : String(error);
    throw new UsageError(`${what}: ${extname(file) === ".json" ? "no JSON" : "neither JSON nor YAML"}: ${reason}`);
  }
  if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return parsed;
  throw new UsageError(`${what}: must hold one object of values by name, such as { "n": 3 }`);
}

async function read(file: string, directory: string): Promise<string> {
  return file === "-" ? await text(process.stdin) : await readFile(resolve(directory, file), "utf8");
}
