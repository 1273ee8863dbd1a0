/**
 * News that nodes have ended. One rule: news is a hint and may be lost; whoever waits also reads,
 * after subscribing, after each reconnection, and from time to time.
 */
import type { RunKey } from "@umbel/core";
import type { NodeRange } from "../store/graph-store.ts";
import { clientChannel, runChannel, terminatedChannel } from "../store/keys.ts";

/**
 * Hears of nodes that ended; without a range any may have. @param record what is stored for the one node of the range, if
 * that is short, else ""
 */
export type NewsListener = (ended: NodeRange | undefined, record: string) => void;

/** What all who wait in this process share. */
export interface News {
  /** The channel on which this process hears of the runs that it submits. */
  readonly channel: string;
  /** How often the connection was lost so far; news may be missing since the last time. */
  readonly losses: number;
  /** Listens to a run; gives what ends the listening. */
  listen(runKey: RunKey, listener: NewsListener): () => void;
  /** Asks for the news of a run that another process submitted, or of nodes that are not its result. */
  follow(runKey: RunKey): Promise<void>;
  /** Ends `follow`. */
  unfollow(runKey: RunKey): Promise<void>;
  /** Tells workers that attempts of theirs were ended. */
  tellTerminated(runKey: RunKey, indices: readonly number[]): Promise<void>;
  /** Listens to that; gives what ends the listening. */
  onTerminated(listener: TerminationListener): Promise<() => void>;
}

/** Hears of nodes whose attempts were ended. */
export type TerminationListener = (runKey: RunKey, indices: readonly number[]) => void;

/** What news asks of a store. */
interface NewsStore {
  /** Lets a run tell which of its nodes end. */
  watch(runKey: RunKey): Promise<void>;
  publish(channel: string, message: string): Promise<void>;
}

/** What news asks of a subscribing connection, which is ioredis's, or ours to a cluster. */
interface Subscriber {
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  /** Resolves when the server has answered all that it was told before. */
  ping(): Promise<unknown>;
  on(event: "message", listener: (channel: string, message: string) => void): unknown;
  /** `close`: it is lost. `ready`: it is there again, and so are its channels once a ping has been answered. */
  on(event: "close" | "ready", listener: () => void): unknown;
}

/** One subscribing connection for Redis's PUBLISH. */
export class RedisNews implements News {
  readonly #subscriber: Subscriber;
  readonly #store: NewsStore;
  readonly #prefix: string;
  readonly #channel: string;
  readonly #listeners = new Map<RunKey, Set<NewsListener>>();
  readonly #terminationListeners = new Set<TerminationListener>();
  #opened: Promise<void> | undefined;
  #lostAt = 0;

  constructor(subscriber: Subscriber, store: NewsStore, prefix: string, clientId: string) {
    this.#subscriber = subscriber;
    this.#store = store;
    this.#prefix = prefix;
    this.#channel = clientChannel(prefix, clientId);
  }

  get channel(): string {
    return this.#channel;
  }

  get losses(): number {
    return this.#lostAt;
  }

  /** Subscribes to the news of this process's own runs. Resolves once the server has confirmed. */
  open(): Promise<void> {
    this.#opened ??= this.#open();
    return this.#opened;
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
    await this.#subscriber.subscribe(runChannel(this.#prefix, runKey));
    await this.#store.watch(runKey);
  }

  async unfollow(runKey: RunKey): Promise<void> {
    if (!this.#listeners.has(runKey)) await this.#subscriber.unsubscribe(runChannel(this.#prefix, runKey));
  }

  async tellTerminated(runKey: RunKey, indices: readonly number[]): Promise<void> {
    await this.#store.publish(terminatedChannel(this.#prefix), `${runKey} ${indices.join(",")}`);
  }

  async onTerminated(listener: TerminationListener): Promise<() => void> {
    this.#terminationListeners.add(listener);
    await this.#subscriber.subscribe(terminatedChannel(this.#prefix));
    return () => {
      this.#terminationListeners.delete(listener);
    };
  }

  async #open(): Promise<void> {
    this.#subscriber.on("message", (channel, message) => this.#hear(channel, message));
    this.#subscriber.on("close", () => {
      this.#lostAt += 1;
    });
    // The connection subscribes again by itself; what was told in between must be read, but not before the server has subscribed
    // us. It answers in order. If it does not, the connection is lost again, and ready again.
    this.#subscriber.on("ready", () => {
      this.#subscriber.ping().then(
        () => this.#tellAll(),
        () => undefined,
      );
    });
    await this.#subscriber.subscribe(this.#channel);
  }

  #tellAll(): void {
    for (const listeners of this.#listeners.values()) for (const listener of listeners) listener(undefined, "");
  }

  #hear(channel: string, message: string): void {
    if (channel === this.#channel) {
      const [run = "", index = ""] = message.split(" ", 2);
      this.#tell(run, rangeOf(index), message.slice(run.length + index.length + 2));
      return;
    }
    if (channel === terminatedChannel(this.#prefix)) {
      const [run = "", indices = ""] = message.split(" ", 2);
      for (const listener of this.#terminationListeners) listener(run as RunKey, indices.split(",").map(Number));
      return;
    }
    if (message === "") this.#tell(channel, undefined, "");
    else for (const range of message.split(",")) this.#tell(channel, rangeOf(range), "");
  }

  #tell(channel: string, ended: NodeRange | undefined, record: string): void {
    const runKey = channel.slice(channel.lastIndexOf("{") + 1, channel.lastIndexOf("}")) as RunKey;
    for (const listener of this.#listeners.get(runKey) ?? []) listener(ended, record);
  }
}

/** Reads `7`, or `7-9`. */
function rangeOf(text: string): NodeRange {
  const [first = "", last = first] = text.split("-", 2);
  return { first: Number(first), last: Number(last) };
}
