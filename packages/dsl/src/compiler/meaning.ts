/** What an expression means: a value, a workflow, something by its name, or a list of these. */
import type { DefStatement } from "../ast.ts";
import type { TaskDeclaration } from "../resolver.ts";
import { nameSort, type Value } from "../values.ts";
import type { BuiltInWord, MappingWord } from "./built-in-words.ts";
import type { Definition, Module } from "./module.ts";
import type { Workflow } from "./workflow.ts";

export type Meaning =
  | { readonly kind: "value"; readonly value: Value }
  | { readonly kind: "workflow"; readonly workflow: Workflow }
  | { readonly kind: "task"; readonly task: TaskDeclaration }
  | { readonly kind: "def"; readonly def: DefStatement; readonly module: Module; readonly meanings: Meanings }
  | { readonly kind: "word"; readonly word: BuiltInWord }
  | { readonly kind: "mapping"; readonly word: MappingWord; readonly task: TaskDeclaration }
  /** An imported flow with what its names mean. */
  | { readonly kind: "flow"; readonly module: Module; readonly exports: ReadonlyMap<string, Meaning> }
  /** A list that holds no values; an empty one, from a comprehension over nothing, may stand for either. */
  | { readonly kind: "list"; readonly items: readonly Meaning[] }
  /** Not known, or broken and reported: fits everywhere. */
  | { readonly kind: "anything" };

/** What the definitions of a file mean, as far as they are evaluated; a file has them once for each set of params. */
export type Meanings = ReadonlyMap<Definition, Meaning>;

export const ANYTHING: Meaning = { kind: "anything" };

/** A value as a meaning. */
export function valueMeaning(value: Value): Meaning {
  return { kind: "value", value };
}

/** Names what something means in a sentence. */
export function nameMeaning(meaning: Meaning): string {
  switch (meaning.kind) {
    case "value":
      return nameSort(meaning.value);
    case "workflow":
      return "a workflow";
    case "task":
      return `the task "${meaning.task.name}"`;
    case "def":
      return `the def "${meaning.def.name.name}"`;
    case "word":
    case "mapping":
      return `the word \`${meaning.word}\``;
    case "flow":
      return "an imported flow";
    case "list":
      return "a list of workflows";
    case "anything":
      return "this";
  }
}
