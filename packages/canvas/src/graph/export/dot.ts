/**
 * Graphviz's DOT. One rule: a frame is a cluster with two points, where its members begin and end, because an edge of
 * Graphviz leads to nodes only.
 * @see https://graphviz.org/doc/info/lang.html
 */
import type { Sequence, Step } from "./outline.ts";
import { captionOf, isFrame, LINE_WORDS, type LineKind, linesOf, type Picture } from "./picture.ts";
import { lookOf, PLAIN } from "./state-colours.ts";

const LINE_STYLES: Readonly<Record<LineKind, string>> = {
  value: "",
  after: 'arrowhead="empty"',
  link: 'style="dotted"',
  error: 'style="dashed"',
};

/** Draws a picture as DOT. */
export function toDot(picture: Picture): string {
  const lines = [
    "digraph workflow {",
    '  rankdir="LR";',
    '  node [shape="box", style="rounded,filled", fontname="Courier,monospace"];',
    '  edge [color="#57606a", fontcolor="#57606a", fontname="Courier,monospace", fontsize="10"];',
  ];
  writeSequence(picture, picture.outline, "  ", lines);
  return [...lines, "}", ""].join("\n");
}

function writeSequence(picture: Picture, sequence: Sequence, indent: string, lines: string[]): void {
  for (const step of sequence.steps) writeStep(picture, step, indent, lines);
  for (const { from, to, kind } of linesOf(sequence)) {
    const words = LINE_WORDS[kind];
    const attributes = [LINE_STYLES[kind], ...(words === undefined ? [] : [`label="${words}"`])].filter(Boolean);
    lines.push(`${indent}${endOf(picture, from)} -> ${beginOf(picture, to)}${bracketed(attributes)};`);
  }
}

function writeStep(picture: Picture, step: Step, indent: string, lines: string[]): void {
  const { id, title, note, state, isMany } = captionOf(picture, step);
  const { fill, stroke, text } = lookOf(state);
  const label = quoted(note === undefined ? title : `${title}\n${note}`);
  if (isFrame(step)) {
    const inner = `${indent}  `;
    const begin = beginOf(picture, step);
    const end = endOf(picture, step);
    lines.push(`${indent}subgraph "cluster_${id}" {`);
    lines.push(
      `${inner}label=${label}; style="rounded"; color="${stroke}"; fontcolor="${PLAIN.stroke}"; fontname="Courier,monospace";`,
    );
    lines.push(`${inner}${begin} [shape="point"];`, `${inner}${end} [shape="point"];`);
    for (const member of step.members ?? []) {
      writeSequence(picture, member, inner, lines);
      const first = member.steps[0];
      const last = member.steps.at(-1);
      if (first !== undefined) lines.push(`${inner}${begin} -> ${beginOf(picture, first)};`);
      if (last !== undefined) lines.push(`${inner}${endOf(picture, last)} -> ${end};`);
    }
    lines.push(`${indent}}`);
  } else {
    const many = isMany ? ', peripheries="2"' : "";
    lines.push(
      `${indent}"${id}" [label=${label}, fillcolor="${fill}", color="${stroke}", fontcolor="${text}"${many}];`,
    );
  }
  for (const { sequence } of step.holds) writeSequence(picture, sequence, indent, lines);
}

function beginOf(picture: Picture, step: Step): string {
  const { id } = captionOf(picture, step);
  return isFrame(step) ? `"${id}.begin"` : `"${id}"`;
}

function endOf(picture: Picture, step: Step): string {
  const { id } = captionOf(picture, step);
  return isFrame(step) ? `"${id}.end"` : `"${id}"`;
}

function bracketed(attributes: readonly string[]): string {
  return attributes.length === 0 ? "" : ` [${attributes.join(", ")}]`;
}

/** A backslash before a quote ends nothing, and one elsewhere is an escape of Graphviz's own. */
function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}
