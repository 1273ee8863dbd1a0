/** What keeps a claimed node from being run. One rule: it ends all the same, and its error says why. */
import {
  encodeError,
  parseRate,
  type TaskOptions,
  type TaskRegistry,
  TaskRevokedError,
  WorkerLostError,
} from "@umbel/core";
import type { TaskNode } from "../graph/graph.ts";
import type { StoredOutcome } from "../store/graph-store.ts";
import { timeLimitsOf } from "./time-limits.ts";

/** How often a task may be delivered if it does not say. */
const MOST_DELIVERIES = 3;

/** What a claim says of the nodes of a slice. */
export interface ClaimedNodes {
  readonly deliveries: number;
  readonly hasExpired: boolean;
  readonly revoked: readonly number[];
}

/** The outcome of a node that may not run: it was revoked, its time has passed, or it took its workers down too often. */
export function hindrance(
  node: TaskNode,
  index: number,
  { deliveries, hasExpired, revoked }: ClaimedNodes,
  registry: TaskRegistry,
): StoredOutcome | undefined {
  if (revoked.includes(index)) {
    // Why follows from what was revoked.
    return { kind: "revoked", payload: "" };
  }
  if (hasExpired) {
    const expired = new TaskRevokedError(`task "${node.task}" was not started before it expired`);
    return { kind: "revoked", payload: JSON.stringify(encodeError(expired)) };
  }
  return deliveries === 0 ? undefined : lostTooOften(node.task, registry.tasks.get(node.task)?.options, deliveries);
}

/** The outcome of a task with which so many workers were lost, if it is not tried again. */
export function lostTooOften(
  task: string,
  options: TaskOptions | undefined,
  deliveries: number,
): StoredOutcome | undefined {
  if (deliveries < mostDeliveries(options)) return undefined;
  const error = new WorkerLostError(
    options?.acksLate === false
      ? `the worker that ran task "${task}" was lost, and the task may run only once (\`acksLate: false\`)`
      : `${deliveries === 1 ? "a worker was lost while it" : `${deliveries} workers were lost while they`} ran task "${task}"; it is not tried again (\`${options?.rejectOnWorkerLost === false ? "rejectOnWorkerLost: false" : "maxDeliveries"}\`)`,
  );
  return { kind: "failed", payload: JSON.stringify(encodeError(error)) };
}

/**
 * Whether a call may be in a slice with others: it may be lost with them, as each loss of the slice counts as one of its
 * own; and neither its start nor its end has a time of its own.
 */
export function mayShare(node: Pick<TaskNode, "task" | "options">, registry: TaskRegistry): boolean {
  const options = registry.tasks.get(node.task)?.options;
  const hasTime = timeLimitsOf(node, options) !== undefined || startsApartMs(node, registry) !== undefined;
  return mostDeliveries(options) >= MOST_DELIVERIES && !hasTime;
}

/** The milliseconds between two starts of a node's task; `undefined` for one without a rate limit. */
export function startsApartMs({ task }: Pick<TaskNode, "task">, registry: TaskRegistry): number | undefined {
  const rate = registry.tasks.get(task)?.options.rateLimit;
  return rate === undefined ? undefined : parseRate(rate, `option \`rateLimit\` of task "${task}"`);
}

/** How often a task may be delivered, all that it says taken together. */
function mostDeliveries(options: TaskOptions | undefined): number {
  if (options?.acksLate === false || options?.rejectOnWorkerLost === false) return 1;
  return options?.maxDeliveries ?? MOST_DELIVERIES;
}
