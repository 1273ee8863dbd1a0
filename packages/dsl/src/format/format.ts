/**
 * Flow text in its one style: 80 columns, two spaces, comments kept. One rule: what is printed are the tokens as they
 * were written, so the meaning is that of the text; a text with syntax errors is left alone.
 */
import { type Diagnostic, Diagnostics } from "../diagnostics.ts";
import { defaultLimits, type Limits } from "../limits.ts";
import { Source } from "../source.ts";
import { type Comment, tokenize } from "../syntax/lexer.ts";
import { cutStatements } from "../syntax/outline.ts";
import { parseSource } from "../syntax/parse.ts";
import { parenthesizeElse } from "./else-branches.ts";
import { printStatement } from "./printer.ts";
import { commentText, isTrailingComment, makeTree } from "./tree.ts";

/** What formatting gives: a text exactly when no diagnostic is an error. */
export interface FormatResult {
  readonly text: string | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** A statement or a comment of its own, in its place. */
interface Entry {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Formats a text. */
export function format(text: string, file = "flow", limits: Partial<Limits> = {}): FormatResult {
  const diagnostics = new Diagnostics();
  const source = new Source(file, text);
  const allLimits = { ...defaultLimits, ...limits };
  parseSource(source, allLimits, diagnostics);
  if (diagnostics.hasErrors) return { text: undefined, diagnostics: diagnostics.sorted() };
  return { text: joinEntries(text, readEntries(source, allLimits)), diagnostics: diagnostics.sorted() };
}

function readEntries(source: Source, limits: Limits): readonly Entry[] {
  // What is reported here is reported by parsing.
  const ignored = new Diagnostics();
  const { tokens, comments } = tokenize(source, ignored);
  const entries: Entry[] = [];
  let nextComment = 0;
  const takeComments = (isTaken: (comment: Comment) => boolean): readonly Comment[] => {
    const taken: Comment[] = [];
    for (let comment = comments[nextComment]; comment !== undefined && isTaken(comment); ) {
      taken.push(comment);
      nextComment += 1;
      comment = comments[nextComment];
    }
    return taken;
  };
  const addOwn = (own: readonly Comment[]): void => {
    for (const comment of own) entries.push({ ...comment, text: commentText(source, comment) });
  };
  for (const statement of cutStatements(source, tokens, limits, ignored)) {
    const [first] = statement.tokens;
    const last = statement.tokens.at(-1);
    if (first === undefined || last === undefined) continue;
    addOwn(takeComments((comment) => comment.start < first.startOffset));
    const inside = takeComments((comment) => comment.start < last.endOffset);
    const behind = takeComments(
      (comment) =>
        isTrailingComment(source, comment) && !source.text.slice(last.endOffset, comment.start).includes("\n"),
    );
    const tree = parenthesizeElse(makeTree(source, statement.tokens, [...inside, ...behind]));
    const end = behind.at(-1)?.end ?? last.endOffset + 1;
    entries.push({ start: first.startOffset, end, text: printStatement(tree) });
  }
  addOwn(takeComments(() => true));
  return entries;
}

/** Entries on lines of their own; of the blank lines between them one is kept. */
function joinEntries(source: string, entries: readonly Entry[]): string {
  let text = "";
  let end: number | undefined;
  for (const entry of entries) {
    if (end !== undefined) {
      const breaks = source.slice(end, entry.start).split("\n").length - 1;
      text += breaks > 1 ? "\n\n" : "\n";
    }
    text += entry.text;
    end = entry.end;
  }
  return text === "" ? "" : `${text}\n`;
}
