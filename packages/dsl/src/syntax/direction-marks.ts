/** Invisible characters that turn the direction of text, and so can make code read as something that it is not. */

const NAMES: ReadonlyMap<string, string> = new Map([
  ["\u061c", "U+061C"],
  ["\u200e", "U+200E"],
  ["\u200f", "U+200F"],
  ["\u202a", "U+202A"],
  ["\u202b", "U+202B"],
  ["\u202c", "U+202C"],
  ["\u202d", "U+202D"],
  ["\u202e", "U+202E"],
  ["\u2066", "U+2066"],
  ["\u2067", "U+2067"],
  ["\u2068", "U+2068"],
  ["\u2069", "U+2069"],
]);

const ANY = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** Whether a text holds one. */
export function hasDirectionMarks(text: string): boolean {
  return ANY.test(text);
}

/** The name of a character that is one. */
export function directionMarkName(character: string): string | undefined {
  return NAMES.get(character);
}
