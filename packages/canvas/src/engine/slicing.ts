/**
 * How large slices are. One rule: a slice is long enough that the queue costs little beside its tasks, and short enough
 * that no other task waits for long behind it.
 */
import type { TaskNode } from "../graph/graph.ts";

/** How many nodes a slice has at most: as many as are on one page. */
const MOST_NODES = 256;

/** A group is dealt out in about so many slices at least, so that several workers have their share of it. */
const SHARES = 32;

/** How long a slice of tasks that are known may hold the event loop, milliseconds. */
const SLICE_MS = 5;

/** How many nodes of a task that is known to be short are in a slice, however small its group. */
const FEWEST_SHORT = 16;

/** How much one measurement counts against those before. */
const WEIGHT = 0.2;

/** Nodes in a slice: as many as fit, or always the same number; 1 gives each node a job of its own. */
export type SliceSize = "adaptive" | number;

/** Says how many members of a group make a slice; learns from the tasks that run here. */
export class Slicing {
  #size: SliceSize;
  /** How long one call holds the event loop, milliseconds; by task. */
  readonly #loads = new Map<string, number>();
  /** Tasks that were measured here since it was last told. */
  readonly #learned = new Set<string>();
  #onAsked = (): void => undefined;
  #onLearned = (): void => undefined;
  readonly #alone = new Set<string>();

  constructor(size: SliceSize) {
    this.#size = size;
  }

  /** Makes slices of another size from now on. */
  resize(size: SliceSize): void {
    this.#size = size;
  }

  /** Whether a node may be in a slice with others. */
  canShare(node: Pick<TaskNode, "task" | "options">): boolean {
    if (this.#size === 1 || this.#alone.has(node.task)) return false;
    const { priority, timeLimit, softTimeLimit } = node.options;
    return priority === undefined && timeLimit === undefined && softTimeLimit === undefined;
  }

  /** Gives each call of a task a slice of its own from now on. */
  isolate(task: string): void {
    this.#alone.add(task);
  }

  /** How many nodes the slices of a group with `total` members have that begin with this one. */
  nodesFor(node: Pick<TaskNode, "task" | "mode">, total: number): number {
    if (this.#size !== "adaptive") return Math.min(this.#size, MOST_NODES);
    this.#onAsked();
    const load = this.#loads.get(loadKey(node));
    const share = Math.ceil(total / SHARES);
    if (load === undefined) return Math.min(MOST_NODES, share);
    const fitting = Math.min(MOST_NODES, Math.max(1, Math.floor(SLICE_MS / load)));
    return Math.min(fitting, Math.max(share, FEWEST_SHORT));
  }

  /** Learns how long one call of a node's task held the event loop. @param ms milliseconds */
  note(node: TaskNode, ms: number): void {
    const key = loadKey(node);
    const known = this.#loads.get(key);
    this.#loads.set(key, known === undefined ? ms : known + (ms - known) * WEIGHT);
    if (this.#learned.has(key)) return;
    this.#learned.add(key);
    this.#onLearned();
  }

  /** Takes what another process has measured, unless it was measured here. @param ms milliseconds */
  hear(key: string, ms: number): void {
    if (!this.#learned.has(key) && Number.isFinite(ms)) this.#loads.set(key, ms);
  }

  /** Gives what was measured since it was last asked for. */
  takeLearned(): (readonly [key: string, ms: number])[] {
    const learned = [...this.#learned].map((key) => [key, this.#loads.get(key) ?? 0] as const);
    this.#learned.clear();
    return learned;
  }

  /** Calls when the size of a slice is asked for. */
  onAsked(call: () => void): void {
    this.#onAsked = call;
  }

  /** Calls when a task was measured that was not since `takeLearned`. */
  onLearned(call: () => void): void {
    this.#onLearned = call;
  }
}

function loadKey({ task, mode }: Pick<TaskNode, "task" | "mode">): string {
  return mode === undefined ? task : `${task} ${mode}`;
}
