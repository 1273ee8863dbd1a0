/**
 * One attempt in a pool. One rule: what ran it may be lost as a worker may, and it counts the same: it runs again unless its
 * task says otherwise, and not for ever.
 */
import { type AnyTask, type AttemptServices, encodeJson, type RequestMaker, WorkerLostError } from "@umbel/core";
import type { StoredOutcome } from "../../store/graph-store.ts";
import { type Endings, failed } from "../attempt-endings.ts";
import { lostTooOften } from "../hindrance.ts";
import type { Attempt } from "../run-task.ts";
import { TaskWatch } from "../task-watch.ts";
import { hardLimitError, timeLimitsOf } from "../time-limits.ts";
import type { PooledCall, PoolHost, TaskPool } from "./task-pool.ts";

/** What is called. */
export interface CallInPool {
  readonly task: AnyTask;
  readonly attempt: Attempt;
  readonly args: readonly unknown[];
  readonly call: RequestMaker & AttemptServices;
  readonly endings: Endings;
  readonly report: (error: Error) => void;
}

/** Runs it and gives its outcome. @throws what the broker throws */
export async function callInPool(pool: TaskPool, what: CallInPool): Promise<StoredOutcome> {
  const { task, attempt, call, report } = what;
  const hardMs = timeLimitsOf(attempt.node, task.options)?.hardMs;
  const host = hostOf(what, hardMs);
  for (let { deliveries } = attempt; ; ) {
    let pooled: PooledCall;
    try {
      pooled = pooledCall(what, deliveries);
    } catch (error) {
      // Arguments that cannot cross over are the caller's fault.
      return failed(error);
    }
    const end = await pool.run(pooled, host);
    if ("outcome" in end) return end.outcome;
    if (end.kind === "overran") {
      const { observer } = task;
      const limitMs = hardMs ?? 0;
      if (observer !== undefined) await new TaskWatch(task, observer, report).overran(call.makeRequest(), limitMs);
      return failed(hardLimitError(task.name, limitMs));
    }
    deliveries += 1;
    const outcome = lostTooOften(task.name, task.options, deliveries);
    const next = outcome === undefined ? "; it runs again" : "";
    report(new WorkerLostError(`the child that ran task "${task.name}" was lost (${end.how})${next}`));
    if (outcome !== undefined) return outcome;
  }
}

function pooledCall({ task, attempt, args, call }: CallInPool, deliveries: number): PooledCall {
  const { runKey, index, node, retries } = attempt;
  const { args: _args, kwargs, deliveryInfo, ...request } = call.makeRequest();
  const redelivered = deliveries > 0;
  const what = `the arguments of task "${task.name}"`;
  return {
    runKey,
    index,
    node: { ...node, args: [], kwargs: {} },
    retries,
    deliveries,
    args: encodeJson(args, what),
    kwargs: encodeJson(kwargs, what),
    request: encodeJson(
      { ...request, deliveryInfo: deliveryInfo === null ? null : { ...deliveryInfo, redelivered } },
      `the request of task "${task.name}"`,
    ),
  };
}

function hostOf({ attempt, call, endings, report }: CallInPool, hardMs: number | undefined): PoolHost {
  return {
    hardMs,
    showState: (state, payload) => attempt.showState(state, payload),
    openSignal: () => attempt.openSignal(),
    keepLine: (line) => call.keepLine(line),
    report: (message) => report(new Error(message)),
    replaced: (replacement) => endings.replaced(attempt, replacement),
    added: (payload, additions) => endings.added(attempt, payload, additions),
    rejected: (error) => endings.rejected(attempt, error),
  };
}
