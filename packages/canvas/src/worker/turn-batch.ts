/** Sends together what is asked in one turn of the event loop. One rule: each asker gets its own answer, or the error of all. */
import type { RunKey } from "@umbel/core";

interface Pending<Item, Answer> {
  readonly item: Item;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: unknown) => void;
}

/** Collects items run by run and sends each run's in one call. */
export class TurnBatch<Item, Answer> {
  readonly #most: number;
  readonly #send: (runKey: RunKey, items: readonly Item[]) => Promise<readonly Answer[]>;
  readonly #pending = new Map<RunKey, Pending<Item, Answer>[]>();
  #isFlushing = false;
  /** Calls that were not answered yet. */
  #sent = 0;

  /** @param most how many items one call takes  @param send gives the answers in the order of the items */
  constructor(most: number, send: (runKey: RunKey, items: readonly Item[]) => Promise<readonly Answer[]>) {
    this.#most = most;
    this.#send = send;
  }

  /** Adds an item; resolves with its answer. */
  add(runKey: RunKey, item: Item): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const entry = { item, resolve, reject };
      const list = this.#pending.get(runKey);
      if (list === undefined) this.#pending.set(runKey, [entry]);
      else list.push(entry);
      this.#flush();
    });
  }

  /** What comes alone goes at once; while others are on their way, it waits for what else comes in this turn. */
  #flush(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    if (this.#sent === 0) void Promise.resolve().then(() => this.#sendAll());
    else setImmediate(() => this.#sendAll());
  }

  #sendAll(): void {
    this.#isFlushing = false;
    const runs = [...this.#pending];
    this.#pending.clear();
    for (const [runKey, entries] of runs) {
      for (let from = 0; from < entries.length; from += this.#most) {
        void this.#sendTogether(runKey, entries.slice(from, from + this.#most));
      }
    }
  }

  async #sendTogether(runKey: RunKey, entries: readonly Pending<Item, Answer>[]): Promise<void> {
    this.#sent += 1;
    try {
      const answers = await this.#send(
        runKey,
        entries.map((entry) => entry.item),
      );
      for (const [position, entry] of entries.entries()) {
        const answer = answers[position];
        if (answer === undefined)
          entry.reject(new Error(`the store gave ${answers.length} answers to ${entries.length} questions`));
        else entry.resolve(answer);
      }
    } catch (error) {
      for (const entry of entries) entry.reject(error);
    } finally {
      this.#sent -= 1;
    }
  }
}
