/**
 * What people write who come from other languages. One rule: each is an error that says what to write, and is then
 * read as what was meant, so that it hides nothing behind it.
 */
import type { TokenType } from "chevrotain";
import { And, Equal, NotEqual, Or, Pipe } from "./tokens.ts";

/** A spelling of another language. */
export interface Habit {
  readonly found: string;
  /** What to write, as text of the language. */
  readonly write?: string;
  /** What to do where no text says it. */
  readonly instead?: string;
  readonly why?: string;
  /** What it is read as. */
  readonly meaning: TokenType | "comment" | "nothing";
}

const token = (found: string, write: string, meaning: TokenType, why?: string): Habit => ({
  found,
  write,
  meaning,
  ...(why !== undefined && { why }),
});

const JOINS_CONDITIONS = "it joins conditions; workflows run one after the other with `|`, side by side with `&`";

/** All of them. */
export const habits: readonly Habit[] = [
  token("===", "==", Equal),
  token("!==", "!=", NotEqual),
  token("||", "or", Or, JOINS_CONDITIONS),
  token("&&", "and", And, JOINS_CONDITIONS),
  token("|>", "|", Pipe),
  { found: "//", write: "#", why: "a comment begins with `#`", meaning: "comment" },
  { found: ";", instead: "leave it out: each statement stands on a line of its own", meaning: "nothing" },
];

/** How statements of other languages begin. */
export const foreignStatements: ReadonlyMap<string, Pick<Habit, "write" | "instead">> = new Map([
  ["const", { write: "let x = …" }],
  ["var", { write: "let x = …" }],
  ["val", { write: "let x = …" }],
  ["function", { write: "def f(x) = …" }],
  ["func", { write: "def f(x) = …" }],
  ["fn", { write: "def f(x) = …" }],
  ["return", { instead: "leave it out: the main expression is what runs" }],
  ["await", { instead: "leave it out: each step waits for the one before" }],
  ["async", { instead: "leave it out: each step waits for the one before" }],
  ["from", { write: 'import "./tasks.ts"' }],
]);

/** Names of other languages for what has another name here. */
export const foreignNames: ReadonlyMap<string, string> = new Map([
  ["None", "null"],
  ["nil", "null"],
  ["undefined", "null"],
  ["True", "true"],
  ["False", "false"],
]);
