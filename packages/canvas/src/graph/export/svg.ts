/**
 * A picture that needs nothing else: no script, no font, no style from outside. One rule: it can be read on white and on
 * black; boxes bring their own ground, and lines change with the reader's colour scheme.
 */
import { frameTitle, layOut, type PlacedBox, type PlacedLine, SIZES } from "./layout.ts";
import { isFrame, LINE_WORDS, type Picture } from "./picture.ts";
import { lookOf } from "./state-colours.ts";

const STYLE = `
    text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre }
    .words { font-size: 11px }
    .words, .title { fill: #57606a }
    .line { fill: none; stroke: #57606a; stroke-width: 1.3 }
    .arrow { fill: #57606a; stroke: #57606a }
    .after.arrow { fill: #fff }
    .link.line { stroke-dasharray: 2 3 }
    .error.line { stroke-dasharray: 6 3 }
    .frame { fill: #8b949e; fill-opacity: 0.1 }
    @media (prefers-color-scheme: dark) {
      .words, .title { fill: #9ea7b3 }
      .line { stroke: #9ea7b3 }
      .arrow { fill: #9ea7b3; stroke: #9ea7b3 }
      .after.arrow { fill: #0d1117 }
    }
  `;

/** Draws a picture as SVG. */
export function toSvg(picture: Picture): string {
  const { width, height, boxes, lines } = layOut(picture);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    "  <title>Workflow</title>",
    `  <style>${STYLE}</style>`,
    ...boxes.map(svgBox),
    ...lines.map(svgLine),
    "</svg>",
    "",
  ].join("\n");
}

function svgBox(box: PlacedBox): string {
  const { step, caption, x, y } = box;
  const { stroke, fill, text } = lookOf(caption.state);
  const { padding, line, stack } = SIZES;
  const baseline = y + padding / 2 + 13;
  if (isFrame(step)) {
    return [
      `  <g id="${caption.id}">`,
      `    <rect class="frame" ${place(box)} rx="8" stroke="${stroke}"/>`,
      `    <text class="title" x="${x + padding}" y="${baseline}">${escaped(frameTitle(caption))}</text>`,
      "  </g>",
    ].join("\n");
  }
  const behind = caption.isMany ? stack : 0;
  const front = { ...box, width: box.width - behind, height: box.height - behind };
  const colours = `fill="${fill}" stroke="${stroke}"`;
  const copy = { ...front, x: x + behind, y: y + behind };
  const words = [caption.title, ...(caption.note === undefined ? [] : [caption.note])];
  return [
    `  <g id="${caption.id}">`,
    ...(caption.isMany ? [`    <rect ${place(copy)} rx="6" ${colours}/>`] : []),
    `    <rect ${place(front)} rx="6" ${colours}/>`,
    ...words.map(
      (word, row) => `    <text x="${x + padding}" y="${baseline + row * line}" fill="${text}">${escaped(word)}</text>`,
    ),
    "  </g>",
  ].join("\n");
}

function place({ x, y, width, height }: Pick<PlacedBox, "x" | "y" | "width" | "height">): string {
  return `x="${x}" y="${y}" width="${width}" height="${height}"`;
}

function svgLine({ kind, hasArrow, points }: PlacedLine): string {
  const [endX, endY] = points.at(-1) ?? [0, 0];
  const [wordX, wordY] = points.at(-2) ?? [0, 0];
  const words = LINE_WORDS[kind];
  const path = points.map(([x, y], position) => `${position === 0 ? "M" : "L"}${x} ${y}`).join(" ");
  return [
    `  <path class="line ${kind}" d="${path}"/>`,
    ...(hasArrow ? [`  <path class="arrow ${kind}" d="M${endX} ${endY} l-8 -4 v8 z"/>`] : []),
    ...(words === undefined ? [] : [`  <text class="words" x="${wordX + 6}" y="${wordY - 4}">${words}</text>`]),
  ].join("\n");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
