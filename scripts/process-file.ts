/** One file of JavaScript of a TypeScript file and all it imports. One rule: it is made once for the many processes that run it, as making it in each costs a second of CPU. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const ROOT = join(import.meta.dirname, "..");
const ESBUILD = join(ROOT, "node_modules/.bin/esbuild");
/** Packages of old have `require` in a module. */
const BANNER =
  'import { createRequire as requireFor } from "node:module"; const require = requireFor(import.meta.url);';

/** A program for `node`, made of sources. */
export class ProcessFile {
  /** Inside of a package, so that what is loaded at run time is found from there. */
  readonly #folder = mkdtempSync(join(ROOT, "packages/umbel/.tmp-process-"));
  /** What `node` runs. */
  readonly path = join(this.#folder, "process.mjs");

  /** Makes it. @throws Error with what esbuild says when it cannot be made */
  static async of(source: string): Promise<ProcessFile> {
    const file = new ProcessFile();
    const options = ["--bundle", "--platform=node", "--format=esm", "--target=node20", "--conditions=source"];
    const words = [source, ...options, `--banner:js=${BANNER}`, `--outfile=${file.path}`, "--log-level=error"];
    try {
      await promisify(execFile)(ESBUILD, words);
    } catch (error) {
      file.remove();
      throw error;
    }
    return file;
  }

  /** Removes it. */
  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
