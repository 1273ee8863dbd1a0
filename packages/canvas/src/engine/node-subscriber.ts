/**
 * A subscriber to a Redis Cluster. One rule: it listens on one node, to which the others pass on all that is published;
 * when that node is lost it takes another, and tells of the loss, which ioredis's own does not.
 */
import { EventEmitter } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import type { Cluster, Redis } from "ioredis";
import { holdNoProcess } from "../store/redis/connection.ts";

/** Waits between two tries, milliseconds. */
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 2000;

/**
 * Emits what a subscribing connection of ioredis does: `message`; `close` when messages may have been lost; `ready` when
 * all channels are heard again.
 */
export class NodeSubscriber extends EventEmitter {
  readonly #cluster: Cluster;
  readonly #channels = new Set<string>();
  readonly #closing = new AbortController();
  /** The node that is listened to, with all channels; made when first needed. */
  #node: Promise<Redis> | undefined;

  /** @param cluster a connection that is its owner's to close, behind this */
  constructor(cluster: Cluster) {
    super();
    this.#cluster = cluster;
  }

  /** Resolves once a node has confirmed that it will pass on what is published. */
  async subscribe(channel: string): Promise<void> {
    this.#channels.add(channel);
    for (;;) {
      const listening = this.#listen();
      const node = await listening;
      try {
        await node.subscribe(channel);
        return;
      } catch (error) {
        this.#closing.signal.throwIfAborted();
        // A node that is there and refuses, such as for a channel that the user may not touch, would go on to.
        if (node.status === "ready") throw error;
        this.#lose(listening);
      }
    }
  }

  async unsubscribe(channel: string): Promise<void> {
    this.#channels.delete(channel);
    const node = await this.#node;
    await node?.unsubscribe(channel);
  }

  async ping(): Promise<void> {
    const node = await this.#listen();
    await node.ping();
  }

  /** Ends it. Safe to repeat. */
  disconnect(): void {
    this.#closing.abort();
    this.#node?.then(
      (node) => node.disconnect(),
      () => undefined,
    );
  }

  #listen(): Promise<Redis> {
    this.#node ??= this.#find();
    return this.#node;
  }

  /** Tries one node after the other, in any order, until one listens to all channels. */
  async #find(): Promise<Redis> {
    const { signal } = this.#closing;
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
      signal.throwIfAborted();
      const nodes = this.#cluster.nodes();
      const node = nodes[Math.floor(Math.random() * nodes.length)]?.duplicate({
        lazyConnect: true,
        maxRetriesPerRequest: null,
        readOnly: false,
        retryStrategy: null,
      });
      if (node !== undefined && (await this.#tryOut(node))) return node;
      await delay(waitMs, undefined, { signal, ref: false });
    }
  }

  async #tryOut(node: Redis): Promise<boolean> {
    node.on("error", () => undefined);
    holdNoProcess(node);
    try {
      await node.connect();
      if (this.#channels.size > 0) await node.subscribe(...this.#channels);
      this.#closing.signal.throwIfAborted();
    } catch {
      node.disconnect();
      return false;
    }
    node.on("message", (channel, message) => this.emit("message", channel, message));
    const listening = this.#node;
    const isGone = ({ options }: Redis): boolean =>
      options.host === node.options.host && options.port === node.options.port;
    // A node that does not answer any more has left the cluster, and its connection may look well for long.
    const leave = (left: Redis): void => {
      if (isGone(left)) node.disconnect();
    };
    this.#cluster.on("-node", leave);
    node.once("end", () => {
      this.#cluster.off("-node", leave);
      this.#lose(listening);
    });
    return true;
  }

  /** Looks for another node, unless that has been done. */
  #lose(listening: Promise<Redis> | undefined): void {
    if (this.#node !== listening || this.#closing.signal.aborted) return;
    this.emit("close");
    this.#node = this.#find();
    this.#node.then(
      () => this.emit("ready"),
      () => undefined,
    );
  }
}
