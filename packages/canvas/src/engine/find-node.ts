/** From ids to nodes. One rule: an id of ours leads to its node by itself; only ids of people's own are looked up. */
import { parseNodeId, type RunKey, UnknownTaskIdError } from "@umbel/core";
import type { Runtime } from "./runtime.ts";

/** A node of some run. */
export interface FoundNode {
  readonly runKey: RunKey;
  readonly index: number;
}

/** Gives the node that an id stands for. */
export async function findNode(runtime: Runtime, id: string): Promise<FoundNode | undefined> {
  return parseNodeId(id) ?? (await runtime.aliases.find(id));
}

/** Gives the node that an id stands for. @throws UnknownTaskIdError */
export async function requireNode(runtime: Runtime, id: string): Promise<FoundNode> {
  const node = await findNode(runtime, id);
  if (node !== undefined) return node;
  throw new UnknownTaskIdError(`there is no task with the id "${id}", so its result cannot be waited for`);
}
