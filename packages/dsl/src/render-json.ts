/**
 * Diagnostics for programs, in the form of `terraform validate -json`, with the code, the help and the further places
 * beside it. One rule: lines and columns count from 1, bytes from 0.
 */
import type { Code, Severity } from "./codes.ts";
import type { Diagnostic } from "./diagnostics.ts";
import type { Sources } from "./render.ts";
import { type Place, type Position, Source } from "./source.ts";

/** A point in a file. */
export interface JsonPosition {
  readonly line: number;
  /** In code points. */
  readonly column: number;
  /** Offset in the file as UTF-8. */
  readonly byte: number;
}

/** A stretch of a file. */
export interface JsonRange {
  readonly filename: string;
  readonly start: JsonPosition;
  readonly end: JsonPosition;
}

/** The line that a diagnostic is about. */
export interface JsonSnippet {
  readonly context: null;
  readonly code: string;
  readonly start_line: number;
  /** Code points into `code`. */
  readonly highlight_start_offset: number;
  readonly highlight_end_offset: number;
  readonly values: readonly never[];
}

/** One error or warning. What is no fault of the text, such as a file that is not there, has no code and no range. */
export interface JsonDiagnostic {
  readonly severity: Severity;
  readonly code?: Code;
  readonly summary: string;
  readonly detail: string;
  readonly range?: JsonRange;
  readonly snippet?: JsonSnippet;
  readonly related?: readonly { readonly label: string; readonly range: JsonRange }[];
}

/** All of them. */
export interface JsonReport {
  readonly format_version: "1.0";
  readonly valid: boolean;
  readonly error_count: number;
  readonly warning_count: number;
  readonly diagnostics: readonly JsonDiagnostic[];
}

/** Makes the report of diagnostics. */
export function jsonReport(diagnostics: readonly JsonDiagnostic[]): JsonReport {
  const errors = diagnostics.filter(({ severity }) => severity === "error").length;
  return {
    format_version: "1.0",
    valid: errors === 0,
    error_count: errors,
    warning_count: diagnostics.length - errors,
    diagnostics,
  };
}

/** Turns diagnostics into JSON; a place whose text is not in `sources` has no bytes to count and is left out. */
export function jsonDiagnostics(diagnostics: readonly Diagnostic[], sources: Sources): readonly JsonDiagnostic[] {
  const files = new Map(Object.entries(sources).map(([file, text]) => [file, new SourceBytes(new Source(file, text))]));
  const rangeOf = (place: Place): JsonRange | undefined => files.get(place.file)?.rangeOf(place);
  return diagnostics.map(({ code, severity, message, label, help, place, related }) => {
    const range = rangeOf(place);
    const snippet = files.get(place.file)?.snippetOf(place);
    const others = related.flatMap((other) => {
      const otherRange = rangeOf(other.place);
      return otherRange === undefined ? [] : [{ label: other.label, range: otherRange }];
    });
    return {
      severity,
      code,
      summary: message,
      detail: [...(label === undefined ? [] : [label]), ...help].join("\n"),
      ...(range !== undefined && { range }),
      ...(snippet !== undefined && { snippet }),
      ...(others.length > 0 && { related: others }),
    };
  });
}

/** Counts bytes of one text; places mostly come in order, so counting goes on from the last one. */
class SourceBytes {
  readonly #source: Source;
  #last = { offset: 0, byte: 0 };

  constructor(source: Source) {
    this.#source = source;
  }

  rangeOf({ file, start, end }: Place): JsonRange {
    return { filename: file, start: this.#positionOf(start), end: this.#positionOf(end) };
  }

  snippetOf({ start, end }: Place): JsonSnippet {
    const code = this.#source.lineText(start.line);
    return {
      context: null,
      code,
      start_line: start.line,
      highlight_start_offset: start.column - 1,
      highlight_end_offset: end.line === start.line ? end.column - 1 : [...code].length,
      values: [],
    };
  }

  #positionOf({ offset, line, column }: Position): JsonPosition {
    const { text } = this.#source;
    const from = this.#last.offset <= offset ? this.#last : { offset: 0, byte: 0 };
    const byte = from.byte + new TextEncoder().encode(text.slice(from.offset, offset)).length;
    this.#last = { offset, byte };
    return { line, column, byte };
  }
}
