/**
 * The grammar as data, read from the parser itself, for documents that show it. One rule: what is only there to know other
 * languages' habits, or for templates, is left out; what differs by the line it stands on is told once.
 */
import type { ISerializedGast } from "chevrotain";
import { FlowGrammar } from "./grammar.ts";
import * as t from "./tokens.ts";

/** A part of a rule. */
export type GrammarPart =
  | { readonly kind: "sequence" | "choice"; readonly parts: readonly GrammarPart[] }
  | { readonly kind: "optional" | "repeated"; readonly part: GrammarPart }
  /** One or more with a separator between; the separator may stand behind the last, too. */
  | { readonly kind: "list"; readonly part: GrammarPart; readonly separator: GrammarPart }
  | { readonly kind: "rule"; readonly name: string }
  /** A token as it is written. */
  | { readonly kind: "text"; readonly text: string }
  /** A kind of token. */
  | { readonly kind: "token"; readonly name: string };

/** One rule of the grammar. */
export interface GrammarRule {
  readonly name: string;
  readonly definition: GrammarPart;
}

/** What is read so that its message can be better. */
const HABITS: ReadonlySet<string> = new Set([t.Bang.name, t.Given.name]);
const HABITS_IN_RULE: ReadonlySet<string> = new Set([`argumentName ${t.Assign.name}`]);

/** Gives the rules in the order in which the parser has them, those of statements first. */
export function grammarRules(): readonly GrammarRule[] {
  const rules = new FlowGrammar().getSerializedGastProductions().map((gast) => {
    const { name = "", definition = [] } = gast as Gast;
    return { name, definition: partOf(definition, name) ?? { kind: "sequence" as const, parts: [] } };
  });
  const first = rules.findIndex(({ name }) => name === "statement");
  return [...rules.slice(first), ...rules.slice(0, first)];
}

function partOf(definition: readonly ISerializedGast[], rule: string): GrammarPart | undefined {
  const parts = definition.flatMap((gast) => {
    const part = single(gast, rule);
    return part === undefined ? [] : [part];
  });
  const joined = joinLists(parts);
  const [only] = joined;
  return joined.length <= 1 ? only : { kind: "sequence", parts: joined };
}

/** The fields that one form or another has. */
interface Gast {
  readonly type: string;
  readonly name?: string;
  readonly label?: string;
  readonly definition?: readonly ISerializedGast[];
}

function single(gast: ISerializedGast, rule: string): GrammarPart | undefined {
  const { type, name = "", label = "", definition = [] } = gast as Gast;
  const inner = (): GrammarPart | undefined => partOf(definition, rule);
  switch (type) {
    case "NonTerminal":
      return { kind: "rule", name };
    case "Terminal": {
      if (HABITS.has(name) || HABITS_IN_RULE.has(`${rule} ${name}`)) return undefined;
      const [, text] = /^`(.+)`$/.exec(label) ?? [];
      return text === undefined ? { kind: "token", name } : { kind: "text", text };
    }
    case "Alternation":
      return choice(definition.flatMap((alternative) => single(alternative, rule) ?? []));
    case "Option":
      return wrap("optional", inner());
    case "Repetition":
      return wrap("repeated", inner());
    case "RepetitionMandatory": {
      const part = inner();
      return part && { kind: "sequence", parts: [part, { kind: "repeated", part }] };
    }
    default:
      return inner();
  }
}

function wrap(kind: "optional" | "repeated", part: GrammarPart | undefined): GrammarPart | undefined {
  return part === undefined ? undefined : { kind, part };
}

function choice(parts: readonly GrammarPart[]): GrammarPart | undefined {
  const different = parts.filter((part, index) => parts.findIndex((other) => isSame(other, part)) === index);
  const [only] = different;
  return different.length <= 1 ? only : { kind: "choice", parts: different };
}

function isSame(left: GrammarPart, right: GrammarPart): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

/** `x {"," x} [","]` is a list of x. */
function joinLists(parts: readonly GrammarPart[]): readonly GrammarPart[] {
  const joined: GrammarPart[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (last !== undefined && part.kind === "repeated" && part.part.kind === "sequence") {
      const [separator, item, ...more] = part.part.parts;
      if (separator?.kind === "text" && item !== undefined && more.length === 0 && isSame(item, last)) {
        joined[joined.length - 1] = { kind: "list", part: item, separator };
        continue;
      }
    }
    // A comma behind the last is told once, for all lists.
    const isLastComma = last?.kind === "list" && part.kind === "optional" && isSame(part.part, last.separator);
    if (!isLastComma) joined.push(part);
  }
  return joined;
}

/** The tokens behind the names of kinds, as they are written. */
export function tokensOfKind(name: string): readonly string[] {
  const inKind = t.vocabulary.filter((type) => type.CATEGORIES?.some((category) => hasKind(category, name)));
  return inKind.flatMap((type) => /^`(.+)`$/.exec(type.LABEL ?? "")?.[1] ?? []);
}

function hasKind(type: (typeof t.vocabulary)[number], name: string): boolean {
  return type.name === name || (type.CATEGORIES?.some((category) => hasKind(category, name)) ?? false);
}
