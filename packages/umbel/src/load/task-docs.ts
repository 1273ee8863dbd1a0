/**
 * What people write above their tasks: the comment that ends in front of a definition. One rule: it is read from the text of
 * the module, and where there is none, or it cannot be read, there is none.
 */
import { readFile } from "node:fs/promises";
import type { AnyTask } from "@umbel/core";

/** Gives the comments of tasks that have one, by the names of the tasks: their text without stars and tags. */
export async function docsOfTasks(tasks: Iterable<AnyTask>): Promise<ReadonlyMap<string, string>> {
  const docs = new Map<string, string>();
  const texts = new Map<string, Promise<readonly string[]>>();
  for (const { name, definedAt } of tasks) {
    const [, file, line] = /^(.*?):(\d+)(?::\d+)?$/.exec(definedAt ?? "") ?? [];
    if (file === undefined) continue;
    const lines = texts.get(file) ?? readLines(file);
    texts.set(file, lines);
    const doc = docAbove(await lines, Number(line) - 1);
    if (doc !== undefined) docs.set(name, doc);
  }
  return docs;
}

async function readLines(file: string): Promise<readonly string[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  return text.split(/\r?\n/);
}

/** How far above its name a definition may begin, as in `const add =` on a line of its own. */
const MOST_BETWEEN = 2;

/** The block comment or the lines of `//` that end right above a line. */
function docAbove(lines: readonly string[], line: number): string | undefined {
  for (let at = line - 1; at >= Math.max(0, line - 1 - MOST_BETWEEN); at -= 1) {
    const text = lines[at]?.trim() ?? "";
    if (text.endsWith("*/")) return blockEndingAt(lines, at);
    // What stands between must belong to the same statement.
    if (!/[=(,]$/.test(text)) return undefined;
  }
  return undefined;
}

function blockEndingAt(lines: readonly string[], end: number): string | undefined {
  let start = end;
  while (start >= 0 && !(lines[start] ?? "").includes("/*")) start -= 1;
  const block = lines.slice(start, end + 1).join("\n");
  if (!/^\s*\/\*\*/.test(block)) return undefined;
  const text = block
    .replace(/^\s*\/\*\*+/, "")
    .replace(/\*+\/\s*$/, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\*? ?/, "").trimEnd());
  const tags = text.findIndex((line) => line.startsWith("@"));
  return (tags === -1 ? text : text.slice(0, tags)).join("\n").trim() || undefined;
}
