/**
 * A graph as lines of a table: one for each step, groups of what is alike in one. One rule: each task and each join of the
 * graph is in exactly one row.
 */
import type { SignatureOptions } from "@umbel/core";
import { fold } from "./fold.ts";
import { nameOf, titleOf } from "./label.ts";
import { type OutlineSource, outlineOf, type Sequence, type Step } from "./outline.ts";

/** A step of a graph, or many that are alike. */
export interface StepRow {
  /** What it is called: `add(2, 2)`, `score × 100`, `group of 3`. */
  readonly title: string;
  /** The name of its task; `group` for one. */
  readonly name: string;
  /** Of one task: what `stamp` has written on it. */
  readonly stamps?: SignatureOptions["stamps"];
  /** How deep it stands in groups. */
  readonly depth: number;
  /** The tasks or joins that it stands for. */
  readonly indices: readonly number[];
  /** Whether it is a group, or a task that others took the place of: its rows stand below it. */
  readonly isFrame: boolean;
  /** Called when something succeeds or fails. */
  readonly callback: "link" | "error" | undefined;
  /** The row whose end it waits for. */
  readonly after: StepRow | undefined;
}

/** Gives the rows of a graph, each frame before what is in it. @param most more than this many that are alike are one row */
export function stepRows(source: OutlineSource, most: number): readonly StepRow[] {
  const rows: StepRow[] = [];
  const write = ({ steps }: Sequence, depth: number, before: StepRow | undefined, callback: StepRow["callback"]) => {
    let after = before;
    for (const step of steps) {
      const row = rowOf(step, depth, after, callback);
      rows.push(row);
      for (const member of step.members ?? []) write(member, depth + 1, after, undefined);
      for (const { kind, sequence } of step.holds) write(sequence, depth + 1, row, kind);
      after = row;
    }
  };
  write(fold(outlineOf(source), most), 0, undefined, undefined);
  return rows;
}

function rowOf(step: Step, depth: number, after: StepRow | undefined, callback: StepRow["callback"]): StepRow {
  const { node, indices } = step;
  const stamps = indices.length === 1 && node.kind === "task" ? node.options.stamps : undefined;
  return {
    title: titleOf(step),
    name: nameOf(node),
    ...(stamps === undefined ? {} : { stamps }),
    depth,
    indices,
    isFrame: step.members !== undefined && step.members.length > 0,
    callback,
    after,
  };
}
