/**
 * The words of the language: the one table from which the lexer, the grammar, the messages and the highlighting take
 * them. One rule: a token type is named for what it is, and labelled with how it is written.
 */
import type { IToken, TokenType } from "chevrotain";
import type { Span } from "../source.ts";
import { createToken, Lexer } from "./chevrotain.ts";

/** A token as the lexer makes it. `endOffset` is the offset of the last character, as Chevrotain has it. */
export interface Token extends IToken {
  endOffset: number;
  /** What the text stands for: of strings the text, of numbers the number, of durations their milliseconds. */
  payload?: string | number;
}

// Patterns are applied by our own lexer; Chevrotain's parser needs the types only.
const token = (name: string, label: string, categories: TokenType[] = []): TokenType =>
  createToken({ name, label, pattern: Lexer.NA, categories });

/** Names and reserved words: what may stand as an argument's name, an object's key, or after a dot. */
export const Word = token("Word", "a name");
/** Every operator between two operands. */
export const BinaryOperator = token("BinaryOperator", "an operator");
/** The same without `|` and `&`. */
export const ValueOperator = token("ValueOperator", "an operator", [BinaryOperator]);

export const Name = token("Name", "a name", [Word]);
export const QuotedName = token("QuotedName", "a task's name in backticks");
/** What is given beside the text, such as a value in a template; its payload says which. */
export const Given = token("Given", "a value");
export const NumberToken = token("Number", "a number");
export const DurationToken = token("Duration", "a duration");
/** A string without interpolation; its payload is its text. */
export const StringToken = token("String", "a string");
/** A string with interpolation begins and ends; between stand texts and expressions. */
export const TemplateOpen = token("TemplateOpen", "a string");
export const TemplateText = token("TemplateText", "text of a string");
export const TemplateClose = token("TemplateClose", "the end of the string");
export const InterpolationOpen = token("InterpolationOpen", "`${`");
export const InterpolationClose = token("InterpolationClose", "`}`");

const keyword = (text: string, categories: TokenType[] = []): [string, TokenType] => [
  text,
  token(`Keyword_${text}`, `\`${text}\``, [Word, ...categories]),
];

const operators: [string, TokenType][] = [];
const operator = (text: string, name: string, categories: TokenType[] = []): TokenType => {
  const type = token(name, `\`${text}\``, categories);
  operators.push([text, type]);
  return type;
};

export const Ellipsis = operator("...", "Ellipsis");
export const RangeInclusive = operator("..=", "RangeInclusive", [ValueOperator]);
export const Range = operator("..", "Range", [ValueOperator]);
export const Equal = operator("==", "Equal", [ValueOperator]);
export const NotEqual = operator("!=", "NotEqual", [ValueOperator]);
export const LessEqual = operator("<=", "LessEqual", [ValueOperator]);
export const GreaterEqual = operator(">=", "GreaterEqual", [ValueOperator]);
export const Less = operator("<", "Less", [ValueOperator]);
export const Greater = operator(">", "Greater", [ValueOperator]);
export const Pipe = operator("|", "Pipe", [BinaryOperator]);
export const Ampersand = operator("&", "Ampersand", [BinaryOperator]);
export const Plus = operator("+", "Plus", [ValueOperator]);
export const Minus = operator("-", "Minus", [ValueOperator]);
export const Star = operator("*", "Star", [ValueOperator]);
export const Slash = operator("/", "Slash", [ValueOperator]);
export const Percent = operator("%", "Percent", [ValueOperator]);
export const Assign = operator("=", "Assign");
/** `!` before `(` on its line: the call takes nothing from before. */
export const ImmutableMark = token("ImmutableMark", "`!`");
/** Any other `!`; other languages' "not". */
export const Bang = operator("!", "Bang");
export const Question = operator("?", "Question");
export const Dot = operator(".", "Dot");
export const Comma = operator(",", "Comma");
export const Colon = operator(":", "Colon");
/** Brackets that open on the line of the token before them: a call or an index, where something stands to be called. */
export const LeftParen = operator("(", "LeftParen");
export const RightParen = operator(")", "RightParen");
export const LeftBracket = operator("[", "LeftBracket");
export const RightBracket = operator("]", "RightBracket");
export const LeftBrace = operator("{", "LeftBrace");
export const RightBrace = operator("}", "RightBrace");
/** Brackets at the head of a line: they begin something new. */
export const LineLeftParen = token("LineLeftParen", "`(`");
export const LineLeftBracket = token("LineLeftBracket", "`[`");

/** The reserved words that mean something, by their text. */
export const keywords: ReadonlyMap<string, TokenType> = new Map([
  ...["import", "as", "param", "let", "def", "for", "in", "if", "then", "else", "not", "with", "on"].map((text) =>
    keyword(text),
  ),
  ...["true", "false", "null"].map((text) => keyword(text)),
  keyword("and", [ValueOperator]),
  keyword("or", [ValueOperator]),
  ...["match", "when", "while", "wait"].map((text) => keyword(text)),
]);

/** The types of reserved words. */
export const keywordTypes: ReadonlySet<TokenType> = new Set(keywords.values());

/** The reserved words that are kept for later versions. */
export const laterWords: ReadonlySet<string> = new Set(["match", "when", "while", "wait"]);

/** Operators and brackets by their text. */
export const symbols: ReadonlyMap<string, TokenType> = new Map(operators);

/** The token type of a reserved word. */
export function keywordType(text: string): TokenType {
  const type = keywords.get(text);
  if (type === undefined) throw new Error(`no reserved word ${text}`);
  return type;
}

export const Import = keywordType("import");
export const As = keywordType("as");
export const Param = keywordType("param");
export const Let = keywordType("let");
export const Def = keywordType("def");
export const For = keywordType("for");
export const In = keywordType("in");
export const If = keywordType("if");
export const Then = keywordType("then");
export const Else = keywordType("else");
export const And = keywordType("and");
export const Or = keywordType("or");
export const Not = keywordType("not");
export const With = keywordType("with");
export const On = keywordType("on");
export const True = keywordType("true");
export const False = keywordType("false");
export const Null = keywordType("null");

/** All token types, for the parser. */
export const vocabulary: readonly TokenType[] = [
  Word,
  BinaryOperator,
  ValueOperator,
  ...keywords.values(),
  Name,
  QuotedName,
  Given,
  NumberToken,
  DurationToken,
  StringToken,
  TemplateOpen,
  TemplateText,
  TemplateClose,
  InterpolationOpen,
  InterpolationClose,
  ImmutableMark,
  LineLeftParen,
  LineLeftBracket,
  ...symbols.values(),
];

/** What a bracket is when it is the first token of its line. */
export const atLineHead: ReadonlyMap<TokenType, TokenType> = new Map([
  [LeftParen, LineLeftParen],
  [LeftBracket, LineLeftBracket],
]);

/** Tokens that an operand may end with. */
export const operandEnds: ReadonlySet<TokenType> = new Set([
  Name,
  QuotedName,
  Given,
  NumberToken,
  DurationToken,
  StringToken,
  TemplateClose,
  True,
  False,
  Null,
  RightParen,
  RightBracket,
  RightBrace,
]);

/** The span of a token. */
export function spanOf(token: Token): Span {
  return { start: token.startOffset, end: Math.max(token.endOffset + 1, token.startOffset) };
}

/** Makes a token. */
export function makeToken(
  type: TokenType,
  image: string,
  start: number,
  end: number,
  payload: string | number = "",
): Token {
  return {
    image,
    startOffset: start,
    endOffset: end - 1,
    tokenTypeIdx: type.tokenTypeIdx ?? 0,
    tokenType: type,
    payload,
  };
}
