/** Doc comments: lines of `##` directly above a statement, or at the head of a file above a blank line. */
import type { Source } from "../source.ts";
import type { Comment } from "./lexer.ts";

/** Finds the docs of statements; asked for them in their order. */
export class DocFinder {
  readonly #source: Source;
  /** Doc comments that stand alone on their lines, by line. */
  readonly #lines = new Map<number, string>();
  #head: string | undefined;

  constructor(source: Source, comments: readonly Comment[], firstStatementAt: number | undefined) {
    this.#source = source;
    for (const comment of comments) {
      const text = source.text.slice(comment.start, comment.end);
      if (!text.startsWith("##") || text.startsWith("###")) continue;
      const line = source.lineIndexAt(comment.start);
      const before = source.text.slice(source.lineStart(line), comment.start);
      if (before.trim() === "") this.#lines.set(line, text.replace(/^## ?/, "").trimEnd());
    }
    this.#head = this.#readHead(firstStatementAt);
  }

  /** The doc of the file. */
  get fileDoc(): string | undefined {
    return this.#head;
  }

  /** The doc of the statement that begins at an offset. */
  docOf(offset: number): string | undefined {
    if (this.#lines.size === 0) return undefined;
    const statementLine = this.#source.lineIndexAt(offset);
    const lines: string[] = [];
    for (let line = statementLine - 1; ; line -= 1) {
      const text = this.#lines.get(line);
      if (text === undefined) break;
      lines.unshift(text);
    }
    return lines.length === 0 ? undefined : lines.join("\n");
  }

  #readHead(firstStatementAt: number | undefined): string | undefined {
    const [first] = this.#lines.keys();
    if (first === undefined) return undefined;
    const beforeIt = this.#source.text.slice(this.#source.start, this.#source.lineStart(first));
    // Only comments, such as `#!`, may stand before it.
    if (beforeIt.split("\n").some((line) => line.trim() !== "" && !line.trim().startsWith("#"))) return undefined;
    const lines: string[] = [];
    let line = first;
    for (; this.#lines.has(line); line += 1) lines.push(this.#lines.get(line) ?? "");
    const isAboveStatement = firstStatementAt !== undefined && this.#source.lineIndexAt(firstStatementAt) === line;
    return isAboveStatement ? undefined : lines.join("\n");
  }
}
