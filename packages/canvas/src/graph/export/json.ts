/**
 * The graph as JSON, for programs. One rule: what is here stays; a change that readers must know of gets a new version.
 */
import { nodeId, type RunKey, type State } from "@umbel/core";
import { argumentsOf, titleOf } from "./label.ts";
import type { Sequence, Step } from "./outline.ts";
import { type LineKind, linesOf, type Picture } from "./picture.ts";
import { countStates } from "./state-colours.ts";

/** The version of the form in which graphs are exported as JSON. */
export const JSON_VERSION = 1;

/** A task or group. */
export interface JsonNode {
  /** Its number in the graph, unique; edges name it. */
  readonly index: number;
  /** Its id; once it was sent. */
  readonly id?: string;
  readonly kind: "task" | "map" | "starmap" | "each" | "group";
  /** What is written on it elsewhere: `add(2, 2)`, `group of 3`. */
  readonly title: string;
  /** The name of its task; not of a group. */
  readonly task?: string;
  /** Its own arguments, shortened; not of a group, nor where many were drawn as one. */
  readonly args?: string;
  /** How many members a group has. */
  readonly size?: number;
  /** The index of what it is drawn in: its group, or the task that it was put in the place of. */
  readonly group?: number;
  /** Something took its place, whose nodes have it as their `group`. */
  readonly replaced?: true;
  /** How many it stands for; only where many were drawn as one. */
  readonly count?: number;
  /** Of a run's nodes; of many the one that matters most. */
  readonly state?: State;
  /** How many have which state; only where many were drawn as one. */
  readonly states?: Readonly<Record<string, number>>;
}

/** A line from a node to what comes after it, or to its callback. */
export interface JsonEdge {
  readonly from: number;
  readonly to: number;
  /** `value`: takes its value; `after`: runs after it; `link`, `error`: is called when it succeeds, when it fails. */
  readonly kind: LineKind;
}

/** What the format `json` holds. */
export interface JsonGraph {
  readonly version: typeof JSON_VERSION;
  readonly nodes: readonly JsonNode[];
  readonly edges: readonly JsonEdge[];
}

/** Draws a picture as JSON. @param runKey the run's, where it was sent */
export function toJson(picture: Picture, runKey: RunKey | undefined): string {
  const nodes: JsonNode[] = [];
  const edges: JsonEdge[] = [];
  const write = (sequence: Sequence, group: number | undefined): void => {
    for (const step of sequence.steps) {
      const node = jsonNode(picture, step, group, runKey);
      nodes.push(node);
      for (const member of step.members ?? []) write(member, node.index);
      for (const callback of step.holds) write(callback.sequence, group);
    }
    for (const { from, to, kind } of linesOf(sequence)) edges.push({ from: indexOf(from), to: indexOf(to), kind });
  };
  write(picture.outline, undefined);
  const graph: JsonGraph = { version: JSON_VERSION, nodes, edges };
  // One line each, so that two exports can be compared.
  const list = (items: readonly unknown[]) => items.map((item) => `\n    ${JSON.stringify(item)}`).join(",");
  return `{\n  "version": ${graph.version},\n  "nodes": [${list(nodes)}\n  ],\n  "edges": [${list(edges)}${edges.length === 0 ? "" : "\n  "}]\n}\n`;
}

function jsonNode({ states }: Picture, step: Step, group: number | undefined, runKey: RunKey | undefined): JsonNode {
  const { node, indices, sizes, members } = step;
  const index = indexOf(step);
  const counts = states === undefined ? [] : countStates(indices.map(states));
  const [first] = counts;
  const isMany = indices.length > 1;
  return {
    index,
    ...(runKey === undefined ? {} : { id: node.ownId ?? nodeId(runKey, index) }),
    kind: node.kind === "join" ? "group" : (node.mode ?? "task"),
    title: titleOf(step),
    ...(node.kind === "join"
      ? { size: sizes.reduce((sum, size) => sum + size, 0) }
      : { ...(node.mode === "each" ? {} : { task: node.task }), ...(isMany ? {} : { args: argumentsOf(node) }) }),
    ...(group === undefined ? {} : { group }),
    ...(node.kind === "task" && members !== undefined ? { replaced: true as const } : {}),
    ...(isMany ? { count: indices.length } : {}),
    ...(first === undefined ? {} : { state: first[0] }),
    ...(isMany && first !== undefined ? { states: Object.fromEntries(counts) } : {}),
  };
}

function indexOf({ indices: [index = 0] }: Step): number {
  return index;
}
