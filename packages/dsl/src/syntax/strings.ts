/**
 * The text that strings stand for: escapes, line breaks, and the layout of `"""…"""`. One rule: escapes are read after
 * the layout, so an escaped line break is text and never layout.
 */
import type { Span } from "../source.ts";

/** A stretch of a string between its quotes and interpolations. */
export interface TextPart {
  readonly start: number;
  readonly raw: string;
}

/** What is wrong in a string. */
export type StringProblem =
  | { readonly kind: "escape"; readonly span: Span; readonly escape: string }
  | { readonly kind: "indentation"; readonly span: Span };

const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|u[0-9a-fA-F]{0,3}|([^\n])|$)/g;

const SIMPLE_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["$", "$"],
]);

/** Gives the text of one stretch. */
export function readText(part: TextPart, report: (problem: StringProblem) => void): string {
  reportEscapes(part, report);
  return readEscapes(part.raw);
}

/** Gives the texts of a `"""…"""` string, laid out by its closing line when a line break follows the opening. */
export function readBlock(parts: readonly TextPart[], report: (problem: StringProblem) => void): string[] {
  for (const part of parts) reportEscapes(part, report);
  const first = parts[0];
  const last = parts.at(-1);
  const opening = first === undefined ? null : /^\r?\n/.exec(first.raw);
  if (first === undefined || last === undefined || opening === null) return parts.map((part) => readEscapes(part.raw));
  const indentation = closingIndentation(parts);
  return parts.map((part) => {
    // The closing line, when nothing but its indentation stands on it, goes with the break before it.
    const end = part === last ? (/\r?\n[ \t]*$/.exec(part.raw)?.index ?? part.raw.length) : part.raw.length;
    const begin = part === first ? Math.min(opening[0].length, end) : 0;
    const isLineStart = part === first;
    return readEscapes(withoutIndentation(part, begin, end, indentation, isLineStart, report));
  });
}

function closingIndentation(parts: readonly TextPart[]): string {
  const holder = parts.findLast((part) => part.raw.includes("\n"));
  if (holder === undefined) return "";
  return /^[ \t]*/.exec(holder.raw.slice(holder.raw.lastIndexOf("\n") + 1))?.[0] ?? "";
}

function withoutIndentation(
  part: TextPart,
  begin: number,
  end: number,
  indentation: string,
  isLineStart: boolean,
  report: (problem: StringProblem) => void,
): string {
  const pieces: string[] = [];
  let at = begin;
  let atLineStart = isLineStart;
  while (at <= end) {
    const lineBreak = part.raw.indexOf("\n", at);
    const lineEnd = lineBreak === -1 || lineBreak >= end ? end : lineBreak + 1;
    let line = part.raw.slice(at, lineEnd);
    if (atLineStart) {
      if (line.startsWith(indentation)) line = line.slice(indentation.length);
      else if (line.trim() === "") line = line.replace(/^[ \t]+/, "");
      else
        report({ kind: "indentation", span: { start: part.start + at, end: part.start + at + line.trimEnd().length } });
    }
    pieces.push(line);
    if (lineEnd === end) break;
    at = lineEnd;
    atLineStart = true;
  }
  return pieces.join("");
}

function reportEscapes(part: TextPart, report: (problem: StringProblem) => void): void {
  if (!part.raw.includes("\\")) return;
  for (const match of part.raw.matchAll(ESCAPE)) {
    const [text, hexadecimal, simple] = match;
    if (hexadecimal !== undefined || (simple !== undefined && SIMPLE_ESCAPES.has(simple))) continue;
    const start = part.start + match.index;
    report({ kind: "escape", span: { start, end: start + text.length }, escape: text });
  }
}

function readEscapes(raw: string): string {
  const lines = raw.includes("\r") ? raw.replaceAll("\r\n", "\n") : raw;
  if (!lines.includes("\\")) return lines;
  return lines.replace(ESCAPE, (text: string, hexadecimal: string | undefined, simple: string | undefined) => {
    if (hexadecimal !== undefined) return String.fromCharCode(Number.parseInt(hexadecimal, 16));
    return (simple === undefined ? undefined : SIMPLE_ESCAPES.get(simple)) ?? text;
  });
}
