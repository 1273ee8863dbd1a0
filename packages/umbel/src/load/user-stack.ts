/**
 * The part of a stack that people can do something about. One rule: frames of Node, of ours and of what we run on are
 * left out; those of the user's own files and packages stay.
 */
import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** What we run on. */
const CARRIERS = ["tsx", "esbuild", "bullmq", "ioredis", "commander", "chevrotain"];

/**
 * Gives the frames of an error's stack that are the user's, one line each, such as `at add (/home/ann/tasks.ts:3:9)`.
 * Empty when none is.
 */
export function userFrames(stack: string): readonly string[] {
  const frames = stack.split("\n").filter((line) => /^\s+at /.test(line));
  return frames.map((frame) => showPath(frame.trim())).filter(isUsers);
}

function showPath(frame: string): string {
  const place = frame.replace(/file:\/\/[^\s):]+/g, (url) => {
    try {
      return fileURLToPath(url);
    } catch {
      return url;
    }
  });
  // A function without a name is only its place.
  return place.replace(/^at (async )?<anonymous> \((.*)\)$/, "at $1$2");
}

function isUsers(frame: string): boolean {
  if (/\bnode:|\(native\)|<anonymous>\)?$/.test(frame)) return false;
  if (CARRIERS.some((name) => frame.includes(`${sep}node_modules${sep}${name}${sep}`))) return false;
  return !ownFolders().some((folder) => frame.includes(folder));
}

let folders: readonly string[] | undefined;

/** The folders of our packages: in a workspace they lie elsewhere than under node_modules. */
function ownFolders(): readonly string[] {
  folders ??= findOwnFolders();
  return folders;
}

function findOwnFolders(): string[] {
  const require = createRequire(import.meta.url);
  const names = ["@umbel/core", "@umbel/canvas", "@umbel/dsl", "umbel"];
  return names.flatMap((name) => {
    const packageFolder = dirname(require.resolve(`${name}/package.json`));
    return ["src", "dist", "bin"].map((part) => `${realpathSync(packageFolder)}${sep}${part}${sep}`);
  });
}
