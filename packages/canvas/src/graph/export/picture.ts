/**
 * What all formats draw: boxes with titles and states, frames around groups, and lines. One rule: a format decides how
 * something looks in its own words, never what there is.
 */
import type { State } from "@umbel/core";
import { fold } from "./fold.ts";
import { titleOf, visible } from "./label.ts";
import { type OutlineSource, outlineOf, type Sequence, type Step, sequencesIn } from "./outline.ts";
import { countStates } from "./state-colours.ts";

/** Tells the state of a task or join by its index. */
export type StateOf = (index: number) => State;

/** How a picture is drawn. */
export interface PictureOptions {
  /** States of a run's nodes; without them nothing is coloured. */
  readonly states?: StateOf;
  /** More than this many that are alike are drawn as one; `false` draws each. */
  readonly fold: number | false;
}

/** A graph to be drawn. */
export interface Picture {
  readonly outline: Sequence;
  readonly states: StateOf | undefined;
}

/** What is written on a box or frame. */
export interface Caption {
  /** Unique in a picture, and a word in every format. */
  readonly id: string;
  readonly title: string;
  /** The state in words; of many how many have which. */
  readonly note: string | undefined;
  /** What it is coloured by; of many the one that matters most. */
  readonly state: State | undefined;
  /** It stands for more than one. */
  readonly isMany: boolean;
}

/** How a line is drawn: `value` and `after` lead to the next step, `link` and `error` to callbacks. */
export type LineKind = "value" | "after" | "link" | "error";

/** A line from one step to another of the same frame, or to a callback. */
export interface Line {
  readonly from: Step;
  readonly to: Step;
  readonly kind: LineKind;
}

/** What stands on a line; nothing on one that hands a value on. */
export const LINE_WORDS: Readonly<Record<LineKind, string | undefined>> = {
  value: undefined,
  after: "after",
  link: "on success",
  error: "on error",
};

/** Draws a graph. */
export function pictureOf(source: OutlineSource, options: PictureOptions): Picture {
  const outline = outlineOf(source);
  return {
    outline: options.fold === false ? outline : fold(outline, options.fold),
    states: options.states,
  };
}

/** Gives what is written on a step. */
export function captionOf({ states }: Picture, step: Step): Caption {
  const [index = 0] = step.indices;
  const counts = states === undefined ? [] : countStates(step.indices.map(states));
  const isMany = step.indices.length > 1;
  return {
    id: `${isFrame(step) ? "g" : "n"}${index}`,
    title: titleOf(step),
    note:
      counts.length === 0
        ? undefined
        : counts.map(([state, count]) => (isMany ? `${count} ${visible(state)}` : visible(state))).join(", "),
    state: counts[0]?.[0],
    isMany,
  };
}

/** Whether other steps are drawn within it; an empty group is a box. */
export function isFrame({ members }: Step): boolean {
  return members !== undefined && members.length > 0;
}

/** Gives all steps of a picture, each frame before what is in it. */
export function* stepsOf({ outline }: Picture): Generator<Step> {
  for (const { steps } of sequencesIn(outline)) yield* steps;
}

/** Gives the lines that begin in a sequence. */
export function* linesOf({ steps }: Sequence): Generator<Line> {
  for (const [position, step] of steps.entries()) {
    const next = steps[position + 1];
    if (next !== undefined) yield { from: step, to: next, kind: next.coming === "after" ? "after" : "value" };
    for (const { kind, sequence } of step.calls) {
      const [first] = sequence.steps;
      if (first !== undefined) yield { from: step, to: first, kind };
    }
  }
}
