/** `flow explain`: the page of a diagnostic code, or the list of all. */
import { didYouMean } from "@umbel/core";
import { codeNames, explain, isCode, pageAsText } from "@umbel/dsl";
import type { CommandContext } from "../context.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { UsageError } from "../usage-error.ts";

/** Prints it. @throws UsageError for a code that there is not */
export async function explainCode({ terminal }: CommandContext, text: string | undefined): Promise<ExitCode> {
  if (text === undefined) {
    terminal.result(codeNames.map((code) => `${code}  ${explain(code).title}`).join("\n"));
    return EXIT.done;
  }
  // As it stands in a message, `error[E201]`, or in small letters.
  const code = (/^\w+\[(\w+)\]:?$/.exec(text)?.[1] ?? text).toUpperCase();
  if (!isCode(code)) {
    throw new UsageError(
      `there is no code "${text}"${didYouMean(code, codeNames)}; \`flow explain\` lists all of them`,
    );
  }
  terminal.result(pageAsText(explain(code)));
  return EXIT.done;
}
