/** Graphs in formats for people and programs. One rule: pure; the same graph and states give the same text. */
import { type AnySignature, didYouMean, newRunKey, OptionError, type RunKey, signatureText } from "@umbel/core";
import { compile } from "../compile.ts";
import { toDot } from "./dot.ts";
import { toJson } from "./json.ts";
import { toMermaid } from "./mermaid.ts";
import type { OutlineSource } from "./outline.ts";
import { type Picture, pictureOf, type StateOf } from "./picture.ts";
import { toSvg } from "./svg.ts";
import { toTree } from "./tree.ts";

/** The formats that a run's graph can be exported in. */
export type RunGraphFormat = "mermaid" | "dot" | "svg" | "json" | "tree";

/** The formats that a signature's graph can be exported in; `text` is its flow text. */
export type GraphFormat = RunGraphFormat | "text";

/** How a graph is exported. */
export interface ExportGraphOptions<Format extends GraphFormat = GraphFormat> {
  readonly format: Format;
  /**
   * More than this many members of a group, or steps one behind the other, that are alike are drawn as one, with how many
   * of them are in which state. 20 unless said; in JSON each has a node of its own unless said. `false` draws each.
   */
  readonly fold?: number | false;
}

const FORMATS: Readonly<Record<RunGraphFormat, (picture: Picture, runKey: RunKey | undefined) => string>> = {
  mermaid: toMermaid,
  dot: toDot,
  svg: toSvg,
  json: toJson,
  tree: toTree,
};

/** All formats. */
export const graphFormats: readonly GraphFormat[] = ["mermaid", "dot", "svg", "json", "tree", "text"];

const DEFAULT_FOLD = 20;

/**
 * Gives the graph of what a signature would run, without a broker. Ends with a line break.
 * @throws OptionError for an unknown format; InvalidSignatureError for a canvas without any task
 *
 * ```ts
 * exportGraph(chain(add.s(4, 4), mul.s(8)), { format: "mermaid" });
 * ```
 */
export function exportGraph(signature: AnySignature, options: ExportGraphOptions): string {
  checkOptions(options);
  const { data } = signature;
  const call = { args: [], kwargs: {}, options: {} };
  const { nodes } = compile(data, call, newRunKey(), { taskDefaults: () => undefined });
  const { format } = options;
  return format === "text" ? `${signatureText(data)}\n` : draw({ nodes }, { ...options, format });
}

/** Draws a graph, coloured where it is a run's. */
export function draw(
  source: OutlineSource,
  { format, fold = format === "json" ? false : DEFAULT_FOLD }: ExportGraphOptions<RunGraphFormat>,
  run?: { readonly runKey: RunKey; readonly states: StateOf },
): string {
  const picture = pictureOf(source, { fold, ...(run === undefined ? {} : { states: run.states }) });
  return FORMATS[format](picture, run?.runKey);
}

/** Checks how a run is to be drawn. @throws OptionError for an unknown format, and for `text`: a run keeps its graph alone */
export function checkRunFormat(options: ExportGraphOptions): asserts options is ExportGraphOptions<RunGraphFormat> {
  checkOptions(options);
  if (options.format !== "text") return;
  throw new OptionError("a run keeps its graph and not the text that it was made of; export it in the format `tree`");
}

function checkOptions({ format, fold }: ExportGraphOptions): void {
  if (!graphFormats.includes(format)) {
    const known = graphFormats.join(", ");
    throw new OptionError(
      `unknown format \`${format}\` of a graph${didYouMean(format, graphFormats)}; there are ${known}`,
    );
  }
  if (fold !== undefined && fold !== false && !(Number.isInteger(fold) && fold >= 1)) {
    throw new OptionError(`\`fold\` is ${String(fold)}, but must be a whole number of at least 1, or false`);
  }
}
