/** Characters by their codes, and the symbols that begin with them. */
import type { TokenType } from "chevrotain";
import { type Habit, habits } from "./habits.ts";
import { symbols } from "./tokens.ts";

/** The characters that the lexer tells apart. */
export const Character = {
  tab: 9,
  newline: 10,
  carriageReturn: 13,
  space: 32,
  quote: 34,
  hash: 35,
  dollar: 36,
  apostrophe: 39,
  dot: 46,
  zero: 48,
  nine: 57,
  backslash: 92,
  backtick: 96,
  openBrace: 123,
  closeBrace: 125,
} as const;

/** A symbol of the language, or of another one. */
export interface SymbolEntry {
  readonly text: string;
  readonly means: TokenType | Habit;
}

/** Symbols by the code of their first character, the longest first. */
export const symbolsByCode: readonly (readonly SymbolEntry[])[] = symbolsByFirstCharacter();

function symbolsByFirstCharacter(): readonly (readonly SymbolEntry[])[] {
  const all: SymbolEntry[] = [
    ...[...symbols].map(([text, means]) => ({ text, means })),
    ...habits.map((means) => ({ text: means.found, means })),
  ];
  const byFirst: SymbolEntry[][] = [];
  for (const symbol of all.sort((left, right) => right.text.length - left.text.length)) {
    const first = symbol.text.charCodeAt(0);
    byFirst[first] = [...(byFirst[first] ?? []), symbol];
  }
  return byFirst;
}

/** Whether a name may begin with a character. */
export function isNameStart(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95;
}

/** Whether a name may go on with a character. */
export function isNamePart(code: number): boolean {
  return isNameStart(code) || isDigit(code);
}

/** Whether a character is a digit of ASCII. */
export function isDigit(code: number): boolean {
  return code >= Character.zero && code <= Character.nine;
}

/** Names a character in a sentence. */
export function nameCharacter(text: string): string {
  const point = (text.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return /^[\p{L}\p{N}\p{P}\p{S}]/u.test(text) ? `\`${text}\`` : `the character U+${point}`;
}
