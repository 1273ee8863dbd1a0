/**
 * Text to tree. One rule: it always gives a tree; a statement that is broken is reported, and stands in the tree with
 * its name, so that what uses the name is not wrong too.
 */
import type { BrokenStatement, FlowFile, Statement } from "../ast.ts";
import type { Diagnostics } from "../diagnostics.ts";
import type { Limits } from "../limits.ts";
import type { Source } from "../source.ts";
import { DocFinder } from "./docs.ts";
import { FlowGrammar } from "./grammar.ts";
import { tokenize } from "./lexer.ts";
import type { SyntaxProblem } from "./nodes.ts";
import { cutStatements, type StatementTokens } from "./outline.ts";
import { reportSyntaxFailure } from "./syntax-errors.ts";
import * as t from "./tokens.ts";

// Made when first needed: its analysis takes some tens of milliseconds.
let sharedGrammar: FlowGrammar | undefined;

/** Parses a source. */
export function parseSource(source: Source, limits: Limits, diagnostics: Diagnostics): FlowFile {
  if (isTooLong(source.text, limits.sourceBytes)) {
    diagnostics.report("E901", source, { start: source.start, end: source.start }, { most: limits.sourceBytes });
    return { kind: "file", doc: undefined, statements: [] };
  }
  const { tokens, comments } = tokenize(source, diagnostics);
  const docs = new DocFinder(source, comments, tokens[0]?.startOffset);
  const statements = cutStatements(source, tokens, limits, diagnostics).map((statement) =>
    parseStatement(source, statement, docs.docOf(statement.tokens[0]?.startOffset ?? 0), diagnostics),
  );
  return { kind: "file", doc: docs.fileDoc, statements };
}

function parseStatement(
  source: Source,
  statement: StatementTokens,
  doc: string | undefined,
  diagnostics: Diagnostics,
): Statement {
  const [firstToken] = statement.tokens;
  const lastToken = statement.tokens.at(-1);
  if (statement.isBroken || firstToken === undefined || lastToken === undefined) return brokenStatement(statement, doc);
  sharedGrammar ??= new FlowGrammar();
  const grammar = sharedGrammar;
  grammar.begin(statement.tokens);
  const parsed = grammar.statement(doc);
  const [exception] = grammar.errors;
  for (const problem of grammar.problems) reportProblem(source, problem, diagnostics);
  if (exception === undefined) return parsed;
  const isWhole = reportSyntaxFailure(
    source,
    { exception, openIf: grammar.openIfs.at(-1), firstToken, lastToken },
    diagnostics,
  );
  return isWhole ? parsed : brokenStatement(statement, doc);
}

function brokenStatement(statement: StatementTokens, doc: string | undefined): BrokenStatement {
  const [first, second] = statement.tokens;
  const start = first?.startOffset ?? 0;
  const end = (statement.tokens.at(-1)?.endOffset ?? 0) + 1;
  const isDefinition = first !== undefined && DEFINING.has(first.image);
  const name =
    isDefinition && second?.tokenType === t.Name
      ? { name: second.image, start: second.startOffset, end: second.endOffset + 1 }
      : undefined;
  return { kind: "broken", name, doc, start, end };
}

/** What a name is defined with, here and in other languages. */
const DEFINING: ReadonlySet<string> = new Set(["let", "def", "param", "const", "var", "val", "function", "func", "fn"]);

function reportProblem(source: Source, problem: SyntaxProblem, diagnostics: Diagnostics): void {
  switch (problem.kind) {
    case "habit":
      diagnostics.report("E111", source, problem.span, { found: problem.found, write: problem.write });
      return;
    case "chaining": {
      const isRange = problem.operator.startsWith("..");
      const fix = isRange ? "a range has two ends" : "join comparisons with `and`";
      diagnostics.report("E114", source, problem.span, { operator: problem.operator, fix });
      return;
    }
    case "keyTwice":
      diagnostics.report("E115", source, problem.span, { key: problem.key });
      return;
    case "positionalAfterNamed":
      diagnostics.report("E116", source, problem.span, {});
      return;
    case "spreadBeforeClause":
      diagnostics.report("E122", source, problem.span, {});
      return;
    case "event":
      diagnostics.report("E101", source, problem.span, {
        found: `\`${problem.found}\``,
        expected: "`success` or `error`",
      });
  }
}

/** Counts UTF-8 bytes only where the number of characters does not decide. */
function isTooLong(text: string, mostBytes: number): boolean {
  if (text.length > mostBytes) return true;
  if (text.length * 3 <= mostBytes) return false;
  let bytes = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    // Each half of a pair counts two of the pair's four bytes.
    const isHalfOfPair = unit >= 0xd800 && unit <= 0xdfff;
    bytes += unit < 0x80 ? 1 : unit < 0x800 || isHalfOfPair ? 2 : 3;
  }
  return bytes > mostBytes;
}
