/** The flow that a command line names: a file, or text by `-e`. */
import { type FlowSource, readFlowFile, sourceOfExpression } from "../load/flow-source.ts";
import { UsageError } from "./usage-error.ts";

/**
 * Reads the one flow that is named.
 * @throws UsageError when none or both are; FlowFileError when the file cannot be read
 */
export async function readChosenFlow(
  verb: string,
  { file, expression }: { readonly file: string | undefined; readonly expression?: string },
  directory: string,
): Promise<FlowSource> {
  if (expression !== undefined) {
    if (file !== undefined) throw new UsageError(`\`-e\` and the file ${file} are both given; give one of them`);
    return sourceOfExpression(expression, directory);
  }
  if (file === undefined) throw new UsageError(`give a flow file, or text by \`-e\`; see \`flow ${verb} --help\``);
  return await readFlowFile(file, directory);
}
