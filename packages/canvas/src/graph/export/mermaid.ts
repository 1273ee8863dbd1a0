/**
 * Mermaid's flowchart, as GitHub shows it in Markdown. One rule: every label is quoted, and all that could mean something
 * to Mermaid, Markdown or HTML stands in it as a number.
 * @see https://mermaid.js.org/syntax/flowchart.html
 */
import type { Sequence, Step } from "./outline.ts";
import { captionOf, isFrame, LINE_WORDS, type LineKind, linesOf, type Picture, stepsOf } from "./picture.ts";
import { drawnState, drawnStates, lookOf } from "./state-colours.ts";

const ARROWS: Readonly<Record<LineKind, string>> = { value: "-->", after: "-->", link: "-.->", error: "-.->" };

/** Draws a picture as a Mermaid flowchart. */
export function toMermaid(picture: Picture): string {
  const lines = ["flowchart LR"];
  const edges: string[] = [];
  writeSequence(picture, picture.outline, "  ", lines, edges);
  // An edge within a frame would draw both of its ends into that frame.
  return [...lines, ...edges, ...classLines(picture), ""].join("\n");
}

function writeSequence(picture: Picture, sequence: Sequence, indent: string, lines: string[], edges: string[]): void {
  for (const step of sequence.steps) writeStep(picture, step, indent, lines, edges);
  for (const { from, to, kind } of linesOf(sequence)) {
    const words = LINE_WORDS[kind];
    const label = words === undefined ? "" : `|${words}|`;
    edges.push(`  ${captionOf(picture, from).id} ${ARROWS[kind]}${label} ${captionOf(picture, to).id}`);
  }
}

function writeStep(picture: Picture, step: Step, indent: string, lines: string[], edges: string[]): void {
  const { id, title, note, isMany } = captionOf(picture, step);
  const label = `"${[title, ...(note === undefined ? [] : [note])].map(escaped).join("<br/>")}"`;
  if (isFrame(step)) {
    // Without a direction of its own a frame has the other one.
    lines.push(`${indent}subgraph ${id}[${label}]`, `${indent}  direction LR`);
    for (const member of step.members ?? []) writeSequence(picture, member, `${indent}  `, lines, edges);
    lines.push(`${indent}end`);
  } else lines.push(`${indent}${id}${isMany ? `[[${label}]]` : `(${label})`}`);
  for (const { sequence } of step.holds) writeSequence(picture, sequence, indent, lines, edges);
}

function classLines(picture: Picture): readonly string[] {
  const ids = new Map<string, string[]>();
  for (const step of stepsOf(picture)) {
    const { id, state } = captionOf(picture, step);
    if (state === undefined) continue;
    const name = isFrame(step) ? `${drawnState(state)}_GROUP` : drawnState(state);
    const known = ids.get(name);
    if (known === undefined) ids.set(name, [id]);
    else known.push(id);
  }
  const names = drawnStates.flatMap((state) => [state, `${state}_GROUP`]);
  return names.flatMap((name) => {
    const { fill, stroke, text } = lookOf(name.replace("_GROUP", ""));
    const members = ids.get(name);
    if (members === undefined) return [];
    const look = name.endsWith("_GROUP") ? `stroke:${stroke}` : `fill:${fill},stroke:${stroke},color:${text}`;
    return [`  classDef ${name} ${look}`, `  class ${members.join(",")} ${name}`];
  });
}

/** Letters, and signs that mean nothing wherever they stand. */
const MEANS_NOTHING = /[A-Za-z0-9 .,(){}[\]=/!?'×…\u00c0-\u024f\u0370-\uffdc\u{10000}-\u{10ffff}]/u;

/** How a list of Markdown's begins. */
const LIST = /^\d+[.)]/;

function escaped(text: string): string {
  const characters = [...text];
  return characters
    .map((character, at) => {
      const before = characters[at - 1] ?? "";
      const after = characters[at + 1] ?? "";
      const isList = at === 0 && LIST.test(text);
      return !isList && isHarmless(character, before, after) ? character : `#${character.codePointAt(0)};`;
    })
    .join("");
}

function isHarmless(character: string, before: string, after: string): boolean {
  // Within a word they are no emphasis and no arrow; a colon that something follows at once could be a style's.
  if (character === "_" || character === "-") return /\w/.test(before) && /\w/.test(after);
  if (character === ":") return after === " ";
  return MEANS_NOTHING.test(character);
}
