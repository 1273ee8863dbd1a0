/**
 * What may stand where somebody is typing. One rule: it is asked of the tokens before the cursor, which need not make
 * sense together.
 */
import type { TokenType } from "chevrotain";
import { builtInWords } from "../compiler/built-in-words.ts";
import { optionNames } from "../compiler/options.ts";
import { Diagnostics } from "../diagnostics.ts";
import type { TaskDeclaration } from "../resolver.ts";
import { Source } from "../source.ts";
import { tokenize } from "../syntax/lexer.ts";
import * as t from "../syntax/tokens.ts";

/** The names that are known. */
export interface KnownNames {
  readonly tasks: Iterable<TaskDeclaration>;
  /** Of definitions and imports. */
  readonly names: Iterable<string>;
}

/** How the text may go on. */
export interface Completion {
  /** The end of the text that the candidates stand for. */
  readonly word: string;
  /** In the order of the alphabet, parameters and options first. */
  readonly candidates: readonly string[];
}

/** A name, or the beginning of one. */
const WORD = /(?:[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]*)*)?$/;
/** A name that can be written without backticks. */
const PLAIN = /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$/;

/** Completes the end of a text. */
export function complete(text: string, known: KnownNames): Completion {
  const word = WORD.exec(text)?.[0] ?? "";
  const source = new Source("", text.slice(0, text.length - word.length));
  const diagnostics = new Diagnostics();
  const { tokens, comments } = tokenize(source, diagnostics);
  const isInString = diagnostics.sorted().some(({ code }) => code === "E104");
  const isInComment = comments.some(({ end }) => end >= source.text.length);
  if (isInString || (isInComment && !source.text.endsWith("\n"))) return { word, candidates: [] };
  const candidates = candidatesAt(tokens, known).filter((candidate) => candidate.startsWith(word));
  return { word, candidates: [...new Set(candidates)] };
}

function candidatesAt(tokens: readonly t.Token[], { tasks, names }: KnownNames): readonly string[] {
  const last = tokens.at(-1)?.tokenType;
  if (last === t.Let || last === t.Def || last === t.Param || last === t.As) return [];
  if (last === t.On) return ["error", "success"];
  const byName = new Map([...tasks].map((task) => [task.name, task]));
  const open = innermostOpen(tokens);
  if (open?.kind === "options") return last === t.LeftBrace || last === t.Comma ? optionNames.map(asKey) : [];
  const all = [...byName.keys()].filter((name) => PLAIN.test(name));
  const words = [...new Set([...all, ...names, ...builtInWords, ...t.keywords.keys()])].sort();
  const sayable = words.filter((word) => !t.laterWords.has(word));
  const mayName = open?.kind === "call" && (last === t.LeftParen || last === t.Comma);
  return mayName ? [...parametersLeft(byName.get(open.name), open), ...sayable] : sayable;
}

function parametersLeft(task: TaskDeclaration | undefined, { named, places }: OpenCall): readonly string[] {
  const parameters = task?.parameters.parameters ?? [];
  return parameters
    .filter(({ kind, name }, place) => {
      return kind !== "args" && kind !== "kwargs" && !named.has(name) && (kind === "named" || place >= places);
    })
    .map(({ name }) => asKey(name));
}

function asKey(name: string): string {
  return `${name}: `;
}

/** A call whose arguments are being written. */
interface OpenCall {
  readonly kind: "call";
  readonly name: string;
  readonly named: Set<string>;
  /** How many arguments stand before without a name. */
  places: number;
  isNamed: boolean;
}

/** What the innermost bracket that is open belongs to. */
type Open = OpenCall | { readonly kind: "options" } | { readonly kind: "other" };

function innermostOpen(tokens: readonly t.Token[]): Open | undefined {
  const open: Open[] = [];
  for (const [index, { tokenType }] of tokens.entries()) {
    if (tokenType === t.LeftParen) {
      const name = nameBefore(tokens, index);
      open.push(name === "" ? { kind: "other" } : { kind: "call", name, named: new Set(), places: 0, isNamed: false });
    } else if (tokenType === t.LeftBrace) {
      open.push(tokens[index - 1]?.tokenType === t.With ? { kind: "options" } : { kind: "other" });
    } else if (OTHER_OPENERS.has(tokenType)) open.push({ kind: "other" });
    else if (CLOSERS.has(tokenType)) open.pop();
    else {
      const inner = open.at(-1);
      if (inner?.kind === "call") readSeparator(inner, tokenType, tokens[index - 1]?.image ?? "");
    }
  }
  return open.at(-1);
}

/** Notes what a colon or a comma in a call says of the argument before it. */
function readSeparator(call: OpenCall, tokenType: TokenType, before: string): void {
  if (tokenType === t.Colon) {
    call.named.add(before);
    call.isNamed = true;
  } else if (tokenType === t.Comma) {
    if (!call.isNamed) call.places += 1;
    call.isNamed = false;
  }
}

/** The name that is called by the parenthesis at `index`; empty where none stands before it. */
function nameBefore(tokens: readonly t.Token[], index: number): string {
  let at = index - 1;
  if (tokens[at]?.tokenType === t.ImmutableMark) at -= 1;
  let name = tokens[at]?.tokenType === t.QuotedName ? String(tokens[at]?.payload ?? "") : "";
  while (tokens[at]?.tokenType === t.Name) {
    name = `${tokens[at]?.image ?? ""}${name}`;
    if (tokens[at - 1]?.tokenType !== t.Dot) break;
    name = `.${name}`;
    at -= 2;
  }
  return name;
}

const OTHER_OPENERS: ReadonlySet<TokenType> = new Set([
  t.LineLeftParen,
  t.LeftBracket,
  t.LineLeftBracket,
  t.InterpolationOpen,
]);
const CLOSERS: ReadonlySet<TokenType> = new Set([t.RightParen, t.RightBracket, t.RightBrace, t.InterpolationClose]);
