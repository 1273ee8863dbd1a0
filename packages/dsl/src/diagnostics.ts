/**
 * What the front end found, as data. One rule: a diagnostic is made by `Diagnostics.report` from a code, a span and
 * facts; its words come from the table in codes.ts, and each is reported once, whoever finds it again.
 */
import { type Code, describeCode, type FactsByCode, type Severity } from "./codes.ts";
import type { Place, Source, Span } from "./source.ts";

/** A further place that explains a diagnostic. */
export interface RelatedPlace {
  readonly place: Place;
  readonly label: string;
}

/** One error or warning. */
export interface Diagnostic {
  /** Stable across versions; each has a page in the guide. */
  readonly code: Code;
  readonly severity: Severity;
  /** The sentence behind the code. */
  readonly message: string;
  /** What stands beside the marked place. */
  readonly label: string | undefined;
  /** What to do; text for a person, often with code. */
  readonly help: readonly string[];
  readonly place: Place;
  readonly related: readonly RelatedPlace[];
  /** What the words are made of. */
  readonly facts: unknown;
}

/** A span in a source that explains a diagnostic. */
export interface RelatedSpan {
  readonly source: Source;
  readonly span: Span;
  readonly label: string;
}

/** More than this many help nobody; what follows is counted only. */
const MOST_KEPT = 1000;

/** Collects diagnostics of one compilation. */
export class Diagnostics {
  readonly #seen = new Set<string>();
  readonly #kept: Diagnostic[] = [];
  #errorCount = 0;

  /** Records a diagnostic, unless the same code stands at the same place already. */
  report<C extends Code>(
    code: C,
    source: Source,
    span: Span,
    facts: FactsByCode[C],
    related: readonly RelatedSpan[] = [],
  ): void {
    const key = `${code} ${span.start} ${span.end} ${source.file}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const { severity, message, label, help = [] } = describeCode(code, facts);
    if (severity === "error") this.#errorCount += 1;
    if (this.#kept.length >= MOST_KEPT) return;
    this.#kept.push({
      code,
      severity,
      message,
      label,
      help,
      place: source.placeOf(span),
      related: related.map((entry) => ({ place: entry.source.placeOf(entry.span), label: entry.label })),
      facts,
    });
  }

  get hasErrors(): boolean {
    return this.#errorCount > 0;
  }

  /** All that was reported, file by file in the order of their places. */
  sorted(): readonly Diagnostic[] {
    const files = [...new Set(this.#kept.map((diagnostic) => diagnostic.place.file))];
    const fileOrder = new Map(files.map((file, index) => [file, index]));
    return this.#kept.toSorted(
      (left, right) =>
        (fileOrder.get(left.place.file) ?? 0) - (fileOrder.get(right.place.file) ?? 0) ||
        left.place.start.offset - right.place.start.offset,
    );
  }
}
