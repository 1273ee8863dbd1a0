/** What is written on a step. One rule: one line each, short, and without characters that cannot be seen. */
import { describePacked, signatureText } from "@umbel/core";
import type { EachPlan, JoinNode, TaskNode } from "../graph.ts";
import type { Step } from "./outline.ts";

/** How many characters arguments take at most. */
const MOST_ARGUMENTS = 40;
const MOST_NAME = 60;
const MOST_TEXT = 20;
const MOST_ITEMS = 3;

/** Gives what a step is called: `add(2, 2)`, `add × 1000`, `group of 3`. */
export function titleOf(step: Step): string {
  const { node, indices, inSeries } = step;
  if (node.kind === "join") return groupTitle(step);
  if (indices.length === 1) return `${nameOf(node)}(${argumentsOf(node)})`;
  return `${nameOf(node)} × ${indices.length}${inSeries ? ", in series" : ""}`;
}

function groupTitle({ indices, sizes, inSeries }: Step): string {
  const [size = 0] = sizes;
  if (indices.length === 1) return size === 0 ? "empty group" : `group of ${size}`;
  const areEqual = sizes.every((each) => each === size);
  const total = sizes.reduce((sum, each) => sum + each, 0);
  return `${indices.length} groups${inSeries ? " in series" : ""}, ${areEqual ? `each of ${size}` : `of ${total} in all`}`;
}

/** Gives the name of a node's task; a map's is that of the task that it calls. */
export function nameOf(node: TaskNode | JoinNode): string {
  if (node.kind === "join") return "group";
  if (node.mode === "each") return "each";
  const name = shorten(visible(node.options.shadow ?? node.task), MOST_NAME);
  return node.mode === undefined ? name : `${name}.${node.mode}`;
}

/** Gives the arguments that a call has of its own, as flow text, as far as there is room. */
export function argumentsOf(node: TaskNode): string {
  if (node.each !== undefined) return shorten(visible(memberText(node.each)), MOST_ARGUMENTS);
  if (node.packed !== undefined) return shorten(describePacked(node.packed), MOST_ARGUMENTS);
  const given = node.args.map((value) => show(value));
  const named = Object.entries(node.kwargs).map(([name, value]) => `${visible(name)}: ${show(value)}`);
  return shorten([...given, ...named].join(", "), MOST_ARGUMENTS);
}

function memberText({ member, limit }: EachPlan): string {
  return `${signatureText(member)}${limit === undefined ? "" : `, limit: ${limit}`}`;
}

/** Shows a value without looking at all of it. */
function show(value: unknown, depth = 0): string {
  switch (typeof value) {
    case "string":
      return visible(JSON.stringify(shorten(value, MOST_TEXT)));
    case "object":
      return value === null ? "null" : showObject(value, depth);
    default:
      return String(value);
  }
}

function showObject(value: object, depth: number): string {
  if (Array.isArray(value)) {
    if (depth > 0 && value.length > 0) return "[…]";
    const shown = value.slice(0, MOST_ITEMS).map((item) => show(item, depth + 1));
    return `[${[...shown, ...(value.length > MOST_ITEMS ? [`… ${value.length} items`] : [])].join(", ")}]`;
  }
  if (hasJsonForm(value)) return show(value.toJSON(), depth);
  const entries = Object.entries(value);
  if (depth > 0 && entries.length > 0) return "{…}";
  const shown = entries.slice(0, MOST_ITEMS).map(([name, item]) => `${visible(name)}: ${show(item, depth + 1)}`);
  return `{${[...shown, ...(entries.length > MOST_ITEMS ? ["…"] : [])].join(", ")}}`;
}

function hasJsonForm(value: object): value is { toJSON(): unknown } {
  return "toJSON" in value && typeof value.toJSON === "function";
}

function shorten(text: string, most: number): string {
  if (text.length <= most) return text;
  const points = [...text.slice(0, most * 2)];
  return points.length <= most ? text : `${points.slice(0, most - 1).join("")}…`;
}

/** Controls, what turns the direction of text, what breaks lines, and halves of characters. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Cn}]/gu;

/** Gives a text with what cannot be seen written out, on one line. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
