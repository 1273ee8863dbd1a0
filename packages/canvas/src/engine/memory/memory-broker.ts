/**
 * The broker `memory:`: what Redis and BullMQ do for others, within one process. One rule: it is one for all who use the
 * same App, and it keeps the process alive exactly as long as a run goes on.
 */
import type { ResultTuple } from "@umbel/core";
import type { EndedNews } from "../../store/memory/memory-graph-store.ts";
import { MemoryRuns } from "../../store/memory/memory-runs.ts";
import type { TerminationListener } from "../news.ts";
import type { Runtime, RuntimeOptions } from "../runtime.ts";
import { Chance } from "./chance.ts";
import { type Clock, systemClock } from "./clock.ts";
import { FaultSource, type Faults } from "./faults.ts";
import { MemoryDeadLetters } from "./memory-dead-letters.ts";
import type { MemoryNews } from "./memory-news.ts";
import { Expiring, MemoryActiveRuns, MemoryDeduplicationKeys, MemoryLease, MemoryLifeSigns } from "./memory-parts.ts";
import { MemoryProcess } from "./memory-process.ts";
import { MemoryQueues } from "./memory-queues.ts";
import { MemoryRateLimits } from "./memory-rate-limits.ts";
import { MemoryRunIndex } from "./memory-run-index.ts";
import { MemoryRuntime } from "./memory-runtime.ts";
import { Turns } from "./turns.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** How a memory broker is set up. */
export interface MemoryBrokerOptions {
  /** Time; the computer's own unless said. */
  readonly clock?: Clock;
  /** Draws the order in which things happen, and the faults; without it they happen in the order in which they come. */
  readonly seed?: number;
  /** What goes wrong; nothing unless said. Needs a seed, and a clock that jumps, or somebody waits for seconds. */
  readonly faults?: Faults;
  /** How many workers the broker starts for a queue that nobody serves; 1 unless said. */
  readonly workers?: number;
}

/** A worker that the broker has started, as far as it knows it. */
export interface OwnWorker {
  close(options: { readonly force: boolean }): Promise<void>;
}

/** Starts a worker for a queue on a runtime of its own. */
export type StartOwnWorker = (runtime: Runtime, queue: string) => Promise<OwnWorker>;

/** What all processes of one broker share. */
export interface MemoryBrokerState {
  readonly clock: Clock;
  readonly faults: FaultSource;
  /** Whether nothing is drawn and nothing goes wrong. */
  readonly isSteady: boolean;
  readonly runs: MemoryRuns;
  readonly queues: MemoryQueues;
  readonly activeRuns: MemoryActiveRuns;
  readonly runIndex: MemoryRunIndex;
  /** Nodes by the ids that people gave them. */
  readonly aliases: Expiring<string>;
  readonly deduplication: MemoryDeduplicationKeys;
  readonly savedGroups: Expiring<readonly ResultTuple[]>;
  readonly lifeSigns: MemoryLifeSigns;
  readonly janitorLease: MemoryLease;
  readonly rateLimits: MemoryRateLimits;
  readonly deadLetters: MemoryDeadLetters;
  readonly listeners: Set<MemoryNews>;
  tell(news: EndedNews): void;
  /** Tells workers that attempts of theirs were ended. */
  tellTerminated: TerminationListener;
  /** Counts the timers of those who wait for something. */
  countWaiting(change: 1 | -1): void;
}

/** The longest delay a timer takes; it never fires while a run goes on. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A broker within this process. Opens nothing; it is there as long as somebody knows it. */
export class MemoryBroker {
  readonly address = "memory:";
  readonly clock: Clock;
  readonly #turns: Turns;
  readonly #workerCount: number;
  readonly #state: MemoryBrokerState;
  readonly #workers = new Set<Promise<OwnWorker | undefined>>();
  readonly #servedQueues = new Set<string>();
  #startOwnWorker: StartOwnWorker | undefined;
  #options: RuntimeOptions | undefined;
  #clients = 0;
  #waiting = 0;
  #starting = 0;
  #alive: NodeJS.Timeout | undefined;
  readonly #whenIdle: (() => void)[] = [];

