/** The index of runs of a memory broker. One rule: it is as the one in Redis, and written at once. */
import type { RunKey } from "@umbel/core";
import type { RunEntry, RunIndex, RunIndexQuery } from "../run-index.ts";

/** Entries by their runs' keys. */
export class MemoryRunIndex implements RunIndex {
  readonly #entries = new Map<RunKey, RunEntry>();
  readonly #failed = new Set<RunKey>();

  enter(entry: RunEntry): void {
    this.#entries.set(entry.runKey, entry);
  }

  noteEnd(entry: RunEntry, failed: boolean): void {
    this.enter(entry);
    if (failed) this.#failed.add(entry.runKey);
  }

  async noteResumed({ runKey }: RunEntry): Promise<void> {
    this.#failed.delete(runKey);
  }

  async read({ failed, before, from, most }: RunIndexQuery): Promise<readonly RunEntry[]> {
    const keys = [...(failed ? this.#failed : this.#entries.keys())]
      .filter((key) => (before === undefined || key < before) && (from === undefined || key >= from))
      .sort()
      .reverse()
      .slice(0, most);
    return keys.flatMap((key) => this.#entries.get(key) ?? []);
  }

  async readOldest(after: RunKey | undefined, most: number): Promise<readonly RunEntry[]> {
    const keys = [...this.#entries.keys()].filter((key) => after === undefined || key > after).sort();
    return keys.slice(0, most).flatMap((key) => this.#entries.get(key) ?? []);
  }

  async remove(entries: readonly RunEntry[]): Promise<void> {
    for (const { runKey } of entries) {
      this.#entries.delete(runKey);
      this.#failed.delete(runKey);
    }
  }

  async renew(entries: readonly RunEntry[]): Promise<void> {
    for (const entry of entries) this.enter(entry);
  }
}
