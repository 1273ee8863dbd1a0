/** Sends together what is asked in one turn of the event loop. One rule: each asker gets its own answer, or the error of all. */
import type { RunKey } from "@umbel/core";

interface Pending<Item, Answer> {
  readonly items: readonly Item[];
  readonly resolve: (answers: readonly Answer[]) => void;
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

  /** @param most how many items one call takes, unless more were added together  @param send gives the answers in the order of the items */
  constructor(most: number, send: (runKey: RunKey, items: readonly Item[]) => Promise<readonly Answer[]>) {
    this.#most = most;
    this.#send = send;
  }

  /** Whether nothing is on its way and nothing waits. */
  get isIdle(): boolean {
    return this.#sent === 0 && !this.#isFlushing;
  }

  /** Adds an item; resolves with its answer. */
  async add(runKey: RunKey, item: Item): Promise<Answer> {
    const [answer] = await this.addAll(runKey, [item]);
    if (answer === undefined) throw new Error("the store gave no answer to a question");
    return answer;
  }

  /** Adds items that stay together; resolves with their answers, in order. */
  addAll(runKey: RunKey, items: readonly Item[]): Promise<readonly Answer[]> {
    return new Promise((resolve, reject) => {
      const entry = { items, resolve, reject };
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
      for (let from = 0; from < entries.length; ) {
        let to = from + 1;
        let count = entries[from]?.items.length ?? 0;
        for (; to < entries.length; to += 1) {
          count += entries[to]?.items.length ?? 0;
          if (count > this.#most) break;
        }
        void this.#sendTogether(runKey, entries.slice(from, to));
        from = to;
      }
    }
  }

  async #sendTogether(runKey: RunKey, entries: readonly Pending<Item, Answer>[]): Promise<void> {
    this.#sent += 1;
    const [only] = entries;
    const items = only !== undefined && entries.length === 1 ? only.items : entries.flatMap((entry) => entry.items);
    try {
      const answers = await this.#send(runKey, items);
      if (answers.length !== items.length)
        throw new Error(`the store gave ${answers.length} answers to ${items.length} questions`);
      let at = 0;
      for (const entry of entries) {
        entry.resolve(entries.length === 1 ? answers : answers.slice(at, at + entry.items.length));
        at += entry.items.length;
      }
    } catch (error) {
      for (const entry of entries) entry.reject(error);
    } finally {
      this.#sent -= 1;
    }
  }
}
