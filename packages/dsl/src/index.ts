/** The public names of `@umbel/dsl`. What is not listed here is private. */
export type * as ast from "./ast.ts";
export type { ObjectKey, TaskTypes, ValueType } from "./checker/value-types.ts";
export type { Code, Severity } from "./codes.ts";
export {
  type CheckOptions,
  type CheckResult,
  type CompileOptions,
  type CompileResult,
  check,
  compile,
  type DeclaredParam,
  type ImportRequest,
  importsOf,
  type ParseResult,
  parse,
} from "./compile.ts";
export { canBeGiven, type GivenPart } from "./compiler/given.ts";
export type { ParamValue, ParamValues } from "./compiler/params.ts";
export { type Completion, complete, type KnownNames } from "./console/complete.ts";
export {
  compileEntry,
  describeEntry,
  type EntryDefinition,
  type EntryMeaning,
  type EntryOptions,
  type EntryResult,
  entryNames,
} from "./console/entry.ts";
export { goesOn, isUnfinished } from "./console/unfinished.ts";
export type { Diagnostic, RelatedPlace } from "./diagnostics.ts";
export { Duration } from "./duration.ts";
export {
  type CodePage,
  codeNames,
  explain,
  indexAsMarkdown,
  isCode,
  pageAsMarkdown,
  pageAsText,
} from "./explain/explain.ts";
export { type FormatResult, format } from "./format/format.ts";
export { type HighlightedToken, tokens } from "./highlight/highlight.ts";
export { scopes, textMateGrammar } from "./highlight/textmate.ts";
export type { TokenKind } from "./highlight/token-kinds.ts";
export { defaultLimits, type Limits } from "./limits.ts";
export { type RenderOptions, renderDiagnostics, type Sources } from "./render.ts";
export {
  type JsonDiagnostic,
  type JsonPosition,
  type JsonRange,
  type JsonReport,
  type JsonSnippet,
  jsonDiagnostics,
  jsonReport,
} from "./render-json.ts";
export type { ImportAnswer, Resolver, TaskDeclaration } from "./resolver.ts";
export type { Place, Position } from "./source.ts";
export { type GrammarPart, type GrammarRule, grammarRules, tokensOfKind } from "./syntax/grammar-rules.ts";
export { ruleAsText } from "./syntax/grammar-text.ts";
export { compileTemplate, type TemplateResult } from "./template.ts";
export type { ParamType } from "./types.ts";
