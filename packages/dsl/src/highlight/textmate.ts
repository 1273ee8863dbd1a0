/**
 * The grammar for editors, in TextMate's form, made from the table of tokens. One rule: it colours what `tokens` calls a
 * kind by that kind's scope; a test compares the two on whole files.
 */
import { keywords, symbols } from "../syntax/tokens.ts";
import { CONSTANTS, PUNCTUATION, type TokenKind } from "./token-kinds.ts";

/** The scopes of kinds, by the names that themes know. */
export const scopes: Readonly<Record<TokenKind, string>> = {
  comment: "comment.line.number-sign.flow",
  doc: "comment.line.documentation.flow",
  keyword: "keyword.control.flow",
  constant: "constant.language.flow",
  name: "variable.other.flow",
  call: "entity.name.function.flow",
  member: "variable.other.member.flow",
  key: "variable.parameter.flow",
  number: "constant.numeric.flow",
  duration: "constant.numeric.duration.flow",
  string: "string.quoted.double.flow",
  interpolation: "punctuation.section.interpolation.flow",
  operator: "keyword.operator.flow",
  punctuation: "punctuation.separator.flow",
};

const WORD = "[A-Za-z_][A-Za-z0-9_]*";
const NUMBER = "\\b[0-9][0-9_]*(?:\\.[0-9][0-9_]*)?(?:[eE][+-]?[0-9]+)?";
/** What makes a word the name of what is called. */
const CALLED = "(?=[ \\t]*(?:\\(|![ \\t]*\\())";

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Longest first, since the first alternative that fits wins. */
const oneOf = (texts: readonly string[]): string =>
  texts
    .toSorted((left, right) => right.length - left.length)
    .map(escaped)
    .join("|");

interface Rule {
  readonly [key: string]: unknown;
}

/** Makes the grammar; it is written to `editors/flow.tmLanguage.json`. */
export function textMateGrammar(): Rule {
  const words = [...keywords];
  const constants = words.filter(([, type]) => CONSTANTS.has(type)).map(([word]) => word);
  const reserved = words.filter(([, type]) => !CONSTANTS.has(type)).map(([word]) => word);
  const all = [...symbols];
  // Braces are matched in pairs below, so that one in an interpolation does not end it.
  const isBrace = (text: string): boolean => text === "{" || text === "}";
  const punctuation = all.filter(([text, type]) => PUNCTUATION.has(type) && !isBrace(text)).map(([text]) => text);
  const operators = all.filter(([, type]) => !PUNCTUATION.has(type)).map(([text]) => text);
  return {
    $schema: "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
    name: "Flow",
    scopeName: "source.flow",
    fileTypes: ["flow"],
    patterns: [{ include: "#code" }],
    repository: {
      code: {
        patterns: [
          { name: scopes.doc, match: "##(?!#).*$" },
          { name: scopes.comment, match: "#.*$" },
          string('"""'),
          string('"'),
          { name: scopes.call, match: `\`[^\`\\n]*\`${CALLED}` },
          { name: scopes.name, match: "`[^`\\n]*`" },
          { name: scopes.duration, match: `${NUMBER}(?:ms|[smhd])\\b` },
          { name: scopes.number, match: NUMBER },
          member(scopes.call, CALLED),
          member(scopes.member, ""),
          {
            match: `\\b(param)[ \\t]+(${WORD})`,
            captures: { 1: { name: scopes.keyword }, 2: { name: scopes.name } },
          },
          { name: scopes.key, match: `\\b${WORD}(?=[ \\t]*:)` },
          { name: scopes.constant, match: `\\b(?:${oneOf(constants)})\\b` },
          { name: scopes.keyword, match: `\\b(?:${oneOf(reserved)})\\b` },
          { name: scopes.call, match: `\\b${WORD}${CALLED}` },
          { name: scopes.name, match: `\\b${WORD}` },
          {
            begin: "\\{",
            end: "\\}",
            beginCaptures: { 0: { name: scopes.punctuation } },
            endCaptures: { 0: { name: scopes.punctuation } },
            patterns: [{ include: "#code" }],
          },
          { name: scopes.operator, match: oneOf(operators) },
          { name: scopes.punctuation, match: oneOf(punctuation) },
        ],
      },
    },
  };
}

function string(quote: '"' | '"""'): Rule {
  return {
    name: scopes.string,
    begin: quote,
    // A string on one line ends with its line, closed or not.
    end: quote === '"' ? '"|$' : quote,
    patterns: [
      { name: "constant.character.escape.flow", match: '\\\\(?:u[0-9a-fA-F]{4}|["\\\\/bfnrt$])' },
      {
        begin: "\\$\\{",
        end: "\\}",
        beginCaptures: { 0: { name: scopes.interpolation } },
        endCaptures: { 0: { name: scopes.interpolation } },
        contentName: "meta.embedded.flow",
        patterns: [{ include: "#code" }],
      },
    ],
  };
}

/** A word behind a dot, which is no end of a range. */
function member(scope: string, behind: string): Rule {
  return {
    match: `(?<!\\.)(\\.)(${WORD})${behind}`,
    captures: { 1: { name: scopes.punctuation }, 2: { name: scope } },
  };
}