  constructor(options: MemoryBrokerOptions = {}) {
    const { clock = systemClock, seed, faults, workers = 1 } = options;
    const chance = seed === undefined ? undefined : new Chance(seed);
    this.clock = clock;
    this.#workerCount = workers;
    this.#turns = new Turns(chance, () => this.#poke());
    // Faults have a chance of their own, so that the order stays when one more is possible.
    const faultSource = new FaultSource(faults ?? {}, new Chance((seed ?? 0) + 1));
    const listeners = new Set<MemoryNews>();
    this.#state = {
      clock,
      faults: faultSource,
      isSteady: chance === undefined && faults === undefined,
      runs: new MemoryRuns(),
      queues: new MemoryQueues({
        clock,
        faults: faultSource,
        chance,
        onUnserved: (queue) => this.#serve(queue),
        onRest: () => this.#poke(),
      }),
      activeRuns: new MemoryActiveRuns(clock, () => this.#countRuns()),
      runIndex: new MemoryRunIndex(),
      aliases: new Expiring(clock),
      deduplication: new MemoryDeduplicationKeys(new Expiring(clock)),
      savedGroups: new Expiring(clock),
      lifeSigns: new MemoryLifeSigns(clock),
      janitorLease: new MemoryLease(clock),
      rateLimits: new MemoryRateLimits(clock),
      deadLetters: new MemoryDeadLetters(),
      listeners,
      tell: (news) => {
        for (const listener of listeners) if (!faultSource.losesNews()) listener.hear(news);
      },
      tellTerminated: (runKey, indices) => {
        for (const listener of listeners) if (!faultSource.losesNews()) listener.hearTerminated(runKey, indices);
      },
      countWaiting: (change) => {
        this.#waiting += change;
        this.#poke();
      },
    };
    if (clock instanceof VirtualClock) {
      clock.live({
        isBusy: () => this.#turns.isBusy || this.#state.queues.isBusy || this.#starting > 0,
        wantsTime: () => this.#clients > 0 && (this.#waiting > 0 || this.#state.activeRuns.size > 0),
      });
    }
  }

  /** Says how workers are started for queues that nobody serves. */
  workBy(start: StartOwnWorker): void {
    this.#startOwnWorker = start;
  }

  /** Whether somebody uses it. */
  get isOpen(): boolean {
    return this.#clients > 0;
  }

  /** Resolves when no run goes on. */
  async idle(): Promise<void> {
    if (this.#state.activeRuns.size > 0) await new Promise<void>((resolve) => void this.#whenIdle.push(resolve));
  }

  /** Gives a client its parts. */
  async openRuntime(options: RuntimeOptions): Promise<Runtime> {
    this.#options ??= options;
    this.#clients += 1;
    this.#keepAlive();
    // What an earlier client left behind goes on.
    this.#state.queues.callForWorkers();
    return new MemoryRuntime(this.#state, new MemoryProcess(this.clock, this.#turns), options, () => this.#leave());
  }

  /** The last client that leaves ends the workers; what they ran is left, and goes on when somebody comes again. */
  async #leave(): Promise<void> {
    this.#clients -= 1;
    this.#keepAlive();
    if (this.#clients > 0) return;
    const workers = [...this.#workers];
    this.#workers.clear();
    this.#servedQueues.clear();
    for (const starting of workers) await (await starting)?.close({ force: true });
  }

  /** Starts workers for a queue, unless they are on their way. */
  #serve(queue: string): void {
    if (this.#servedQueues.has(queue) || this.#clients === 0) return;
    this.#servedQueues.add(queue);
    for (let count = 0; count < this.#workerCount; count += 1) this.#startWorker(queue);
  }

  #startWorker(queue: string): void {
    const start = this.#startOwnWorker;
    const options = this.#options;
    if (start === undefined || options === undefined) return;
    this.#starting += 1;
    const process = new MemoryProcess(this.clock, this.#turns, () => {
      this.#workers.delete(starting);
      if (this.#clients > 0) this.#startWorker(queue);
    });
    const starting = start(new MemoryRuntime(this.#state, process, options), queue)
      .catch((error: unknown) => {
        this.#servedQueues.delete(queue);
        globalThis.process.emitWarning(error instanceof Error ? error : String(error));
        return undefined;
      })
      .finally(() => {
        this.#starting -= 1;
        this.#poke();
      });
    this.#workers.add(starting);
  }

  #countRuns(): void {
    this.#keepAlive();
    if (this.#state.activeRuns.size === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  #keepAlive(): void {
    const isNeeded = this.#clients > 0 && this.#state.activeRuns.size > 0;
    if (isNeeded) this.#alive ??= setInterval(() => undefined, LONGEST_TIMER_MS);
    else {
      clearInterval(this.#alive);
      this.#alive = undefined;
    }
    this.#poke();
  }

  #poke(): void {
    if (this.clock instanceof VirtualClock) this.clock.poke();
  }
}
