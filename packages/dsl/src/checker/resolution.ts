/** What a name stands for, found once for each place where it stands. */
import type { Expression } from "../ast.ts";
import type { BuiltInWord, MappingWord } from "../compiler/built-in-words.ts";
import type { Definition, ImportDefinition } from "../compiler/module.ts";
import type { TaskDeclaration } from "../resolver.ts";

/** What a name stands for. `members` says how many `.name` behind it belong to it. */
export type Resolution =
  | { readonly kind: "local"; readonly members: 0 }
  | { readonly kind: "definition"; readonly definition: Definition; readonly members: 0 }
  /** A name of a flow that is imported without an alias. */
  | {
      readonly kind: "imported";
      readonly definition: ImportDefinition;
      readonly name: string;
      readonly members: 0;
    }
  | { readonly kind: "word"; readonly word: BuiltInWord; readonly members: 0 }
  | { readonly kind: "task"; readonly task: TaskDeclaration; readonly members: number }
  | { readonly kind: "mapping"; readonly task: TaskDeclaration; readonly word: MappingWord; readonly members: number }
  /** Reported; the members belong to it all the same. */
  | { readonly kind: "unknown"; readonly members: number };

/** The resolutions of all files, by the expression of the name. */
export type Resolutions = ReadonlyMap<Expression, Resolution>;
