/**
 * What people write who come from other languages. One rule: each is an error that says what to write, and is then
 * read as what was meant, so that it hides nothing behind it.
 */
import type { TokenType } from "chevrotain";
import { And, Equal, NotEqual, Or, Pipe } from "./tokens.ts";

/** A spelling of another language. */
export interface Habit {
  readonly found: string;
  readonly write: string;
  readonly why?: string;
  readonly meaning: { readonly kind: "token"; readonly type: TokenType } | { readonly kind: "comment" } | { readonly kind: "nothing" };
}

const token = (found: string, write: string, type: TokenType): Habit => ({ found, write, meaning: { kind: "token", type } });

/** By what is found. */
export const habits: ReadonlyMap<string, Habit> = new Map(
  [
    token("===", "==", Equal),
    token("!==", "!=", NotEqual),
    token("||", "or", Or),
    token("&&", "and", And),
    token("|>", "|", Pipe),
    { found: "//", write: "#", why: "a comment begins with `#`", meaning: { kind: "comment" as const } },
    { found: ";", write: "a new line", why: "each statement stands on a line of its own", meaning: { kind: "nothing" as const } },
  ].map((habit) => [habit.found, habit]),
);

/** Names of other languages for what has another name here. */
export const foreignNames: ReadonlyMap<string, string> = new Map([
  ["None", "null"],
  ["nil", "null"],
  ["undefined", "null"],
  ["True", "true"],
  ["False", "false"],
]);
