/**
 * When and where nodes ran, as scripts note it in the hash of the graph (`track_line` in run.lua). One rule: what was noted
 * last of a node counts, and what stands with a node stands in the field of the first of its slice, on the same page.
 */
import { PAGE_SIZE } from "../../graph/graph.ts";
import type { NodeTrack } from "../graph-store.ts";

/** How many nodes share a field. */
const NODES_A_FIELD = 16;

/** The fields in which nodes of a page are noted. */
export function trackFieldsOf(page: number): string[] {
  const fields = PAGE_SIZE / NODES_A_FIELD;
  return Array.from({ length: fields }, (_, offset) => `t${page * fields + offset}`);
}

/** Reads what is noted in fields, by node. */
export function readTrackLines(texts: readonly (string | null)[]): ReadonlyMap<number, Partial<NodeTrack>> {
  const tracks = new Map<number, Partial<NodeTrack>>();
  for (const text of texts) {
    for (const line of text === null ? [] : text.split("\n")) {
      const [, first, count = "1", stride = "1", ready, waited, ran, holder = ""] = LINE.exec(line) ?? [];
      if (first === undefined) continue;
      const readyAt = Number(ready);
      const startedAt = readyAt + Number(waited);
      const track = { readyAt, startedAt, endedAt: startedAt + Number(ran), holder };
      for (let member = 0; member < Number(count); member += 1) {
        const index = Number(first) + member * Number(stride);
        if ((tracks.get(index)?.endedAt ?? 0) <= track.endedAt) tracks.set(index, track);
      }
    }
  }
  return tracks;
}

const LINE = /^(\d+)(?:x(\d+)\/(\d+))?;(\d+);(-?\d+);(-?\d+);(.*)$/;
