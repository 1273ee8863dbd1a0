/**
 * The module that is meant where none is named: by a flow file that imports nothing, or a command without `-A`. One rule:
 * what lies beside comes before what package.json says.
 */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { codeOf, describeSystemError } from "../broker/system-error.ts";
import { findInFolder, TRIED_NAMES } from "./candidates.ts";
import { showFile } from "./import-module.ts";
import { ModuleError } from "./module-error.ts";

/** What `-A` would have to say, or where was looked in vain. */
export type DefaultModule =
  | {
      readonly kind: "found";
      /** As after `-A`: a path and perhaps an export. */
      readonly spec: string;
      /** What a relative path in `spec` is relative to. */
      readonly directory: string;
    }
  | {
      readonly kind: "none";
      /** What was looked for, as the end of a sentence. */
      readonly tried: string;
    };

/**
 * Finds the module of a folder: its `tasks.ts`, `app.ts`, `flow.ts` or `index.ts`, else what `"umbel": { "app": … }` of
 * the nearest package.json names.
 * @param folder absolute path
 * @throws ModuleError when that package.json cannot be read, or says something else there than a path
 */
export async function findDefaultModule(folder: string): Promise<DefaultModule> {
  const found = await findInFolder(folder);
  if (found.kind === "found") return { kind: "found", spec: found.file, directory: folder };
  const manifest = await findManifest(folder);
  const spec = manifest === undefined ? undefined : readAppField(manifest);
  if (manifest !== undefined && spec !== undefined) return { kind: "found", spec, directory: dirname(manifest.path) };
  const field =
    manifest === undefined
      ? 'and no package.json with `"umbel": { "app": … }`'
      : `and \`"umbel": { "app": … }\` of ${showFile(manifest.path)}`;
  return { kind: "none", tried: `${TRIED_NAMES} in ${folder}, ${field}` };
}

interface Manifest {
  readonly path: string;
  readonly content: unknown;
}

async function findManifest(folder: string): Promise<Manifest | undefined> {
  for (let current = folder; ; current = dirname(current)) {
    const path = join(current, "package.json");
    const text = await readFile(path, "utf8").catch((cause: unknown) => {
      if (codeOf(cause) === "ENOENT") return undefined;
      throw new ModuleError(`cannot read ${showFile(path)}: ${describeSystemError(cause)}`, { cause });
    });
    if (text !== undefined) return { path, content: parseJson(path, text) };
    if (dirname(current) === current) return undefined;
  }
}

function readAppField({ path, content }: Manifest): string | undefined {
  const umbel = typeof content === "object" && content !== null && "umbel" in content ? content.umbel : undefined;
  if (umbel === undefined) return undefined;
  const app = typeof umbel === "object" && umbel !== null && "app" in umbel ? umbel.app : undefined;
  if (typeof app === "string" && app !== "") return app;
  throw new ModuleError(
    `${showFile(path)}: "umbel" must be like { "app": "./tasks.ts" }; got ${JSON.stringify(umbel)}`,
  );
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ModuleError(`${showFile(path)} is no JSON: ${describeSystemError(cause)}`, { cause });
  }
}
