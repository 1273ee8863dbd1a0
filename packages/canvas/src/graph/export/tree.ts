/** The graph as indented text, for terminals and messages. One rule: one step a line, its state behind it. */
import type { Sequence, Step } from "./outline.ts";
import { captionOf, type Picture } from "./picture.ts";

/** Behind what is before it: with its value, or only after it. */
const SIGNS: Readonly<Record<Step["coming"], string>> = { first: "", value: "→ ", after: "⇢ " };

/** Draws a picture as a tree. */
export function toTree(picture: Picture): string {
  const lines: string[] = [];
  writeSequence(picture, picture.outline, { first: "", rest: "" }, lines);
  return `${lines.join("\n")}\n`;
}

/** What stands before the first line of something, and before all others. */
interface Indent {
  readonly first: string;
  readonly rest: string;
}

function writeSequence(picture: Picture, { steps }: Sequence, indent: Indent, lines: string[]): void {
  const callers = new Map(steps.flatMap(({ calls }) => calls).map((callback) => [callback, 0]));
  for (const callback of steps.flatMap(({ calls }) => calls)) callers.set(callback, (callers.get(callback) ?? 0) + 1);
  for (const [position, step] of steps.entries()) {
    const { title, note } = captionOf(picture, step);
    const before = position === 0 ? indent.first : indent.rest;
    lines.push(`${before}${SIGNS[step.coming]}${title}${note === undefined ? "" : `  ${note}`}`);
    const { rest } = indent;
    for (const member of step.members ?? []) {
      writeSequence(picture, member, { first: `${rest}  • `, rest: `${rest}    ` }, lines);
    }
    for (const callback of step.holds) {
      const count = callers.get(callback) ?? 1;
      const word = callback.kind === "link" ? "on success" : `on error${count > 1 ? ` of ${count} steps` : ""}`;
      writeSequence(picture, callback.sequence, { first: `${rest}  ${word}: `, rest: `${rest}    ` }, lines);
    }
  }
}
