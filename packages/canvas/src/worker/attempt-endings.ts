/**
 * Ends of attempts that must know more than the task gave: the graph that is changed, the call as it was sent. One rule: what
 * cannot be stored is the task's fault and its outcome; a broker that is gone is not, and is thrown.
 */
import {
  type Content,
  decodeError,
  encodeError,
  nodeId,
  type SignatureData,
  UmbelError,
  type WireError,
} from "@umbel/core";
import type { PageCache } from "../engine/page-cache.ts";
import type { Results } from "../engine/results.ts";
import type { TaskNode } from "../graph/graph.ts";
import { ownNode } from "../graph/own-arguments.ts";
import type { StoredOutcome } from "../store/graph-store.ts";
import type { GraphAdditions } from "./graph-additions.ts";
import type { Attempt } from "./run-task.ts";

/** Makes outcomes of what an attempt asked for. */
export interface Endings {
  /** A canvas takes the task's place. */
  replaced(attempt: Attempt, replacement: SignatureData): Promise<StoredOutcome>;
  /** It succeeded, and added members to the chord around it. */
  added(attempt: Attempt, payload: string, additions: readonly SignatureData[]): Promise<StoredOutcome>;
  /** It was rejected, and the call is kept. */
  rejected(attempt: Attempt, error: WireError): Promise<StoredOutcome>;
}

/** What AttemptEndings are made of. */
export interface AttemptEndingsParts {
  readonly pages: PageCache;
  readonly results: Results;
  readonly content: Content;
  readonly additions: GraphAdditions;
  readonly hostname: string;
}

/** Those of a worker that has the store. */
export class AttemptEndings implements Endings {
  readonly #parts: AttemptEndingsParts;

  constructor(parts: AttemptEndingsParts) {
    this.#parts = parts;
  }

  replaced(attempt: Attempt, replacement: SignatureData): Promise<StoredOutcome> {
    return orFailed(() => this.#parts.additions.replace(attempt, replacement));
  }

  added(attempt: Attempt, payload: string, additions: readonly SignatureData[]): Promise<StoredOutcome> {
    return orFailed(async () => {
      const addition = await this.#parts.additions.addToJoin(attempt, additions);
      return { kind: "succeeded", payload, ...(addition === undefined ? {} : { addition }) };
    });
  }

  async rejected(attempt: Attempt, error: WireError): Promise<StoredOutcome> {
    const { pages, results, content, hostname } = this.#parts;
    const { node, runKey, index, input } = attempt;
    const first = input ?? (node.input === undefined ? undefined : await results.valueText(runKey, node.input));
    // As they were sent: the task may have changed what it was given.
    const stored = await pages.node(runKey, index);
    const { args, kwargs } = stored.kind === "task" ? ownNode(stored, content) : node;
    const letter = {
      id: node.ownId ?? nodeId(runKey, index),
      task: node.task,
      args: first === undefined ? args : [content.readResult(first), ...args],
      kwargs,
      options: withoutQueue(node.options, pages.peekMeta(runKey)?.labels?.ownQueue),
      error,
      rejectedAt: new Date(),
      hostname,
    };
    return { ...failedWith(error), letter };
  }
}

/** The outcome of an attempt that failed. */
export function failed(error: unknown): StoredOutcome & { readonly kind: "failed" } {
  return failedWith(encodeError(error));
}

/** The outcome of an attempt that failed elsewhere. */
export function failedWith(error: WireError): StoredOutcome & { readonly kind: "failed" } {
  return { kind: "failed", payload: JSON.stringify(error) };
}

/** The error of an outcome. */
export function errorIn(payload: string): Error {
  return decodeError(JSON.parse(payload) as WireError);
}

async function orFailed(make: () => Promise<StoredOutcome>): Promise<StoredOutcome> {
  try {
    return await make();
  } catch (error) {
    if (error instanceof UmbelError) return failed(error);
    throw error;
  }
}

/** Options without a queue that ends with the process which sent the run: whoever sends the call again is another. */
function withoutQueue({ queue, ...options }: TaskNode["options"], own: string | undefined): TaskNode["options"] {
  return queue === undefined || queue === own ? options : { ...options, queue };
}
