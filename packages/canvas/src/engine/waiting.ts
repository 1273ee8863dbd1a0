/**
 * Waiting for one node to end. One rule: news is a hint, so whoever waits also reads: after subscribing, after each
 * reconnection, and from time to time.
 */
import { isReady, type ResultRecord, RunExpiredError, type RunKey, runKeyTime } from "@umbel/core";
import type { Graph } from "../graph/graph.ts";
import { type NodeRecord, readRecord } from "../store/graph-store.ts";
import type { Deadline } from "./deadline.ts";
import { deferred } from "./deferred.ts";
import type { FoundNode } from "./find-node.ts";
import type { News } from "./news.ts";
import type { Runtime } from "./runtime.ts";

/** How long a run may take from its id to the store; one that is not there after that is gone, milliseconds. */
const STORING_MS = 60_000;

/** How often a result that is waited for is read without any news of it. */
export const POLL_MS = 5000;

/** The result of a run that was submitted here and that nobody has waited for yet. */
export interface Expected {
  readonly result: number;
  readonly stopListening: () => void;
  /** Whether it is sure that the result of this node is not there yet. */
  isCertain(index: number, losses: number): boolean;
}

/** How many results are listened for that nobody has asked for. */
const MOST_EXPECTED = 10_000;

/** The runs that were submitted here and that nobody has waited for yet; the oldest are given up first. */
export class Expectations {
  readonly #byRun = new Map<RunKey, Expected>();

  set(runKey: RunKey, expected: Expected): void {
    // One that is sent again is listened for once.
    this.#byRun.get(runKey)?.stopListening();
    this.#byRun.set(runKey, expected);
    if (this.#byRun.size <= MOST_EXPECTED) return;
    const [oldest] = this.#byRun.keys();
    if (oldest !== undefined) this.#giveUp(oldest);
  }

  /** Gives what is known of a run's result, to whoever listens for it from now on. */
  take(runKey: RunKey): Expected | undefined {
    const expected = this.#byRun.get(runKey);
    this.#giveUp(runKey);
    return expected;
  }

  #giveUp(runKey: RunKey): void {
    this.#byRun.get(runKey)?.stopListening();
    this.#byRun.delete(runKey);
  }
}

/** Listens to a run from before it is stored. */
export function expect(graph: Pick<Graph, "runKey" | "result">, news: News): Expected {
  const { losses } = news;
  let isThere = false;
  const stopListening = news.listen(graph.runKey, () => {
    isThere = true;
  });
  return {
    result: graph.result,
    stopListening,
    isCertain: (index, lossesNow) => index === graph.result && !isThere && losses === lossesNow,
  };
}

/** Waits until a node has ended. @throws RunExpiredError, TimeoutError, or the signal's reason */
export async function waitForNode(
  runtime: Runtime,
  node: FoundNode & { readonly id: string },
  expected: Expected | undefined,
  deadline: Deadline,
): Promise<ResultRecord> {
  const { id, runKey, index } = node;
  const isOwnResult = expected?.result === index;
  const waiting = deferred<ResultRecord>();
  const read = async (): Promise<void> => {
    const stored = await runtime.store.read(runKey, index);
    requireThere(stored, id, runKey);
    const record = await runtime.results.resolve(runKey, index, stored);
    if (isReady(record.state)) waiting.resolve(record);
  };
  const readNow = (): void => void read().catch(waiting.reject);
  const stopListening = runtime.news.listen(runKey, (ended, text) => {
    if (ended !== undefined && (index < ended.first || ended.last < index)) return;
    if (text === "") return readNow();
    void runtime.results.resolve(runKey, index, readRecord(text)).then(waiting.resolve, waiting.reject);
  });
  const stopPolling = runtime.timers.every(POLL_MS, readNow);
  try {
    const look = async (): Promise<void> => {
      if (!isOwnResult) await runtime.news.follow(runKey);
      // News of a run that this process submitted is told to it alone, and cannot have been missed but by a lost connection.
      if (expected?.isCertain(index, runtime.news.losses) !== true) await read();
    };
    // Not awaited: the limits hold for a server that does not answer, too.
    look().catch(waiting.reject);
    return await deadline.within(
      waiting.promise,
      (timeoutMs) =>
        `the result of ${id} was not there after ${timeoutMs} ms; the run goes on, and its result can be asked for later`,
    );
  } finally {
    stopListening();
    stopPolling();
    if (!isOwnResult) runtime.news.unfollow(runKey).catch(() => undefined);
  }
}

/** @throws RunExpiredError when a result cannot come any more: its run is gone, or it was forgotten */
export function requireThere(record: NodeRecord, id: string, runKey: RunKey): void {
  if (record.kind === "forgotten") {
    throw new RunExpiredError(`the result of task ${id} was forgotten: somebody called \`forget()\``);
  }
  if (record.kind === "unknown" && Date.now() - runKeyTime(runKey) > STORING_MS) {
    throw new RunExpiredError(
      `there is no run of task ${id}: it has expired, was forgotten, or was sent to another broker or with another prefix`,
    );
  }
}
