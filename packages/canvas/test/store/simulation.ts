/**
 * Runs a graph on a store without queues or tasks: hands out members, claims and settles in any order. One rule: what
 * happens depends on the choices alone, so two stores can be led the same way.
 */
import { type Graph, type SpreadNode, stretchIndices, type TaskNode } from "../../src/graph/graph.ts";
import type { Dispatch, GraphStore, Settlement, SettleReply, Started } from "../../src/store/graph-store.ts";

/** Says what happens next. */
export interface Choices {
  /** A number from 0 to `count` - 1. */
  pick(count: number): number;
  /** Whether the task of this node fails. */
  fails(index: number): boolean;
  /** How many members one call hands out, at most. */
  readonly handOut: number;
  /** How many tasks are settled together, at most. */
  readonly together: number;
}

/** What a simulated run came to. */
export interface Simulated {
  readonly executed: readonly number[];
  readonly failed: readonly number[];
  /** How often the store said that the run has ended when something had been done. */
  readonly endings: number;
}

/** Creates a run and drives it to its end. @throws Error when it does not end, or something is done twice */
export async function simulate(store: GraphStore, graph: Graph, choices: Choices): Promise<Simulated> {
  const { runKey } = graph;
  const dispatches: Dispatch[] = [];
  const spreads: number[] = [];
  const executed: number[] = [];
  let endings = 0;
  const take = (started: Started | SettleReply): void => {
    dispatches.push(...started.dispatches);
    spreads.push(...started.spreads);
    if ("runEnded" in started && started.runEnded) endings += 1;
  };
  take(await store.create(graph, {}));
  while (dispatches.length + spreads.length > 0) {
    const choice = choices.pick(dispatches.length + spreads.length);
    if (choice >= dispatches.length) {
      const [index = 0] = spreads.splice(choice - dispatches.length, 1);
      for await (const reply of handOut(store, graph, index, choices.handOut)) take(reply);
      continue;
    }
    const batch = dispatches.splice(choice, 1 + choices.pick(choices.together));
    const settlements: Settlement[] = [];
    for (const dispatch of batch) settlements.push(await attempt(store, graph, dispatch, choices));
    executed.push(...batch.map(({ first }) => first));
    const reply = await store.settle(runKey, settlements);
    if (reply.accepted.includes(false)) throw new Error(`a settlement was refused: ${JSON.stringify(reply)}`);
    take(reply);
    // The reply may have been lost, so the settlement is sent again.
    const again = await store.settle(runKey, settlements);
    if (again.accepted.includes(true) || again.dispatches.length + again.spreads.length > 0) {
      throw new Error(`a settlement counted twice: ${JSON.stringify(again)}`);
    }
    if (executed.length > graph.nodes.length) throw new Error("the run does not end");
  }
  return { executed, failed: executed.filter((index) => choices.fails(index)), endings };
}

async function attempt(
  store: GraphStore,
  graph: Graph,
  { first, generation }: Dispatch,
  choices: Choices,
): Promise<Settlement> {
  const [reply] = await store.claim(graph.runKey, "simulation", [{ first, generation, withPage: false }]);
  if (reply?.kind !== "claimed") throw new Error(`node ${first} was dispatched but is ${reply?.kind}`);
  const outcome = choices.fails(first)
    ? ({ kind: "failed", payload: `{"name":"Error","message":"node ${first}"}` } as const)
    : ({ kind: "succeeded", payload: String(first) } as const);
  return { first, index: first, token: reply.token, outcome, node: taskAt(graph, first) };
}

async function* handOut(store: GraphStore, graph: Graph, index: number, most: number): AsyncGenerator<SettleReply> {
  const spread = spreadAt(graph, index);
  let handedOut = 0;
  do {
    const starts = startsOf(spread, handedOut, most);
    yield await store.expand(graph.runKey, { index, join: spread.join, total: spread.total }, handedOut, starts);
    handedOut += starts.length;
  } while (handedOut < spread.total);
}

/** The start tokens of members of a spread. */
export function startsOf(spread: SpreadNode, from = 0, most = Number.POSITIVE_INFINITY): string[] {
  return [...stretchIndices(spread.starts, from, most)].map(
    ({ index, stretch }) => `${stretch.kind}${index}${stretch.suffix}`,
  );
}

/** The task at an index. */
export function taskAt(graph: Graph, index: number): TaskNode {
  const node = graph.nodes[index];
  if (node?.kind !== "task") throw new Error(`node ${index} is no task`);
  return node;
}

/** The spread at an index. */
export function spreadAt(graph: Graph, index: number): SpreadNode {
  const node = graph.nodes[index];
  if (node?.kind !== "spread") throw new Error(`node ${index} is no spread`);
  return node;
}
