/**
 * Flow text with holes, as a template literal has them. One rule: the text is what stands in the source of the program,
 * so flow's escapes are flow's; a hole is a value, a task or a signature, and nothing in it is read as text.
 */
import { type CheckOptions, type CompileResult, compileSource } from "./compile.ts";
import type { GivenPart } from "./compiler/given.ts";
import { type GivenPlace, Source } from "./source.ts";

/** What a hole is shown as in messages. */
const HOLE = "$" + "{…}";

/** The result, and the text as messages show it. */
export interface TemplateResult extends CompileResult {
  readonly text: string;
}

/**
 * Compiles a template.
 * @param raw the texts between the holes, as they stand in the program: `\${` is flow's own `${`, and a backtick has a
 * backslash in front
 */
export function compileTemplate(
  raw: readonly string[],
  holes: readonly GivenPart[],
  options: CheckOptions,
): TemplateResult {
  let text = "";
  const given = new Map<number, GivenPlace>();
  for (const [index, part] of raw.entries()) {
    text += part.replace(ESCAPED, (whole, backslashes: string, escaped: string) =>
      backslashes.length % 2 === 1 ? backslashes.slice(1) + escaped : whole,
    );
    if (index === raw.length - 1) break;
    given.set(text.length, { index, end: text.length + HOLE.length });
    text += HOLE;
  }
  const result = compileSource(new Source(options.file, text, given), { ...options, params: {} }, holes);
  return { ...result, text };
}

/** What a template literal needs a backslash for; an even number of them are flow's own. */
const ESCAPED = /(\\+)(`|\$\{)/g;
