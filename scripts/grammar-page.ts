/** The page of the guide with the grammar, and its diagrams. One rule: the rules come from the parser itself. */

import railroad from "@prantlf/railroad-diagrams";
import { type GrammarPart, type GrammarRule, grammarRules, ruleAsText, tokensOfKind } from "@umbel/dsl";

/** Gives the files of the page, by their paths in `docs`. */
export function grammarFiles(): ReadonlyMap<string, string> {
  const rules = grammarRules();
  const files = new Map<string, string>([["grammar.md", page(rules)]]);
  for (const rule of rules) files.set(`grammar/${rule.name}.svg`, diagram(rule));
  return files;
}

function page(rules: readonly GrammarRule[]): string {
  const quoted = (kind: string): string =>
    tokensOfKind(kind)
      .map((text) => `\`${text}\``)
      .join(" ");
  const sections = rules.map(
    (rule) =>
      `## ${rule.name}\n\n![diagram of ${rule.name}](grammar/${rule.name}.svg)\n\n\`\`\`ebnf\n${ruleAsText(rule)}\n\`\`\`\n`,
  );
  return `# The grammar

Made from the parser that reads flows, and checked against it. What the forms mean is in [language.md](language.md). A file is a row of
\`statement\`s, each beginning on a line of its own.

| token | is |
|---|---|
| \`NAME\` | an ASCII letter or \`_\`, then letters, digits, \`_\`; no reserved word |
| \`WORD\` | a \`NAME\` or a reserved word: ${quoted("Word")} |
| \`QUOTEDNAME\` | a task's name in backticks |
| \`NUMBER\` \`DURATION\` | \`42\` \`1_000\` \`0.5\` \`2.5e1\`; a number and one of \`ms s m h d\` |
| \`STRING\` | \`"…"\` or \`"""…"""\` without \`\${…}\` |
| \`TEMPLATEOPEN\` \`TEMPLATETEXT\` \`TEMPLATECLOSE\` | the quotes of a string with \`\${…}\`, and the text between them |
| \`BINARYOPERATOR\` | ${quoted("BinaryOperator").replaceAll("|", "\\|")} |
| \`VALUEOPERATOR\` | the same without \`\\|\` and \`&\` |

Three things are beyond these rules. How operators bind is in [a table](language.md#values). \`(\`, \`[\` and \`!\` go on with an expression only on the
line on which it ends; at the head of a line they begin something new. And \`NAME\` in \`handler\` is \`success\` or \`error\`.

${sections.join("\n")}`;
}

const { Diagram, Sequence, Choice, Optional, ZeroOrMore, OneOrMore, Terminal, NonTerminal } = railroad;

function diagram({ name, definition }: GrammarRule): string {
  const svg: string = new Diagram(draw(definition)).toStandalone(STYLE);
  // For readers who listen to the page.
  const named = svg.replace("<svg ", `<svg role="img" aria-label="diagram of ${name}" `);
  return `${named.trimEnd()}\n`;
}

function draw(part: GrammarPart): unknown {
  switch (part.kind) {
    case "sequence":
      return new Sequence(...part.parts.map(draw));
    case "choice":
      return new Choice(0, ...part.parts.map(draw));
    case "optional":
      return new Optional(draw(part.part));
    case "repeated":
      return new ZeroOrMore(draw(part.part));
    case "list":
      return new OneOrMore(draw(part.part), draw(part.separator));
    case "rule":
      return new NonTerminal(part.name);
    case "text":
      return new Terminal(part.text);
    case "token":
      return new Terminal(part.name.toUpperCase());
  }
}

const STYLE = `
svg { background-color: #fff; }
path { stroke-width: 2; stroke: #444; fill: none; }
text { font: 14px monospace; text-anchor: middle; fill: #111; }
rect { stroke-width: 2; stroke: #444; fill: #eef; }
g.terminal rect { fill: #fff3d6; }`;
