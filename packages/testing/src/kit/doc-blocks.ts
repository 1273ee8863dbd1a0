/**
 * The code of a page of the guide. One rule: line n of what is written here is line n of the page, so that a stack or a
 * message leads to the page itself.
 */

/** One fenced block. */
export interface DocBlock {
  /** The first word behind the fence, such as `ts`. */
  readonly language: string;
  /** The other words, such as `error` and `E201`. */
  readonly marks: readonly string[];
  /** The line of the page on which its text begins, from 1. */
  readonly line: number;
  readonly text: string;
  /** The file that its first line names, as `// tasks.ts` or `# hello.flow`. */
  readonly file: string | undefined;
  /** The `text` block behind it: what it prints. */
  readonly output: string | undefined;
}

/** The module that all `ts` blocks without a name, or named so, make together. */
export const SCRIPT = "main.ts";

/** Gives the fenced blocks of a page, in order. @throws Error for one that is not closed */
export function readBlocks(page: string): readonly DocBlock[] {
  const blocks: DocBlock[] = [];
  const lines = page.split("\n");
  for (let at = 0; at < lines.length; at += 1) {
    const [, language, marks = ""] = /^```(\S+)(.*)$/.exec(lines[at] ?? "") ?? [];
    if (language === undefined) continue;
    const end = lines.indexOf("```", at + 1);
    if (end < 0) throw new Error(`the block of line ${at + 1} is not closed`);
    const text = lines.slice(at + 1, end).join("\n");
    const [, file] = /^(?:\/\/|#) ([\w./-]+\.\w+)$/m.exec(text.split("\n", 1)[0] ?? "") ?? [];
    const words = marks.split(" ").filter((word) => word !== "");
    const output = language === "text" ? undefined : outputBehind(lines, end);
    blocks.push({ language, marks: words, line: at + 2, text, file, output });
    at = end;
  }
  return blocks;
}

function outputBehind(lines: readonly string[], end: number): string | undefined {
  if (lines[end + 2] !== "```text") return undefined;
  return lines.slice(end + 3, lines.indexOf("```", end + 3)).join("\n");
}

/** Gives the modules that a page's `ts` blocks make, by file name; the script's expected values are checked in it. */
export function modulesOf(blocks: readonly DocBlock[], pageName: string): ReadonlyMap<string, string> {
  const modules = new Map<string, string[]>();
  for (const block of blocks) {
    if (block.language !== "ts") continue;
    const file = block.file ?? SCRIPT;
    const lines = modules.get(file) ?? [];
    modules.set(file, lines);
    while (lines.length < block.line - 1) lines.push("");
    const text = block.text.split("\n");
    lines.push(
      ...text.map((line, offset) => (file === SCRIPT ? check(line, `${pageName}:${block.line + offset}`) : line)),
    );
  }
  return new Map([...modules].map(([file, lines]) => [file, `${lines.join("\n")}\nexport {};\n`]));
}

const EXPECTATION = /^(\S.*);\s+\/\/ (.*)$/;
const DECLARATION = /^(?:import|export|const|let|function|class|type|interface|for|if|throw|\/\/)\b/;

/** Turns `expression; // value` and `expression; // throws Name: text` into checks; other lines stay as they are. */
function check(line: string, place: string): string {
  const [, expression, comment] = EXPECTATION.exec(line) ?? [];
  if (expression === undefined || comment === undefined || DECLARATION.test(line)) return line;
  if (/^[)\]}]/.test(line)) throw new Error(`${place}: write the expression that ends here on one line`);
  const where = JSON.stringify(place);
  const [, name, message = ""] = /^throws (\w+)(?:: (.*))?$/.exec(comment) ?? [];
  if (name !== undefined) {
    return `await expectError(async () => (${expression}), "${name}", ${JSON.stringify(message)}, ${where});`;
  }
  const value = readValue(comment);
  if (value === undefined) throw new Error(`${place}: \`${comment}\` begins with no value; put words above the line`);
  return `await expectValue(async () => (${expression}), ${value}, ${where});`;
}

/** Gives the value that a comment begins with, as TypeScript; words may follow it behind a colon. */
export function readValue(comment: string): string | undefined {
  for (let end = comment.length; end > 0; end = comment.lastIndexOf(": ", end - 1)) {
    const text = comment.slice(0, end);
    if (isLiteral(text)) return text;
  }
  return undefined;
}

function isLiteral(text: string): boolean {
  if (!/^(?:[[{"\d-]|true$|false$|null$|undefined$)/.test(text)) return false;
  try {
    new Function(`return (${text});`);
    return true;
  } catch {
    return false;
  }
}
