/** The built-in words: names of the language that make workflows of workflows. */

const WORDS = ["group", "chain", "chord", "map", "starmap", "chunks", "each"] as const;

export type BuiltInWord = (typeof WORDS)[number];

/** The words that also stand behind a task's name: `add.map(xs)`. */
export type MappingWord = "map" | "starmap" | "chunks";

/** The words, for "did you mean". */
export const builtInWords: readonly string[] = WORDS;

/** The built-in word that a name is. */
export function builtInWord(name: string): BuiltInWord | undefined {
  return WORDS.find((word) => word === name);
}

/** The built-in word that a name behind a task's name is. */
export function mappingWord(name: string): MappingWord | undefined {
  return name === "map" || name === "starmap" || name === "chunks" ? name : undefined;
}
