/** The values that `-p` gives. */
import type { ParamValue, ParamValues } from "@umbel/dsl";
import { UsageError } from "./usage-error.ts";

/**
 * Reads `name=value` each; what a value means is decided by the param's type.
 * @throws UsageError when one is malformed, or a name comes twice
 */
export function readParams(texts: readonly string[]): ParamValues {
  const values = new Map<string, ParamValue>();
  for (const text of texts) {
    const [, name, value] = /^([\p{ID_Start}_][\p{ID_Continue}]*)=(.*)$/su.exec(text) ?? [];
    if (name === undefined || value === undefined) {
      throw new UsageError(`-p ${text}: write it as name=value, such as \`-p n=3\``);
    }
    if (values.has(name)) throw new UsageError(`-p ${text}: \`${name}\` was given before`);
    values.set(name, { text: value });
  }
  // Unlike an object literal's, a name such as __proto__ stays a name here.
  return Object.fromEntries(values);
}
