/** Rules of the grammar as text, in EBNF. */
import type { GrammarPart, GrammarRule } from "./grammar-rules.ts";

/** Gives a rule on one line. */
export function ruleAsText({ name, definition }: GrammarRule): string {
  return `${name} = ${write(definition, false)} ;`;
}

function write(part: GrammarPart, isInner: boolean): string {
  switch (part.kind) {
    case "sequence": {
      const text = part.parts.map((inner) => write(inner, true)).join(" ");
      return text;
    }
    case "choice": {
      const text = part.parts.map((inner) => write(inner, false)).join(" | ");
      return isInner ? `( ${text} )` : text;
    }
    case "optional":
      return `[ ${write(part.part, false)} ]`;
    case "repeated":
      return `{ ${write(part.part, false)} }`;
    case "list": {
      const item = write(part.part, true);
      const separator = write(part.separator, true);
      return separator === '","' ? `${item} { "," ${item} } [ "," ]` : `${item} { ${separator} ${item} }`;
    }
    case "rule":
      return part.name;
    case "text":
      return `"${part.text}"`;
    case "token":
      return part.name.toUpperCase();
  }
}
