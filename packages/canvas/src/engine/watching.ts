/**
 * Watching one node. One rule: news says only that something has changed; what it is now is read, so two changes that
 * follow each other at once may be seen as one, and the end is always seen.
 */
import { isReady, type ResultRecord, type RunKey } from "@umbel/core";
import type { Deadline } from "./deadline.ts";
import { deferred } from "./deferred.ts";
import type { FoundNode } from "./find-node.ts";
import type { Runtime } from "./runtime.ts";
import { POLL_MS, requireThere } from "./waiting.ts";

/** Gives what is known of a node now, and again whenever that has changed, up to its end. @throws what `waitForNode` throws */
export async function* watchNode(
  runtime: Runtime,
  { id, runKey, index }: FoundNode & { readonly id: string },
  deadline: Deadline,
): AsyncGenerator<ResultRecord> {
  let change = deferred<void>();
  const tell = (): void => change.resolve();
  const stopListening = runtime.news.listen(runKey, (range) => {
    if (range === undefined || (range.first <= index && index <= range.last)) tell();
  });
  const stopPolling = runtime.timers.every(POLL_MS, tell);
  const late = (timeoutMs: number): string =>
    `the result of ${id} was not there after ${timeoutMs} ms; the run goes on, and can be watched again`;
  try {
    await deadline.within(runtime.news.follow(runKey), late);
    let before = "";
    let stamps: Pick<ResultRecord, "stamps"> | undefined;
    for (;;) {
      change = deferred<void>();
      const stored = await deadline.within(runtime.store.read(runKey, index), late);
      requireThere(stored, id, runKey);
      const seen = JSON.stringify(stored);
      const record = await runtime.results.resolve(runKey, index, stored);
      // A replaced task is as what took its place is.
      stamps ??= await stampsOf(runtime, runKey, index);
      if (seen !== before || isReady(record.state)) yield { ...record, ...stamps };
      if (isReady(record.state)) return;
      before = seen;
      await deadline.within(change.promise, late);
    }
  } finally {
    stopListening();
    stopPolling();
    runtime.news.unfollow(runKey).catch(() => undefined);
  }
}

async function stampsOf({ pages }: Runtime, runKey: RunKey, index: number): Promise<Pick<ResultRecord, "stamps">> {
  const node = await pages.node(runKey, index);
  return node.kind === "task" && node.options.stamps !== undefined ? { stamps: node.options.stamps } : {};
}
