/**
 * Numbers and durations as they are written. One rule: what looks like a number is read as one word, so that `007`,
 * `12abc` and `1h30m` are one error each and not two tokens.
 */
import type { Span } from "../source.ts";

/** A number or duration, or what is wrong with the word. */
export type NumberReading =
  | { readonly kind: "number"; readonly end: number; readonly value: number; readonly isIntegerLiteral: boolean }
  | { readonly kind: "duration"; readonly end: number; readonly milliseconds: number }
  | {
      readonly kind: "malformed";
      readonly of: "number" | "duration";
      readonly span: Span;
      readonly write: string | undefined;
    };

// Liberal on purpose: takes all that a person may have meant as one number.
const NUMBER_WORD = /[0-9][0-9_]*(?:\.[0-9][0-9_]*)?(?:[eE][+-]?[0-9]+)?[A-Za-z0-9_]*/y;
const NUMBER = /^(?:0|[1-9][0-9]*(?:_[0-9]+)*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/;
const DURATION = /^((?:0|[1-9][0-9]*(?:_[0-9]+)*)(?:\.[0-9]+)?)(ms|s|m|h|d)$/;
const SEVERAL_UNITS = /^(?:[0-9.]+(?:ms|s|m|h|d)){2,}$/;
const LEADING_ZEROS = /^0+(?=[0-9])/;

const MILLISECONDS_PER_UNIT: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

/** Reads the number or duration that begins at `at`, where a digit stands. */
export function readNumber(text: string, at: number): NumberReading {
  return readPlainInteger(text, at) ?? readNumberWord(text, at);
}

/** Most numbers are a few digits and nothing else. */
function readPlainInteger(text: string, at: number): NumberReading | undefined {
  let value = 0;
  let end = at;
  for (let code = text.charCodeAt(end); code >= 48 && code <= 57; code = text.charCodeAt(end)) {
    value = value * 10 + code - 48;
    end += 1;
  }
  const isPlain =
    end - at <= MOST_PLAIN_DIGITS && (end - at === 1 || text[at] !== "0") && !WORD_PART.test(text.charAt(end));
  return isPlain ? { kind: "number", end, value, isIntegerLiteral: true } : undefined;
}

const MOST_PLAIN_DIGITS = 15;
const WORD_PART = /[A-Za-z_.]/;

function readNumberWord(text: string, at: number): NumberReading {
  NUMBER_WORD.lastIndex = at;
  const word = NUMBER_WORD.exec(text)?.[0] ?? text.slice(at, at + 1);
  const end = at + word.length;
  if (text[end] === "." && text[end + 1] !== "." && !word.includes(".")) {
    const next = text[end + 1] ?? "";
    // `1.` would be a number in other languages; `1.name` is a member of a number, which has none.
    if (!/[A-Za-z_]/.test(next)) return malformed("number", at, end + 1, `${word}.0`);
  }
  const [, fraction, exponent] = NUMBER.exec(word) ?? [];
  if (NUMBER.test(word)) {
    const value = Number(word.replaceAll("_", ""));
    return { kind: "number", end, value, isIntegerLiteral: fraction === undefined && exponent === undefined };
  }
  const [, amount, unit] = DURATION.exec(word) ?? [];
  const perUnit = unit === undefined ? undefined : MILLISECONDS_PER_UNIT.get(unit);
  if (amount !== undefined && perUnit !== undefined) {
    return { kind: "duration", end, milliseconds: Number(amount.replaceAll("_", "")) * perUnit };
  }
  if (SEVERAL_UNITS.test(word)) {
    return malformed("duration", at, end, (word.match(/[0-9.]+[a-z]+/g) ?? []).join(" + "));
  }
  const repaired = word.replace(LEADING_ZEROS, "").replace(/__+/g, "_").replace(/_$/, "");
  const isRepaired = NUMBER.test(repaired) || DURATION.test(repaired);
  return malformed("number", at, end, isRepaired ? repaired : undefined);
}

function malformed(of: "number" | "duration", start: number, end: number, write: string | undefined): NumberReading {
  return { kind: "malformed", of, span: { start, end }, write };
}
