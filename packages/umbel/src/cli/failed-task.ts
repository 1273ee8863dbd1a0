/** Which task a failure comes from. */
import type { CanvasEngine } from "@umbel/canvas";
import { parseNodeId } from "@umbel/core";

/** How many failures that follow from others are followed. */
const MOST_STEPS = 1000;

/** Gives the name of the task whose failure made the result with this id fail; `undefined` when that is not stored. */
export async function findFailedTask(engine: CanvasEngine, resultId: string): Promise<string | undefined> {
  const { aliases, store, pages } = await engine.runtime();
  const place = parseNodeId(resultId) ?? (await aliases.find(resultId));
  if (place === undefined) return undefined;
  let { index } = place;
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    const record = await store.read(place.runKey, index);
    switch (record.kind) {
      case "dead":
        index = record.cause;
        break;
      case "joinFailed":
        index = record.member;
        break;
      case "failed": {
        const node = await pages.node(place.runKey, index);
        return node.kind === "task" ? node.task : undefined;
      }
      default:
        return undefined;
    }
  }
  return undefined;
}
