/** News within this process. One rule: it is a hint, as on Redis; a fault may lose it. */
import type { RunKey } from "@umbel/core";
import type { NodeRange } from "../../store/graph-store.ts";
import type { EndedNews } from "../../store/memory/memory-graph-store.ts";
import type { News, NewsListener, TerminationListener } from "../news.ts";

/** The news of one client. */
export class MemoryNews implements News {
  readonly channel: string;
  /** Nothing is lost that anybody would notice. */
  readonly losses = 0;
  readonly #listeners = new Map<RunKey, Set<NewsListener>>();
  readonly #followed = new Set<RunKey>();

  readonly #tellTerminated: TerminationListener;
  readonly #terminationListeners = new Set<TerminationListener>();

  /** @param tellTerminated tells all clients of the broker */
  constructor(channel: string, tellTerminated: TerminationListener) {
    this.channel = channel;
    this.#tellTerminated = tellTerminated;
  }

  async tellTerminated(runKey: RunKey, indices: readonly number[]): Promise<void> {
    this.#tellTerminated(runKey, indices);
  }

  async onTerminated(listener: TerminationListener): Promise<() => void> {
    this.#terminationListeners.add(listener);
    return () => {
      this.#terminationListeners.delete(listener);
    };
  }

  /** Hears that attempts were ended. */
  hearTerminated(runKey: RunKey, indices: readonly number[]): void {
    for (const listener of this.#terminationListeners) listener(runKey, indices);
  }

  listen(runKey: RunKey, listener: NewsListener): () => void {
    const listeners = this.#listeners.get(runKey) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(runKey, listeners);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(runKey);
    };
  }

  async follow(runKey: RunKey): Promise<void> {
    this.#followed.add(runKey);
  }

  async unfollow(runKey: RunKey): Promise<void> {
    if (!this.#listeners.has(runKey)) this.#followed.delete(runKey);
  }

  /** Hears what a store tells. */
  hear({ runKey, notify, result, ended, killed }: EndedNews): void {
    const listeners = this.#listeners.get(runKey);
    if (listeners === undefined) return;
    const tell = (range: NodeRange, record: string): void => {
      for (const listener of listeners) listener(range, record);
    };
    if (notify === this.channel && result !== undefined) {
      tell({ first: result.index, last: result.index }, result.record);
    }
    if (!this.#followed.has(runKey)) return;
    for (const index of ended) tell({ first: index, last: index }, "");
    for (const range of killed) tell(range, "");
  }
}
