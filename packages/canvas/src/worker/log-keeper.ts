/**
 * Lines that tasks log, on their way to their runs. One rule: nobody waits for them, and when they cannot be kept fast enough
 * the first ones are lost, not the memory of the process.
 */
import type { RunKey } from "@umbel/core";
import type { GraphStore } from "../store/graph-store.ts";

/** What a LogKeeper is made of. */
export interface LogKeeperParts {
  readonly store: Pick<GraphStore, "appendLog">;
  /** How many lines of a run are kept; 0 keeps none. */
  readonly most: number;
  readonly report: (error: unknown) => void;
}

/** No call keeps more lines. */
const MOST_TOGETHER = 500;

/** With more calls that were not answered, lines wait. */
const MOST_UNANSWERED = 20;

/** Keeps lines for one worker: those of one turn of the event loop in one call a run. */
export class LogKeeper {
  readonly #parts: LogKeeperParts;
  readonly #waiting = new Map<RunKey, string[]>();
  readonly #unanswered = new Set<Promise<void>>();
  #isFlushing = false;

  constructor(parts: LogKeeperParts) {
    this.#parts = parts;
  }

  /** Keeps a line, behind those before it and before whatever else the worker sends from now on. */
  keep(runKey: RunKey, line: string): void {
    const { most } = this.#parts;
    if (most === 0) return;
    const lines = this.#waiting.get(runKey) ?? [];
    if (lines.push(line) > most) lines.shift();
    this.#waiting.set(runKey, lines);
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(() => this.#flush());
  }

  /** Resolves when all that was to be kept is, or is lost. */
  async settled(): Promise<void> {
    while (this.#unanswered.size > 0 || this.#isFlushing) await Promise.all(this.#unanswered);
  }

  #flush(): void {
    this.#isFlushing = false;
    for (const [runKey, lines] of this.#waiting) {
      if (this.#unanswered.size >= MOST_UNANSWERED) return;
      const sent = lines.splice(0, MOST_TOGETHER);
      if (lines.length === 0) this.#waiting.delete(runKey);
      const answer = this.#send(runKey, sent).finally(() => {
        this.#unanswered.delete(answer);
        this.#flush();
      });
      this.#unanswered.add(answer);
    }
  }

  async #send(runKey: RunKey, lines: readonly string[]): Promise<void> {
    try {
      await this.#parts.store.appendLog(runKey, lines, this.#parts.most);
    } catch (error) {
      this.#parts.report(error);
    }
  }
}
