/** What a run came to, in a form that is the same for every run of the same canvas. */
import type { ResultRecord, RunKey, WireError } from "@umbel/core";
import type { Results } from "../../src/engine/results.ts";
import type { Graph } from "../../src/graph/graph.ts";

/** Gives state, value and errors of each node that the canvas itself has, with node numbers for ids. */
export async function observe(results: Results, runKey: RunKey, graph: Graph): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const [index, node] of graph.nodes.entries()) {
    if (node.kind !== "spread") lines.push(`${index} ${show(await results.read(runKey, index), runKey, graph)}`);
  }
  return lines;
}

function show({ state, value, error, raised }: ResultRecord, runKey: RunKey, graph: Graph): string {
  const text = JSON.stringify({ state, value, error: essence(error), raised: essence(raised) });
  return text.replaceAll(new RegExp(`${runKey}([0-9a-f]{8})`, "g"), (_id, digits: string) => {
    const index = Number.parseInt(digits, 16);
    // Where nodes are put that a task adds depends on which adds first.
    return index < graph.nodes.length ? `#${index}` : "#added";
  });
}

function essence(error: WireError | undefined): string | undefined {
  return error === undefined ? undefined : `${error.name}: ${error.message}`;
}
