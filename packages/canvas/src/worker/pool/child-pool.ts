/**
 * A pool of children, each of which runs one task at a time. One rule: a child that ends is replaced when the next task needs
 * one, so a task takes down nobody but itself.
 */
import { type ChildChannel, PoolChild } from "./pool-child.ts";
import type { PoolEnd, PooledCall, PoolHost, TaskPool } from "./task-pool.ts";

/** How a pool is made. */
export interface ChildPoolOptions {
  /** How many children there are. */
  readonly size: number;
  /** Starts a child. */
  readonly open: () => ChildChannel;
  /** What each is to load; read by who made it. */
  readonly order: unknown;
  /** Told of what is no task's outcome. */
  readonly report: (error: Error) => void;
}

/** Runs tasks in children. */
export class ChildPool implements TaskPool {
  readonly #options: ChildPoolOptions;
  readonly #children = new Set<PoolChild>();
  readonly #idle: PoolChild[] = [];
  #isClosed = false;

  constructor(options: ChildPoolOptions) {
    this.#options = options;
  }

  /** Starts the children. @throws when they cannot load what they are to run; those that there are are ended then */
  async start(): Promise<void> {
    const children = Array.from({ length: this.#options.size }, () => this.#open());
    try {
      await Promise.all(children.map((child) => child.ready));
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#idle.push(...children);
  }

  async run(call: PooledCall, host: PoolHost): Promise<PoolEnd> {
    if (this.#isClosed) throw new Error("the pool is closed");
    const child = this.#idle.pop() ?? this.#open();
    await child.ready;
    const end = await child.run(call, host).finally(() => {
      if (this.#children.has(child)) this.#idle.push(child);
    });
    if (this.#isClosed && end.kind === "lost") throw new Error("the pool was closed");
    // It ends soon; whoever comes next must not get it.
    if (end.kind !== "ended") this.#forget(child);
    return end;
  }

  /** Ends all children, with what runs there. Resolves when they are gone; safe to repeat. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#children].map((child) => child.close()));
  }

  #open(): PoolChild {
    const { open, order, report } = this.#options;
    const child = new PoolChild(open(), order, report);
    this.#children.add(child);
    void child.gone.then(() => {
      this.#forget(child);
      this.#children.delete(child);
    });
    return child;
  }

  #forget(child: PoolChild): void {
    const place = this.#idle.indexOf(child);
    if (place !== -1) this.#idle.splice(place, 1);
  }
}
