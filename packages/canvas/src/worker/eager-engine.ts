/**
 * An engine whose runs go on here and now. One rule: it has a broker in memory of its own, with a time of its own that
 * jumps, so nothing that another run waits for or does can hold it up.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { SubmitRequest, SubmittedRun, TaskRegistry } from "@umbel/core";
import { CanvasEngine, type CanvasEngineOptions } from "../engine/engine.ts";
import { MemoryBroker } from "../engine/memory/memory-broker.ts";
import { VirtualClock } from "../engine/memory/virtual-clock.ts";
import { serveByItself } from "./own-workers.ts";

/** How an eager engine is set up. */
export type EagerEngineOptions = Pick<CanvasEngineOptions, "defaultQueue" | "content">;

/** Its results are there as long as anybody holds a handle on them, milliseconds. */
const FOR_EVER = Number.MAX_SAFE_INTEGER;

/** Upkeep is for workers that may be lost. Where time jumps, each round of it is a step on the way to what is due. */
const SELDOM_MS = 86_400_000;

/** Eager runs that were begun by the tasks of the eager run that goes on here. */
const begunHere = new AsyncLocalStorage<Set<Promise<unknown>>>();

/** Runs signatures in this process. Has nothing to close, and holds the process only while a run goes on. */
export class EagerEngine extends CanvasEngine {
  readonly #broker: MemoryBroker;

  constructor(registry: TaskRegistry, options: EagerEngineOptions = {}) {
    const broker = new MemoryBroker({ clock: new VirtualClock(Date.now(), true) });
    super(registry, { ...options, openBroker: async () => broker, resultExpiresMs: FOR_EVER });
    this.#broker = broker;
    serveByItself(broker, registry, () => this, {
      isEager: true,
      lostAfterMs: SELDOM_MS,
      overdueMs: SELDOM_MS,
      onError: (error) => process.emitWarning(error),
    });
  }

  /** `stored` resolves when the run has ended, with all eager runs that its tasks have begun and not waited for. */
  override submit(request: SubmitRequest): SubmittedRun {
    const begun = new Set<Promise<unknown>>();
    const run = begunHere.run(begun, () => super.submit(request));
    const ended = this.hold(this.#end(run.stored, begun));
    begunHere.getStore()?.add(ended);
    return { ...run, stored: ended };
  }

  async #end(stored: SubmittedRun["stored"], begun: Set<Promise<unknown>>): Promise<undefined> {
    await stored;
    await this.#broker.idle();
    for (const run of begun) {
      // Whoever began it is told of its error. One that begins meanwhile comes last in the set.
      await run.catch(() => undefined);
      begun.delete(run);
    }
  }
}
