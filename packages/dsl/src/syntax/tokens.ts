/**
 * The words of the language: the one table from which the lexer, the grammar, the messages and the highlighting take
 * them. One rule: a token type is named for what it is, and labelled with how it is written.
 */
import { createToken, type IToken, Lexer, type TokenType } from "chevrotain";

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
/** Every operator between two operands, `|` and `&` too. */
export const BinaryOperator = token("BinaryOperator", "an operator");

export const Name = token("Name", "a name", [Word]);
export const QuotedName = token("QuotedName", "a task's name in backticks");
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
export const RangeInclusive = operator("..=", "RangeInclusive", [BinaryOperator]);
export const Range = operator("..", "Range", [BinaryOperator]);
export const Equal = operator("==", "Equal", [BinaryOperator]);
export const NotEqual = operator("!=", "NotEqual", [BinaryOperator]);
export const LessEqual = operator("<=", "LessEqual", [BinaryOperator]);
export const GreaterEqual = operator(">=", "GreaterEqual", [BinaryOperator]);
export const Less = operator("<", "Less", [BinaryOperator]);
export const Greater = operator(">", "Greater", [BinaryOperator]);
export const Pipe = operator("|", "Pipe", [BinaryOperator]);
export const Ampersand = operator("&", "Ampersand", [BinaryOperator]);
export const Plus = operator("+", "Plus", [BinaryOperator]);
export const Minus = operator("-", "Minus", [BinaryOperator]);
export const Star = operator("*", "Star", [BinaryOperator]);
export const Slash = operator("/", "Slash", [BinaryOperator]);
export const Percent = operator("%", "Percent", [BinaryOperator]);
export const Assign = operator("=", "Assign");
export const Bang = operator("!", "Bang");
export const Question = operator("?", "Question");
export const Dot = operator(".", "Dot");
export const Comma = operator(",", "Comma");
export const Colon = operator(":", "Colon");
export const LeftParen = operator("(", "LeftParen");
export const RightParen = operator(")", "RightParen");
export const LeftBracket = operator("[", "LeftBracket");
export const RightBracket = operator("]", "RightBracket");
export const LeftBrace = operator("{", "LeftBrace");
export const RightBrace = operator("}", "RightBrace");

/** The reserved words that mean something, by their text. */
export const keywords: ReadonlyMap<string, TokenType> = new Map([
  ...["import", "as", "param", "let", "def", "for", "in", "if", "then", "else", "not", "with", "on"].map((text) => keyword(text)),
  ...["true", "false", "null"].map((text) => keyword(text)),
  keyword("and", [BinaryOperator]),
  keyword("or", [BinaryOperator]),
  ...["match", "when", "while", "wait"].map((text) => keyword(text)),
]);

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
  ...keywords.values(),
  Name,
  QuotedName,
  NumberToken,
  DurationToken,
  StringToken,
  TemplateOpen,
  TemplateText,
  TemplateClose,
  InterpolationOpen,
  InterpolationClose,
  ...symbols.values(),
];

/** Makes a token of a stretch of text. */
export function makeToken(type: TokenType, text: string, start: number, end: number, payload: string | number = ""): Token {
  const { tokenTypeIdx = 0 } = type;
  return { image: text.slice(start, end), startOffset: start, endOffset: end - 1, tokenTypeIdx, tokenType: type, payload };
}
