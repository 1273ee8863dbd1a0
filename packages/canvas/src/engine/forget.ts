/** Forgetting results. One rule: what somebody may still need stays, so nothing of a run that goes on is forgotten. */
import { type RunKey, RunNotEndedError } from "@umbel/core";
import type { FoundNode } from "./find-node.ts";
import { entryOf } from "./run-index.ts";
import type { Runtime } from "./runtime.ts";

/**
 * Deletes the result of a node and of all before it; with a run's own result, all of the run.
 * @throws RunNotEndedError
 */
export async function forgetNode(runtime: Runtime, id: string, { runKey, index }: FoundNode): Promise<void> {
  const meta = await runtime.store.readMeta(runKey);
  // What has expired is forgotten already.
  if (meta === undefined) return;
  const reply = await runtime.store.forget(
    runKey,
    meta.result === index ? [index] : await runtime.relatives.lineage(runKey, index),
  );
  if (reply === "running") {
    throw new RunNotEndedError(
      `the result of ${id} cannot be forgotten: its run goes on and may need it; wait until the run has ended`,
    );
  }
  if (reply === "deleted") {
    await Promise.all([
      runtime.aliases.release(meta.aliases ?? [], runKey),
      runtime.activeRuns.remove(runKey),
      runtime.runIndex.remove([entryOf(runKey, meta)]),
    ]);
  }
}

/** Deletes all of a run, at whatever point it is. */
export async function deleteRun(runtime: Runtime, runKey: RunKey): Promise<void> {
  const meta = await runtime.store.readMeta(runKey);
  await Promise.all([
    runtime.store.delete(runKey),
    runtime.activeRuns.remove(runKey),
    ...(meta === undefined ? [] : [runtime.runIndex.remove([entryOf(runKey, meta)])]),
  ]);
}
