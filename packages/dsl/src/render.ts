/**
 * Diagnostics as a screen shows them: message, place, the lines themselves with the place marked, help. One rule:
 * everything printed comes from the diagnostic and the sources; nothing is worded here.
 */
import type { Diagnostic } from "./diagnostics.ts";
import { type Place, Source } from "./source.ts";

/** How diagnostics are shown. */
export interface RenderOptions {
  /** With ANSI colours. */
  readonly color?: boolean;
}

/** The texts by the names of their files; a place whose text is not there is shown without it. */
export type Sources = Readonly<Record<string, string>>;

type Paint = (text: string) => string;

interface Colors {
  readonly error: Paint;
  readonly warning: Paint;
  readonly frame: Paint;
  readonly help: Paint;
  readonly bold: Paint;
}

const ansi =
  (code: string): Paint =>
  (text) =>
    text === "" ? "" : `\u001b[${code}m${text}\u001b[0m`;

const COLORED: Colors = {
  error: ansi("1;31"),
  warning: ansi("1;33"),
  frame: ansi("34"),
  help: ansi("36"),
  bold: ansi("1"),
};
const plain: Paint = (text) => text;
const PLAIN: Colors = { error: plain, warning: plain, frame: plain, help: plain, bold: plain };

/** Shows diagnostics, and last how many there are; an empty text for none. */
export function renderDiagnostics(
  diagnostics: readonly Diagnostic[],
  sources: Sources,
  options: RenderOptions = {},
): string {
  if (diagnostics.length === 0) return "";
  const colors = options.color ? COLORED : PLAIN;
  const loaded = new Map(Object.entries(sources).map(([file, text]) => [file, new Source(file, text)]));
  const blocks = diagnostics.map((diagnostic) => renderOne(diagnostic, loaded, colors));
  return `${blocks.join("\n\n")}\n\n${countLine(diagnostics, colors)}\n`;
}

function renderOne(diagnostic: Diagnostic, sources: ReadonlyMap<string, Source>, colors: Colors): string {
  const paint = colors[diagnostic.severity];
  const places = [diagnostic.place, ...diagnostic.related.map((related) => related.place)];
  const width = Math.max(...places.map((place) => String(place.start.line).length));
  const margin = " ".repeat(width);
  const lines = [`${paint(`${diagnostic.severity}[${diagnostic.code}]`)}${colors.bold(`: ${diagnostic.message}`)}`];
  const show = (place: Place, label: string | undefined, mark: string, markPaint: Paint): void => {
    lines.push(`${margin}${colors.frame("-->")} ${place.file}:${place.start.line}:${place.start.column}`);
    const source = sources.get(place.file);
    if (source === undefined) return;
    const { before, marked, text } = markLine(source, place, mark);
    lines.push(`${margin} ${colors.frame("|")}`);
    lines.push(`${colors.frame(`${String(place.start.line).padStart(width)} |`)} ${text}`.trimEnd());
    lines.push(
      `${margin} ${colors.frame("|")} ${before}${markPaint(`${marked}${label === undefined ? "" : ` ${label}`}`)}`.trimEnd(),
    );
  };
  show(diagnostic.place, diagnostic.label, "^", paint);
  for (const related of diagnostic.related) show(related.place, related.label, "-", colors.frame);
  for (const help of diagnostic.help) lines.push(`${margin} ${colors.frame("=")} ${colors.help("help")}: ${help}`);
  return lines.join("\n");
}

/** More of a line than this is cut, with the place in sight. */
const LONGEST_LINE = 160;
const SHOWN_BEFORE = 60;
/** What a tab takes on the screen, so that marks stand below what they mark. */
const TAB = "    ";

function markLine(source: Source, place: Place, mark: string): { text: string; before: string; marked: string } {
  const points = [...source.lineText(place.start.line)];
  const from = place.start.column - 1;
  const to = place.end.line === place.start.line ? place.end.column - 1 : points.length;
  const isLong = points.length > LONGEST_LINE;
  const cut = isLong ? Math.max(0, from - SHOWN_BEFORE) : 0;
  const shownEnd = isLong ? Math.min(points.length, cut + LONGEST_LINE) : points.length;
  const prefix = cut > 0 ? "…" : "";
  const suffix = shownEnd < points.length ? "…" : "";
  const widthOf = (text: readonly string[]): number => text.reduce((width, point) => width + columns(point), 0);
  const text = prefix + points.slice(cut, shownEnd).map(visible).join("") + suffix;
  const before = " ".repeat(prefix.length + widthOf(points.slice(cut, from)));
  const marked = mark.repeat(Math.max(1, widthOf(points.slice(from, Math.min(to, shownEnd)))));
  return { text, before, marked };
}

const WIDE =
  /^[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]$/u;
const UNSEEN = /^[\p{M}\p{Cf}]$/u;
const CONTROL = /^[\p{Cc}\p{Cf}]$/u;

function columns(point: string): number {
  if (point === "\t") return TAB.length;
  if (CONTROL.test(point)) return 1;
  if (UNSEEN.test(point)) return 0;
  return WIDE.test(point) ? 2 : 1;
}

/** Characters that would move the cursor or turn the text are shown as a replacement. */
function visible(point: string): string {
  if (point === "\t") return TAB;
  return CONTROL.test(point) ? "\ufffd" : point;
}

function countLine(diagnostics: readonly Diagnostic[], colors: Colors): string {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === "error").length;
  const warnings = diagnostics.length - errors;
  const parts: string[] = [];
  if (errors > 0) parts.push(colors.error(`${errors} error${errors === 1 ? "" : "s"}`));
  if (warnings > 0) parts.push(colors.warning(`${warnings} warning${warnings === 1 ? "" : "s"}`));
  return parts.join(", ");
}
