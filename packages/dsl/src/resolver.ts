/** What the front end asks of its surroundings. One rule: answers are there already; nothing here waits, reads or runs. */
import type { ParameterList } from "@umbel/core";
import type { TaskTypes } from "./checker/value-types.ts";

/** A task as the language sees it. A Task of core is one. */
export interface TaskDeclaration {
  readonly name: string;
  readonly parameters: ParameterList;
  /** Where it is defined, as `file:line:column`. */
  readonly definedAt?: string | undefined;
  readonly doc?: string | undefined;
  /** Checks the values of a call whose number and names are right, by a schema. @throws TypeError worded for the caller */
  readonly checkValues?: ((args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>) => unknown) | undefined;
  /** The types of what it takes and gives, where they are known. */
  readonly types?: TaskTypes | undefined;
  /** The module it comes from. */
  readonly module?: string | undefined;
}

/** What an import leads to. */
export type ImportAnswer =
  | { readonly kind: "tasks"; readonly tasks: readonly TaskDeclaration[] }
  | { readonly kind: "flow"; readonly file: string; readonly text: string }
  | { readonly kind: "failed"; readonly reason: string };

/** The tasks and files that a compilation can reach. */
export interface Resolver {
  /** A task that is known without an import (`-A`). */
  task(name: string): TaskDeclaration | undefined;
  /** The names of those tasks, for "did you mean". */
  taskNames(): Iterable<string>;
  /** What `import "specifier"` in `fromFile` leads to; `importsOf` says beforehand what will be asked. */
  import(specifier: string, fromFile: string): ImportAnswer;
}
