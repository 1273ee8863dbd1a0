/** The parts of an engine on a memory broker. One rule: what many processes share is the broker's; the rest is made here. */
import { randomUUID } from "node:crypto";
import type { Content } from "@umbel/core";
import type { GraphStore } from "../../store/graph-store.ts";
import { MemoryGraphStore } from "../../store/memory/memory-graph-store.ts";
import type { DeadLetterStore } from "../dead-letters.ts";
import { Driver } from "../driver.ts";
import type { LifeSigns } from "../life-signs.ts";
import { PageCache } from "../page-cache.ts";
import type { QueuedSlice, Queues } from "../queues.ts";
import type { RateLimits } from "../rate-limits.ts";
import { Relatives } from "../relatives.ts";
import { Results } from "../results.ts";
import { Revoker } from "../revoker.ts";
import type { Runtime, RuntimeOptions } from "../runtime.ts";
import { Slicing } from "../slicing.ts";
import type { Timers } from "../timers.ts";
import type { Workplace } from "../work-source.ts";
import type { MemoryBrokerState } from "./memory-broker.ts";
import { MemoryNews } from "./memory-news.ts";
import {
  type MemoryActiveRuns,
  MemoryAliases,
  type MemoryDeduplicationKeys,
  type MemoryLease,
  MemorySavedGroups,
} from "./memory-parts.ts";
import type { MemoryProcess } from "./memory-process.ts";
import type { MemoryRunIndex } from "./memory-run-index.ts";
import { RemoteGraphStore } from "./remote-graph-store.ts";

/** What one process has of a memory broker. */
export class MemoryRuntime implements Runtime {
  readonly broker = { address: "memory:" };
  readonly store: GraphStore;
  readonly pages: PageCache;
  readonly results: Results;
  readonly content: Content;
  readonly relatives: Relatives;
  readonly queues: Queues;
  readonly activeRuns: MemoryActiveRuns;
  readonly runIndex: MemoryRunIndex;
  readonly aliases: MemoryAliases;
  readonly deduplication: MemoryDeduplicationKeys;
  readonly savedGroups: MemorySavedGroups;
  readonly slicing: Slicing;
  readonly driver: Driver;
  readonly news: MemoryNews;
  readonly lifeSigns: LifeSigns;
  readonly rateLimits: RateLimits;
  readonly deadLetters: DeadLetterStore;
  readonly janitorLease: MemoryLease;
  readonly timers: Timers;
  readonly upkeepTimers: Timers;
  readonly #state: MemoryBrokerState;
  readonly #process: MemoryProcess;
  readonly #onClose: () => Promise<void>;

  constructor(
    state: MemoryBrokerState,
    process: MemoryProcess,
    options: RuntimeOptions,
    onClose: () => Promise<void> = async () => undefined,
  ) {
    const { clock, faults } = state;
    this.#state = state;
    this.#process = process;
    this.#onClose = onClose;
    const store = new MemoryGraphStore(state.runs, {
      now: () => clock.now(),
      resultExpiresMs: options.resultExpiresMs,
      window: options.window,
      tell: (news) => state.tell(news),
    });
    this.store = state.isSteady ? store : new RemoteGraphStore(store, process, faults);
    this.pages = new PageCache(this.store);
    this.content = options.content;
    this.results = new Results(this.store, this.pages, options.content);
    this.relatives = new Relatives(this.pages, this.results);
    this.queues = state.isSteady ? state.queues : remoteQueues(state.queues, process);
    this.activeRuns = state.activeRuns;
    this.runIndex = state.runIndex;
    this.aliases = new MemoryAliases(state.aliases, options.resultExpiresMs);
    this.deduplication = state.deduplication;
    this.savedGroups = new MemorySavedGroups(state.savedGroups, options.resultExpiresMs);
    this.deadLetters = state.deadLetters;
    this.rateLimits = state.rateLimits;
    this.janitorLease = state.janitorLease;
    this.lifeSigns = {
      give: (incarnation, lifeMs, about) => state.lifeSigns.give(incarnation, lifeMs, about),
      alive: () => state.lifeSigns.alive(),
      name: (incarnation, name) => state.lifeSigns.name(incarnation, name),
      nameOf: (incarnation) => state.lifeSigns.nameOf(incarnation),
      end: (incarnation) => state.lifeSigns.end(incarnation),
      isAlive: async (incarnation) => (await state.lifeSigns.isAlive(incarnation)) && !faults.mistakesForLost(),
    };
    this.slicing = new Slicing(options.sliceSize ?? 1);
    this.driver = new Driver({
      store: this.store,
      pages: this.pages,
      queues: this.queues,
      activeRuns: this.activeRuns,
      runIndex: this.runIndex,
      slicing: this.slicing,
      window: options.window,
      onRevoked: (runKey) => new Revoker(this).finish(runKey),
    });
    this.timers = process.timers((change) => state.countWaiting(change));
    this.upkeepTimers = process.timers(() => undefined);
    this.news = new MemoryNews(randomUUID(), (runKey, indices) => state.tellTerminated(runKey, indices));
    state.listeners.add(this.news);
  }

  openWorkplace(): Workplace {
    return {
      store: this.store,
      serve: (queue, deliver, options) => this.#process.own(this.#state.queues.serve(queue, deliver, options)),
      close: () => undefined,
    };
  }

  together<Value>(send: () => Value): Value {
    return send();
  }

  onConnected(): void {
    // It is never away.
  }

  async close(): Promise<void> {
    if (!this.#state.listeners.delete(this.news)) return;
    await this.#onClose();
  }
}

/** Queues as a process sees them that may crash. */
function remoteQueues(queues: Queues, process: MemoryProcess): Queues {
  return {
    add: (slices: readonly QueuedSlice[]) => process.step(() => queues.add(slices)),
    jobState: (queue, runKey, slice) => process.step(() => queues.jobState(queue, runKey, slice)),
    obliterate: (name) => process.step(() => queues.obliterate(name)),
  };
}
