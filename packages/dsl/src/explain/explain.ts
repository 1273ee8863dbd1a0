/** The page of a code: as Markdown for the guide, and as text for `flow explain`. */
import { type Code, codes, type Severity } from "../codes.ts";
import { compile } from "../compile.ts";
import { renderDiagnostics } from "../render.ts";
import { type Explanation, explanations } from "./explanations.ts";
import { exampleFiles, resolverFor } from "./surroundings.ts";

/** What there is to say about a code. */
export interface CodePage {
  readonly code: Code;
  readonly severity: Severity;
  readonly title: string;
  readonly why: string;
  readonly fix: string;
  /** A text with the mistake, and what people see of it. */
  readonly wrong: string;
  readonly screen: string;
  /** The same without the mistake. */
  readonly right: string;
}

/** All codes, in the order of the table. */
export const codeNames: readonly Code[] = Object.keys(codes).filter(isCode);

/** Whether a text is a code. */
export function isCode(text: string): text is Code {
  return Object.hasOwn(codes, text);
}

/** Gives the page of a code. */
export function explain(code: Code): CodePage {
  const { severity, title } = codes[code];
  const { why, fix, wrong, right } = explanations[code];
  return { code, severity, title, why, fix, wrong, screen: screenOf(explanations[code]), right };
}

function screenOf({ wrong, params = {}, limits = {} }: Explanation): string {
  const { diagnostics } = compile(wrong, { file: "example.flow", resolver: resolverFor(wrong), params, limits });
  return renderDiagnostics(diagnostics, { ...exampleFiles, "example.flow": wrong }).trimEnd();
}

/** The page as Markdown. */
export function pageAsMarkdown({ code, severity, title, why, fix, wrong, screen, right }: CodePage): string {
  const block = (language: string, text: string) => `\`\`\`${language}\n${text}\n\`\`\``;
  return [
    `# ${code}: ${title}`,
    `**${severity === "error" ? "An error: the flow does not run" : "A warning: the flow runs"}.** ${why}`,
    block("flow", wrong),
    block("text", screen),
    `**What to do:** ${fix}.`,
    block("flow", right),
    "All codes are in [the index](README.md), the language in [language.md](../language.md).",
    "",
  ]
    .join("\n\n")
    .trimEnd()
    .concat("\n");
}

/** The page as text for a screen. */
export function pageAsText({ code, severity, title, why, fix, wrong, screen, right }: CodePage): string {
  const indented = (text: string) => text.replace(/^(?=.)/gm, "    ");
  return [
    `${severity}[${code}]: ${title}`,
    wrap(withoutLinks(why)),
    "For example this",
    indented(wrong),
    "gives",
    indented(screen),
    wrap(`What to do: ${withoutLinks(fix)}.`),
    indented(right),
  ].join("\n\n");
}

function withoutLinks(text: string): string {
  return text.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1");
}

const WIDTH = 80;

function wrap(text: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join("\n");
}

/** The index of the pages, as Markdown. */
export function indexAsMarkdown(): string {
  const groups = new Map<string, string[]>();
  for (const code of codeNames) {
    const heading = HEADINGS[code.slice(0, 2)] ?? HEADINGS.W ?? "";
    const rows = groups.get(heading) ?? [];
    rows.push(
      `| [\`${code}\`](${code}.md) | ${codes[code].title} | ${explanations[code].fix.replaceAll("|", "\\|")} |`,
    );
    groups.set(heading, rows);
  }
  const tables = [...groups].map(
    ([heading, rows]) => `## ${heading}\n\n| code | means | what to do |\n|---|---|---|\n${rows.join("\n")}\n`,
  );
  return `# Diagnostics of the flow language\n\n${INTRODUCTION}\n\n${tables.join("\n")}`;
}

const HEADINGS: Readonly<Record<string, string>> = {
  E1: "E1: syntax",
  E2: "E2: names",
  E3: "E3: arguments and options",
  E4: "E4: values and sorts",
  E5: "E5: imports and params",
  E9: "E9: limits",
  W: "W: warnings",
};

const INTRODUCTION = `Each mistake that [a flow](../language.md) can have has a code, which never means something else later. \`flow explain E201\`
prints its page. These pages are made from the compiler's own tables: what a page shows is what you see.

The examples use the tasks of [language.md](../language.md): \`add(x, y)\`, \`mul(x, y)\`, \`total(numbers)\`, \`range(n)\`, \`echo(value)\`,
\`greet(name, greeting?)\`, \`warn(about)\`, \`images.crop(file)\`. Classes of errors that are thrown are on [another page](../errors.md).`;
