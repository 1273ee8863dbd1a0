/** Members of groups, as nodes. One rule: they are asked for many at a time, each run by itself. */
import type { Members, RunKey, State } from "@umbel/core";
import { type FoundNode, findNode, requireNode } from "./find-node.ts";
import type { Runtime } from "./runtime.ts";

/** A member, and where its value stands in the list. */
export interface Member extends FoundNode {
  readonly place: number;
}

/**
 * Gives the nodes of a group's members, or of results, each with its place; how many there are in all, also of those
 * that were not found.
 * @throws UnknownTaskIdError, RunExpiredError for a group that is not there
 */
export async function findMembers(
  runtime: Runtime,
  members: Members,
  find: (runtime: Runtime, id: string) => Promise<FoundNode | undefined> = findNode,
): Promise<{ readonly nodes: readonly Member[]; readonly count: number }> {
  if (typeof members === "string") {
    const { runKey, index } = await requireNode(runtime, members);
    const indices = await runtime.relatives.members(runKey, index);
    return { nodes: indices.map((member, place) => ({ runKey, index: member, place })), count: indices.length };
  }
  const found = await Promise.all(members.map((id) => find(runtime, id)));
  const nodes = found.flatMap((node, place) => (node === undefined ? [] : [{ ...node, place }]));
  return { nodes, count: members.length };
}

/** Reads the states of members, in order; what is not known is PENDING. */
export async function readStates(runtime: Runtime, members: Members): Promise<readonly State[]> {
  const { nodes, count } = await findMembers(runtime, members);
  const states = new Array<State>(count).fill("PENDING");
  const readRun = async ([runKey, ofRun]: readonly [RunKey, readonly Member[]]): Promise<void> => {
    const indices = ofRun.map(({ index }) => index);
    for (const [position, state] of (await runtime.results.states(runKey, indices)).entries()) {
      const member = ofRun[position];
      if (member !== undefined) states[member.place] = state;
    }
  };
  await Promise.all([...byRun(nodes)].map(readRun));
  return states;
}

/** Members of each run by themselves. */
export function byRun(members: readonly Member[]): ReadonlyMap<RunKey, readonly Member[]> {
  const runs = new Map<RunKey, Member[]>();
  for (const member of members) {
    const ofRun = runs.get(member.runKey);
    if (ofRun === undefined) runs.set(member.runKey, [member]);
    else ofRun.push(member);
  }
  return runs;
}
