/** A canvas on one line, and its graph as a few short ones, one a node: `3 b(1) ←2 →5 !7 in 9 tail dead 4`. */
import type { SignatureData } from "@umbel/core";
import type { EachPlan, Ending, Graph, GraphNode, IndexStretch } from "../../src/graph/graph.ts";

/** Prints a canvas. Celery's groups stand in `<…>`, what is given to a composite behind it. */
export function printCanvas(data: SignatureData): string {
  const { link = [], linkError = [], ...plain } = data.options ?? {};
  const given = data.kind === "task" ? [] : printArguments(data.args ?? [], data.kwargs ?? {});
  return [
    printBase(data),
    ...(given.length === 0 ? [] : [`given (${given.join(", ")})`]),
    ...(Object.keys(plain).length === 0 ? [] : [JSON.stringify(plain)]),
    ...link.map((callback) => `on success ${printCanvas(callback)}`),
    ...linkError.map((errback) => `on error ${printCanvas(errback)}`),
  ].join(" ");
}

function printBase(data: SignatureData): string {
  switch (data.kind) {
    case "task":
      return `${data.task}${data.immutable ? "!" : ""}(${printArguments(data.args ?? [], data.kwargs ?? {}).join(", ")})`;
    case "chain":
      return `(${data.steps.map(printCanvas).join(" | ")})`;
    case "group": {
      const members = data.members.map(printCanvas).join(", ");
      return data.unroll ? `<${members}>` : `[${members}]`;
    }
    case "chord":
      return `chord(${printCanvas(data.header)}, ${printCanvas(data.body)})`;
    case "map":
    case "starmap":
      return `${data.kind}(${data.task}, ${JSON.stringify(data.items)})`;
    case "chunks":
      return `chunks(${data.task}, ${JSON.stringify(data.items)}, ${data.size})`;
    case "each":
      return `each(${printCanvas(data.member)})`;
  }
}

function printArguments(args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>): string[] {
  const named = Object.entries(kwargs).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return [...args.map((value) => JSON.stringify(value)), ...named];
}

/** Prints a graph. */
export function printGraph({ nodes, starts, result, root }: Graph): string {
  const lines = nodes.map((node, index) => `${index} ${printNode(node, index)}`);
  return [`starts ${starts.join(" ")}, result ${result}, root ${root}`, ...lines].join("\n");
}

function printNode(node: GraphNode, index: number): string {
  switch (node.kind) {
    case "spread":
      return `spread ${printStretches(node.starts)} (${node.total}), join ${node.join}`;
    case "join":
      return ["join", `${printStretches(node.tails)} (${node.size})`, ...named(node), ...ending(node, index)].join(" ");
    case "task": {
      const args = printArguments(node.args, node.kwargs);
      return [
        `${node.mode === undefined ? "" : `${node.mode} `}${node.task}(${args.join(", ")})`,
        ...(node.each === undefined ? [] : [`of ${printPlan(node.each)}`]),
        ...(Object.keys(node.options).length === 0 ? [] : [JSON.stringify(node.options)]),
        ...(node.input === undefined ? [] : [`←${node.input}`]),
        ...(node.takesError ? ["←error"] : []),
        ...(node.group === undefined ? [] : [`of ${node.group}`]),
        ...named(node),
        ...ending(node, index),
      ].join(" ");
    }
  }
}

function printPlan({ member, ...how }: EachPlan): string {
  return `${printCanvas(member)}${Object.keys(how).length === 0 ? "" : ` ${JSON.stringify(how)}`}`;
}

function named({ ownId, parent }: { readonly ownId?: string; readonly parent?: number }): string[] {
  return [...(ownId === undefined ? [] : [`id "${ownId}"`]), ...(parent === undefined ? [] : [`parent ${parent}`])];
}

function ending(node: Ending, index: number): string[] {
  return [
    ...(node.next.length === 0 ? [] : [`→${node.next.join(" ")}`]),
    ...(node.onError.length === 0 ? [] : [`!${node.onError.join(" ")}`]),
    ...(node.join === -1 ? [] : [`in ${node.join}`]),
    ...(node.isTail ? ["tail"] : []),
    ...(node.deadEnd === index ? [] : [`dead ${node.deadEnd}`]),
  ];
}

/** `t1..9/2` is nodes 1, 3, 5, 7 and 9. */
function printStretches(stretches: readonly IndexStretch[]): string {
  if (stretches.length === 0) return "none";
  return stretches
    .map(({ first, stride, count, kind, suffix }) => {
      const last = first + (count - 1) * stride;
      return `${kind}${first}${count === 1 ? "" : `..${last}${stride === 1 ? "" : `/${stride}`}`}${suffix}`;
    })
    .join(" ");
}
