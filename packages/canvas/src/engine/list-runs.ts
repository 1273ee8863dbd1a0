/**
 * Lists of runs. One rule: a page costs what it reads, however many runs there are: entries of the index, and of those that
 * may be meant how they stand.
 */
import {
  type ListRunsOptions,
  nodeId,
  OptionError,
  parseSeconds,
  type RunInfo,
  type RunKey,
  type RunPage,
  type RunState,
  readableId,
  runKeyTime,
} from "@umbel/core";
import { keepForeign } from "../graph/codec.ts";
import type { StoredRun } from "../store/graph-store.ts";
import { entryOf, type RunEntry } from "./run-index.ts";
import type { Runtime } from "./runtime.ts";

type Parts = Pick<Runtime, "store" | "results" | "runIndex" | "activeRuns">;

const DEFAULT_LIMIT = 50;

/** How many entries one page looks at before it ends, and how many at once. */
const MOST_SCANNED = 20_000;
const ENTRIES_AT_ONCE = 500;

/** States that runs have while they go on, and those that only `failed` has. */
const OPEN_STATES: readonly RunState[] = ["STARTED", "PAUSED"];
const FAILED_STATES: readonly RunState[] = ["FAILURE", "REVOKED", "IGNORED"];

const ENDED_STATES: readonly RunState[] = ["SUCCESS", ...FAILED_STATES];

/** Lists runs, the youngest first. @throws OptionError for a cursor that is none */
export async function listRuns(parts: Parts, options: ListRunsOptions): Promise<RunPage> {
  const { limit = DEFAULT_LIMIT, task, name } = options;
  const states = options.state === undefined ? undefined : new Set([options.state].flat());
  const read = await entriesFor(parts, states);
  const { from, until } = boundsOf(options);
  let before = cursorOf(options.cursor) ?? until;
  const runs: RunInfo[] = [];
  for (let scanned = 0; scanned < MOST_SCANNED; ) {
    const entries = await read(before, from);
    scanned += entries.length;
    const meant = entries.filter(
      (entry) => (task === undefined || entry.task === task) && (name === undefined || entry.name === name),
    );
    for (const [entry, info] of await infosOf(parts, meant)) {
      if (states !== undefined && !states.has(info.state)) continue;
      runs.push(info);
      if (runs.length === limit) return { runs, next: entry.runKey };
    }
    const last = entries.at(-1);
    if (last === undefined || entries.length < ENTRIES_AT_ONCE) return { runs };
    before = last.runKey;
  }
  return before === undefined ? { runs } : { runs, next: before };
}

type ReadEntries = (before: string | undefined, from: string | undefined) => Promise<readonly RunEntry[]>;

/** Where entries are read from: those alone that go on or that failed, where nothing else is asked for. */
async function entriesFor(parts: Parts, states: ReadonlySet<RunState> | undefined): Promise<ReadEntries> {
  const areAll = (some: readonly RunState[]): boolean =>
    states !== undefined && [...states].every((state) => some.includes(state));
  if (!areAll(OPEN_STATES)) {
    const failed = areAll(FAILED_STATES);
    return (before, from) =>
      parts.runIndex.read({
        failed,
        most: ENTRIES_AT_ONCE,
        ...(before === undefined ? {} : { before }),
        ...(from === undefined ? {} : { from }),
      });
  }
  const keys = [...new Set(await parts.activeRuns.all())].sort().reverse();
  return async (before, from) => {
    const some = keys
      .filter((key) => (before === undefined || key < before) && (from === undefined || key >= from))
      .slice(0, ENTRIES_AT_ONCE);
    return await Promise.all(
      some.map(async (runKey) => {
        const meta = await parts.store.readMeta(runKey).catch(keepForeign);
        return entryOf(runKey, meta === "foreign" ? {} : (meta ?? {}));
      }),
    );
  };
}

/** Gives what is known of runs, of those that are stored. Entries of others are taken out. */
async function infosOf(parts: Parts, entries: readonly RunEntry[]): Promise<(readonly [RunEntry, RunInfo])[]> {
  const infos = await Promise.all(
    entries.map(async (entry) => {
      const stored = await parts.store.describe(entry.runKey).catch(keepForeign);
      if (stored === undefined || stored === "foreign") return stored;
      return await infoOf(parts, entry.runKey, stored);
    }),
  );
  await parts.runIndex.remove(entries.filter((_entry, position) => infos[position] === undefined));
  return entries.flatMap((entry, position) => {
    const info = infos[position];
    return info === undefined || info === "foreign" ? [] : [[entry, info] as const];
  });
}

/** Gives what people are told of a run. */
export async function infoOf({ results }: Pick<Parts, "results">, runKey: RunKey, stored: StoredRun): Promise<RunInfo> {
  const { meta, endedAt, epoch } = stored;
  const { labels } = meta;
  return {
    id: meta.rootId ?? nodeId(runKey, meta.root),
    readableId: readableId(runKey),
    ...(labels?.name === undefined ? {} : { name: labels.name }),
    ...(labels?.flow === undefined ? {} : { flow: labels.flow }),
    task: labels?.task ?? "",
    state: await stateOf(results, runKey, stored),
    resultId: labels?.resultId ?? nodeId(runKey, meta.result),
    isGroup: labels?.isGroup === true,
    nodeCount: meta.nodeCount,
    createdAt: new Date(runKeyTime(runKey)),
    ...(endedAt === undefined ? {} : { endedAt: new Date(endedAt) }),
    resumes: epoch,
    ...(labels?.forkOf === undefined ? {} : { forkOf: labels.forkOf }),
    modules: labels?.modules ?? [],
    ...(labels?.ownQueue === undefined ? {} : { ownQueue: labels.ownQueue }),
  };
}

async function stateOf(
  results: Parts["results"],
  runKey: RunKey,
  { meta, endedAt, isPaused, isAbandoned }: StoredRun,
): Promise<RunState> {
  if (endedAt === undefined) return isAbandoned ? "ABANDONED" : isPaused ? "PAUSED" : "STARTED";
  const [state] = await results.states(runKey, [meta.result]);
  return ENDED_STATES.find((one) => one === state) ?? "REVOKED";
}

/** The ages that are asked for, as the beginnings of keys. */
function boundsOf({ olderThan, youngerThan }: ListRunsOptions): { readonly from?: string; readonly until?: string } {
  const keyAt = (age: number | string, name: string): string => {
    const hex = Math.max(0, Date.now() - parseSeconds(age, `option \`${name}\` of runs.list`) * 1000)
      .toString(16)
      .split(".", 1)
      .join("")
      .padStart(12, "0");
    return `${hex.slice(0, 8)}-${hex.slice(8)}`;
  };
  return {
    ...(youngerThan === undefined ? {} : { from: keyAt(youngerThan, "youngerThan") }),
    ...(olderThan === undefined ? {} : { until: keyAt(olderThan, "olderThan") }),
  };
}

function cursorOf(cursor: string | undefined): string | undefined {
  if (cursor === undefined || /^[0-9a-f-]{28}$/.test(cursor)) return cursor;
  throw new OptionError(
    `option \`cursor\` of runs.list must be the \`next\` of the page before; got ${JSON.stringify(cursor)}`,
  );
}
