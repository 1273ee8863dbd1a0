/**
 * From what people write to the run that they mean. One rule: what leads to one run alone is enough, and a text that may
 * mean several is refused with their names.
 */
import { parseNodeId, RunExpiredError, type RunKey, readableId, UnknownRunError } from "@umbel/core";
import type { StoredRun } from "../store/graph-store.ts";
import type { RunEntry } from "./run-index.ts";
import type { Runtime } from "./runtime.ts";

/** A run that is stored. */
export interface FoundRun {
  readonly runKey: RunKey;
  readonly stored: StoredRun;
}

type Parts = Pick<Runtime, "store" | "aliases" | "runIndex">;

/** How many entries of the index are read at once. */
const ENTRIES_AT_ONCE = 1000;

/** How many characters of an id tell the run; those behind them tell the node. */
const RUN_KEY_LENGTH = 28;

/** Behind each text that begins with another one, in the order of the index. */
const LAST_CHARACTER = "~";

/** Finds a run. @throws UnknownRunError, RunExpiredError */
export async function findRun(parts: Parts, text: string): Promise<FoundRun> {
  const node = parseNodeId(text) ?? (await parts.aliases.find(text));
  if (node !== undefined) {
    const stored = await parts.store.describe(node.runKey);
    if (stored === undefined)
      throw new RunExpiredError(`run ${text} is not stored any more: it expired or was forgotten`);
    return { runKey: node.runKey, stored };
  }
  const { named, begun } = await candidates(parts, text);
  const [youngest] = await storedOf(parts, named, 1);
  if (youngest !== undefined) return youngest;
  const [found, ...others] = await storedOf(parts, begun, MOST_NAMED + 1);
  if (found === undefined) {
    throw new UnknownRunError(
      `no run is called ${JSON.stringify(text)}, and no id begins so; \`flow runs\`, or \`app.runs.list()\`, tells which runs there are`,
    );
  }
  if (others.length === 0) return found;
  const shown = [found, ...others].slice(0, MOST_NAMED).map(({ runKey }) => `${readableId(runKey)} (${runKey}…)`);
  const rest = others.length >= MOST_NAMED ? ", and others" : "";
  throw new UnknownRunError(`${JSON.stringify(text)} may mean ${shown.join(", ")}${rest}; write more of the id`);
}

/** How many runs a message names at most. */
const MOST_NAMED = 3;

/** The runs of a name, and those whose ids begin with a text, the youngest first. */
async function candidates(
  { runIndex }: Parts,
  text: string,
): Promise<{ readonly named: readonly RunEntry[]; readonly begun: readonly RunEntry[] }> {
  const named: RunEntry[] = [];
  const begun = new Map<RunKey, RunEntry>();
  if (/^[0-9a-f-]+$/i.test(text)) {
    const prefix = text.toLowerCase().slice(0, RUN_KEY_LENGTH);
    const range = { failed: false, from: prefix, before: prefix + LAST_CHARACTER, most: ENTRIES_AT_ONCE };
    for (const entry of await runIndex.read(range)) begun.set(entry.runKey, entry);
  }
  for (let before: RunKey | undefined; text !== ""; ) {
    const range = { failed: false, most: ENTRIES_AT_ONCE, ...(before === undefined ? {} : { before }) };
    const entries = await runIndex.read(range);
    for (const entry of entries) {
      if (entry.name === text) named.push(entry);
      if (readableId(entry.runKey).startsWith(text)) begun.set(entry.runKey, entry);
    }
    before = entries.at(-1)?.runKey;
    if (entries.length < ENTRIES_AT_ONCE) break;
  }
  return { named, begun: [...begun.values()] };
}

/** Those that are stored still, as many as are asked for; the others are taken out of the index. */
async function storedOf(parts: Parts, entries: readonly RunEntry[], most: number): Promise<FoundRun[]> {
  const found: FoundRun[] = [];
  for (const entry of entries) {
    if (found.length === most) break;
    const stored = await parts.store.describe(entry.runKey);
    if (stored === undefined) await parts.runIndex.remove([entry]);
    else found.push({ runKey: entry.runKey, stored });
  }
  return found;
}
