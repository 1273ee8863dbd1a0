/**
 * Runs the workflows of a console, one after the other, by a worker of its own. One rule: nothing is opened before the
 * first of them, and when the console ends nothing goes on that nobody serves.
 */
import { randomUUID } from "node:crypto";
import { CanvasEngine, type CanvasWorker, type Runtime, startWorker } from "@umbel/canvas";
import { type AnyTask, type App, nodeId, parseNodeId, readableId, type SignatureData } from "@umbel/core";
import { NoServerError } from "../../broker/no-server.ts";
import { engineOptions } from "../../engine.ts";
import { cleanUp } from "../clean-up.ts";
import type { CommandContext } from "../context.ts";
import { type RunEnd, waitForEnd } from "../flow-run.ts";
import { readVersion } from "../version.ts";

/** What a console's runs need. */
export interface ConsoleWorkerParts {
  /** Whose broker, prefix and settings are taken. */
  readonly app: App;
  /** May grow while the console goes on. */
  readonly tasks: ReadonlyMap<string, AnyTask>;
  readonly modules: readonly string[];
  readonly context: CommandContext;
  readonly concurrency: number | undefined;
  readonly isKept: () => boolean;
  /** Called where no server can be had; has then named another broker. Without it that is an error. */
  readonly onNoServer: ((error: NoServerError) => void) | undefined;
}

/** How long a run that is cancelled may take to end, milliseconds. */
const CANCEL_MS = 2000;

/** Runs workflows until it is closed. */
export class ConsoleWorker {
  readonly #parts: ConsoleWorkerParts;
  readonly #engine: CanvasEngine;
  readonly #queue = `console-${randomUUID()}`;
  #worker: CanvasWorker | undefined;
  /** Results of runs of which something may go on still. */
  readonly #open = new Set<string>();
  #lastError = "";

  constructor(parts: ConsoleWorkerParts) {
    this.#parts = parts;
    this.#engine = new CanvasEngine(
      { tasks: parts.tasks },
      {
        ...engineOptions(parts.app, {
          user: "flow console",
          signal: parts.context.signal,
          onProblem: (error: Error) => this.#report(error),
        }),
        modules: parts.modules,
        onlyQueue: this.#queue,
        ownsRuns: true,
      },
    );
  }

  /**
   * Runs a workflow to its end.
   * @param signal cancels it; before it has begun by an exception
   * @param onStored is told when it has begun
   * @throws OperationalError when there is no broker, or it is lost
   */
  async run(
    signature: SignatureData,
    signal: AbortSignal,
    onStored: (runtime: Runtime, id: string) => void,
  ): Promise<RunEnd> {
    await this.#start();
    signal.throwIfAborted();
    const { resultId, stored } = this.#engine.submit({ signature, args: [], kwargs: {}, options: {} });
    await stored;
    this.#open.add(resultId);
    onStored(await this.#engine.runtime(), resultId);
    try {
      return await waitForEnd(this.#engine, resultId, { signal, timeoutMs: undefined });
    } catch (error) {
      if (!signal.aborted || this.#parts.context.signal.aborted) throw error;
      await this.#give(resultId);
      return await waitForEnd(this.#engine, resultId, { signal: this.#parts.context.signal, timeoutMs: CANCEL_MS });
    } finally {
      await this.#forgetEnded().catch(() => undefined);
    }
  }

  /** Ends what goes on and closes all. */
  async close(): Promise<void> {
    const { app, tasks, context } = this.#parts;
    const steps: (() => Promise<unknown>)[] = [];
    for (const id of this.#open) {
      steps.push(async () => {
        await this.#give(id);
        const { runKey } = parseNodeId(id) ?? {};
        const name = runKey === undefined ? id : readableId(runKey);
        if (this.#parts.isKept()) context.terminal.note(`${name} is cancelled; go on with it by: flow resume ${name}`);
      });
    }
    if (this.#worker !== undefined) {
      const force = this.#open.size > 0;
      steps.push(async () => this.#worker?.close({ force }));
      steps.push(async () => (await this.#engine.runtime()).queues.obliterate(this.#queue));
    }
    steps.push(() => this.#engine.close());
    for (const each of new Set([app, ...[...tasks.values()].map((task) => task.app)])) steps.push(() => each.close());
    await cleanUp(context.terminal, steps);
  }

  async #start(): Promise<void> {
    if (this.#worker !== undefined) return;
    const { tasks, concurrency, onNoServer } = this.#parts;
    try {
      await this.#engine.runtime();
    } catch (error) {
      if (!(error instanceof NoServerError) || onNoServer === undefined) throw error;
      onNoServer(error);
    }
    this.#worker = await startWorker({ tasks }, this.#engine, {
      queues: [this.#queue],
      version: readVersion(),
      ...(concurrency === undefined ? {} : { concurrency }),
      onError: (error) => this.#report(error),
    });
  }

  /** Gives up a run; where the broker outlives this process it can be resumed. */
  async #give(id: string): Promise<void> {
    if (this.#parts.isKept()) {
      await this.#engine.runs.cancel(id);
      return;
    }
    const place = parseNodeId(id);
    if (place !== undefined) await this.#engine.discard(nodeId(place.runKey, place.index));
  }

  async #forgetEnded(): Promise<void> {
    const { store } = await this.#engine.runtime();
    for (const id of this.#open) {
      const place = parseNodeId(id);
      if (place === undefined) continue;
      const { exists, endedAt } = await store.inspect(place.runKey);
      if (!exists || endedAt !== undefined) this.#open.delete(id);
    }
  }

  /** Each connection tells the same; once is enough. */
  #report(error: Error): void {
    if (error.message === this.#lastError) return;
    this.#lastError = error.message;
    this.#parts.context.terminal.warn(error.message);
  }
}
