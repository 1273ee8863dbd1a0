/**
 * Puts members of a group together into slices. One rule: what is in one slice may run one after another on one worker:
 * it is on one page, goes to the same queue, and starts without a delay.
 */
import type { RunKey } from "@umbel/core";
import { type IndexStretch, PAGE_SIZE, type SpreadNode, stretchIndices, type TaskNode } from "../graph/graph.ts";
import type { HandOut } from "../store/graph-store.ts";
import { type SliceRange, startToken } from "../store/slice.ts";
import type { PageCache } from "./page-cache.ts";
import type { Slicing } from "./slicing.ts";

/** How many slices one call hands out at most, so that no script does more than 1,000 things. */
export const MOST_STARTS = 900;

/** How many slices of several nodes a run has in flight at most: they are what other runs wait behind. */
export const MOST_SHARED = 128;

/** How many slices may be added. */
export interface Seats {
  readonly room: number;
  /** How many of them may have several nodes. */
  readonly shared: number;
}

interface GrowingSlice extends SliceRange {
  readonly most: number;
  readonly node: TaskNode;
  readonly stretch: IndexStretch;
}

/** Puts the next members together. Gives nothing if they must wait for a seat. */
export async function handOut(
  place: { readonly runKey: RunKey; readonly spread: SpreadNode; readonly from: number },
  seats: Seats,
  parts: { readonly pages: PageCache; readonly slicing: Slicing },
): Promise<HandOut | undefined> {
  const { runKey, spread, from } = place;
  if (spread.total === 0) return { from: 0, to: 0, starts: [] };
  if (spread.alike !== undefined && spread.limit === undefined) {
    const { task, options } = spread.alike;
    if (parts.slicing.canShare({ task, options }))
      return handOutAlike(spread, spread.alike, from, seats, parts.slicing);
  }
  const starts: string[] = [];
  let { room, shared } = seats;
  // With a limit each member has a slice of its own: the limit counts members.
  if (spread.limit !== undefined) room = Math.min(room, spread.limit);
  // A few seats are not worth a call while others are still taken.
  if (from > 0 && shared < MOST_SHARED / 2) shared = 0;
  let to = from;
  let slice: GrowingSlice | undefined;
  const close = (): void => {
    if (slice !== undefined) starts.push(startToken("t", slice, slice.stretch.suffix));
    slice = undefined;
  };
  for (const { index, stretch } of stretchIndices(spread.starts, from, MOST_STARTS)) {
    const node =
      stretch.kind === "s" || stretch.suffix !== ""
        ? undefined
        : (parts.pages.peek(runKey, index) ?? (await parts.pages.node(runKey, index)));
    const canShare = spread.limit === undefined && node?.kind === "task" && parts.slicing.canShare(node);
    const grown = slice !== undefined && canShare ? grow(slice, index, stretch, node) : undefined;
    if (grown === undefined) {
      close();
      const most = canShare ? parts.slicing.nodesFor(node, spread.total) : 1;
      if (room === 0 || (most > 1 && shared === 0)) break;
      room -= 1;
      if (canShare && most > 1) {
        shared -= 1;
        slice = { first: index, count: 1, stride: 1, most, node, stretch };
      } else starts.push(`${stretch.kind}${index}${stretch.suffix}`);
    } else slice = grown;
    to += 1;
  }
  close();
  return to === from ? undefined : { from, to, starts };
}

/** Puts members together that are all alike: where they stand is all that must be known of them. */
function handOutAlike(
  spread: SpreadNode,
  alike: NonNullable<SpreadNode["alike"]>,
  from: number,
  seats: Seats,
  slicing: Slicing,
): HandOut | undefined {
  const most = slicing.nodesFor(alike, spread.total);
  const starts: string[] = [];
  let { room, shared } = seats;
  if (from > 0 && shared < MOST_SHARED / 2) shared = 0;
  let to = from;
  let passed = 0;
  for (const stretch of spread.starts) {
    const { first, count, stride, suffix } = stretch;
    passed += count;
    while (to < passed) {
      const index = first + (to - (passed - count)) * stride;
      const onPage = Math.min(Math.ceil((PAGE_SIZE - (index % PAGE_SIZE)) / stride), passed - to);
      // What is left of a page is dealt out evenly, not in full slices and a small one.
      const length = suffix === "" ? Math.ceil(onPage / Math.ceil(onPage / most)) : 1;
      if (room === 0 || (length > 1 && shared === 0) || starts.length === MOST_STARTS) return enough();
      const slice = { first: index, count: length, stride };
      room -= 1;
      if (slice.count > 1) shared -= 1;
      starts.push(startToken("t", slice.count === 1 ? { ...slice, stride: 1 } : slice, suffix));
      to += slice.count;
    }
  }
  return enough();

  function enough(): HandOut | undefined {
    return to === from ? undefined : { from, to, starts };
  }
}

/** The slice with one node more, if that fits to it. */
function grow(slice: GrowingSlice, index: number, stretch: IndexStretch, node: TaskNode): GrowingSlice | undefined {
  const { first, count, most } = slice;
  const stride = count === 1 ? index - first : slice.stride;
  const fits =
    count < most &&
    stretch === slice.stretch &&
    index === first + count * stride &&
    Math.floor(index / PAGE_SIZE) === Math.floor(first / PAGE_SIZE) &&
    node.options.queue === slice.node.options.queue;
  return fits ? { ...slice, stride, count: count + 1 } : undefined;
}
