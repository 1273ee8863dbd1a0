/**
 * Runs a graph on a store without queues or tasks: hands out members, claims and settles in any order. One rule: what
 * happens depends on the choices alone, so two stores can be led the same way.
 */
import { type Graph, PAGE_SIZE, type SpreadNode, stretchIndices, type TaskNode } from "../../src/graph/graph.ts";
import type {
  Dispatch,
  GraphStore,
  HandOut,
  HeldSlice,
  Settlement,
  SettleReply,
  Started,
} from "../../src/store/graph-store.ts";
import { type SliceRange, single, sliceIndices, startToken } from "../../src/store/slice.ts";

/** Says what happens next. */
export interface Choices {
  /** A number from 0 to `count` - 1. */
  pick(count: number): number;
  /** Whether the task of this node fails. */
  fails(index: number): boolean;
  /** How many members one call hands out, at most. */
  readonly handOut: number;
  /** How many slices are settled together, at most. */
  readonly together: number;
  /** How many members make a slice, at most. */
  readonly sliceSize: number;
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
  return await drive(store, graph, await store.create(graph, {}), choices);
}

/** Drives a run to its end from what was started. @throws Error when it does not end, or something is done twice */
export async function drive(
  store: GraphStore,
  graph: Pick<Graph, "runKey" | "nodes">,
  begun: Started,
  choices: Choices,
): Promise<Simulated> {
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
  take(begun);
  while (dispatches.length + spreads.length > 0) {
    const choice = choices.pick(dispatches.length + spreads.length);
    if (choice >= dispatches.length) {
      const [index = 0] = spreads.splice(choice - dispatches.length, 1);
      for await (const reply of handOut(store, graph, index, choices)) take(reply);
      continue;
    }
    const batch = dispatches.splice(choice, 1 + choices.pick(choices.together));
    const settlements: Settlement[] = [];
    for (const dispatch of batch) {
      const held = await claim(store, graph, dispatch);
      const nodes = sliceIndices(dispatch);
      // A worker runs some of a slice and gives the others back.
      const begun = 1 + choices.pick(nodes.length);
      const [next, ...rest] = nodes.slice(begun);
      if (next !== undefined) {
        const parts = [
          single(next),
          ...(rest.length === 0 ? [] : [{ ...dispatch, first: next + dispatch.stride, count: rest.length }]),
        ];
        dispatches.push(...(await store.release(runKey, held, parts)));
        if ((await store.release(runKey, held, parts)).length > 0) throw new Error("nodes were given back twice");
      }
      settlements.push(...nodes.slice(0, begun).map((index) => settlementOf(graph, held, index, choices)));
    }
    // They end in any order.
    for (let place = settlements.length - 1; place > 0; place -= 1) {
      const other = choices.pick(place + 1);
      [settlements[place], settlements[other]] = [settlements[other] as Settlement, settlements[place] as Settlement];
    }
    executed.push(...settlements.map(({ index }) => index));
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

async function claim(
  store: GraphStore,
  graph: Pick<Graph, "runKey">,
  { first, count, generation }: Dispatch,
): Promise<HeldSlice> {
  const [reply] = await store.claim(graph.runKey, "simulation", [{ first, count, generation, withPage: false }]);
  if (reply?.kind !== "claimed") throw new Error(`node ${first} was dispatched but is ${reply?.kind}`);
  if (reply.bits !== "r".repeat(count))
    throw new Error(`of ${count} nodes from ${first}, "${reply.bits}" were claimed`);
  return { first, count, token: reply.token };
}

function settlementOf(graph: Pick<Graph, "nodes">, held: HeldSlice, index: number, choices: Choices): Settlement {
  const outcome = choices.fails(index)
    ? ({ kind: "failed", payload: `{"name":"Error","message":"node ${index}"}` } as const)
    : ({ kind: "succeeded", payload: String(index) } as const);
  return { ...held, index, outcome, node: taskAt(graph, index) };
}

async function* handOut(
  store: GraphStore,
  graph: Pick<Graph, "runKey" | "nodes">,
  index: number,
  { handOut: most, sliceSize }: Choices,
): AsyncGenerator<SettleReply> {
  const node = graph.nodes[index];
  if (node?.kind === "join") {
    // One script had no room to end it.
    yield await store.expand(graph.runKey, { index, join: index, total: 0 }, { from: 0, to: 0, starts: [] });
    return;
  }
  const spread = spreadAt(graph, index);
  let handedOut = 0;
  do {
    const members = membersOf(spread, handedOut, most, sliceSize);
    yield await store.expand(graph.runKey, { index, join: spread.join, total: spread.total }, members);
    handedOut = members.to;
  } while (handedOut < spread.total);
}

/** Members of a spread, those that follow each other in slices. */
export function membersOf(spread: SpreadNode, from = 0, most = Number.POSITIVE_INFINITY, sliceSize = 1): HandOut {
  const starts: string[] = [];
  let to = from;
  let slice: SliceRange | undefined;
  const close = (): void => {
    if (slice !== undefined) starts.push(startToken("t", slice, ""));
    slice = undefined;
  };
  for (const { index, stretch } of stretchIndices(spread.starts, from, most)) {
    const stride: number = slice === undefined ? 1 : slice.count === 1 ? index - slice.first : slice.stride;
    const fits =
      slice !== undefined &&
      slice.count < sliceSize &&
      index === slice.first + slice.count * stride &&
      Math.floor(index / PAGE_SIZE) === Math.floor(slice.first / PAGE_SIZE);
    if (stretch.kind === "s" || stretch.suffix !== "") {
      close();
      starts.push(`${stretch.kind}${index}${stretch.suffix}`);
    } else if (slice !== undefined && fits) slice = { ...slice, stride, count: slice.count + 1 };
    else {
      close();
      slice = single(index);
    }
    to += 1;
  }
  close();
  return { from, to, starts };
}

/** The task at an index. */
export function taskAt(graph: Pick<Graph, "nodes">, index: number): TaskNode {
  const node = graph.nodes[index];
  if (node?.kind !== "task") throw new Error(`node ${index} is no task`);
  return node;
}

/** The spread at an index. */
export function spreadAt(graph: Pick<Graph, "nodes">, index: number): SpreadNode {
  const node = graph.nodes[index];
  if (node?.kind !== "spread") throw new Error(`node ${index} is no spread`);
  return node;
}
