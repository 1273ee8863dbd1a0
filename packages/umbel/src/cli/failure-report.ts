/** What is known of a workflow that failed: which task, called how, and what is done all the same. */
import { argumentsOf, type CanvasEngine, RunFollower } from "@umbel/canvas";
import { nodeId, parseNodeId, type RunKey, readableId } from "@umbel/core";

/** The task that failed first, and what there is besides. */
export interface FailureReport {
  /** Its name, and how it was called: `score(17, 2)`. */
  readonly task: string | undefined;
  readonly call: string | undefined;
  readonly id: string | undefined;
  readonly readableId: string;
  /** How many tasks of the run have succeeded, failed, and were cancelled or never began; and how many there are. */
  readonly succeeded: number;
  readonly failed: number;
  readonly notRun: number;
  readonly total: number;
}

/** How many failures that follow from others are followed. */
const MOST_STEPS = 1000;
const MOST_INPUT = 60;

/** Tells of the run of a result that is a failure; `undefined` when that is not stored any more. */
export async function reportFailure(engine: CanvasEngine, resultId: string): Promise<FailureReport | undefined> {
  const runtime = await engine.runtime();
  const place = parseNodeId(resultId) ?? (await runtime.aliases.find(resultId));
  if (place === undefined) return undefined;
  const { runKey } = place;
  const index = await findFailed(engine, runKey, place.index);
  const follower = new RunFollower(runtime, runKey);
  try {
    await follower.look({ all: true });
    const counts = { succeeded: 0, failed: 0, notRun: 0, total: 0 };
    for (let at = 0, node = follower.node(at); at < follower.size; at += 1, node = follower.node(at)) {
      if (node?.kind !== "task") continue;
      const phase = follower.phaseOf(at);
      if (phase === "uncalled") continue;
      counts.total += 1;
      if (phase === "succeeded" || phase === "ignored") counts.succeeded += 1;
      else if (phase === "failed") counts.failed += 1;
      else counts.notRun += 1;
    }
    const node = index === undefined ? undefined : follower.node(index);
    const task = node?.kind === "task" ? node : undefined;
    const own = task === undefined ? "" : argumentsOf(task);
    const input = task?.input === undefined ? "" : await showInput(engine, runKey, task.input);
    return {
      ...counts,
      task: task?.task,
      call: task === undefined ? undefined : `${task.task}(${[input, own].filter((part) => part !== "").join(", ")})`,
      id: index === undefined ? undefined : nodeId(runKey, index),
      readableId: readableId(runKey),
    };
  } catch {
    return undefined;
  } finally {
    await follower.close().catch(() => undefined);
  }
}

/** Follows failures that follow from others to where they began. */
async function findFailed(engine: CanvasEngine, runKey: RunKey, from: number): Promise<number | undefined> {
  const { store } = await engine.runtime();
  let index = from;
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    const record = await store.read(runKey, index);
    switch (record.kind) {
      case "dead":
        index = record.cause;
        break;
      case "joinFailed":
        index = record.member;
        break;
      case "replaced":
        index = record.by;
        break;
      case "failed":
        return index;
      default:
        return undefined;
    }
  }
  return undefined;
}

async function showInput(engine: CanvasEngine, runKey: RunKey, index: number): Promise<string> {
  const { results } = await engine.runtime();
  const text = await results.valueText(runKey, index).catch(() => "…");
  return text.length > MOST_INPUT ? `${text.slice(0, MOST_INPUT - 1)}…` : text;
}
